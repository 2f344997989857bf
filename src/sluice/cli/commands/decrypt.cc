#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/pii_keys.h"

namespace sluice::cli {
namespace {

/// One line of stdin without its end; false at the end of the input.
bool read_line(std::string& line) {
  line.clear();
  int next = std::getc(stdin);
  if (next == EOF) {
    return false;
  }
  for (; next != EOF && next != '\n'; next = std::getc(stdin)) {
    line += static_cast<char>(next);
  }
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return true;
}

Status decrypt_one(const masking::Vault& vault, const std::string& value, std::size_t number,
                   const Terminal& terminal) {
  if (value.empty()) {
    terminal.print("\n");  // an empty place stays one
    return {};
  }
  SLUICE_TRY_IN(const std::string clear, vault.decrypt(value),
                fmt::format("decrypting value {}", number));
  terminal.print(clear + "\n");
  return {};
}

Status decrypt_all(const Arguments& arguments, const Terminal& terminal) {
  masking::Keys keys = keys_of_environment();
  if (keys.current.empty()) {
    return make_error(ErrorCode::NotFound, "there is no key to decrypt with")
        .with_hint("set SLUICE_PII_KEY (or LAKELOGIC_PII_KEY) to the key of the values");
  }
  SLUICE_TRY(const std::unique_ptr<masking::Vault> vault, masking::open_vault(keys));
  std::size_t number = 0;
  if (!arguments.operands().empty()) {
    for (const std::string& value : arguments.operands()) {
      SLUICE_CHECK(decrypt_one(*vault, value, ++number, terminal));
    }
    return {};
  }
  for (std::string line; read_line(line);) {
    SLUICE_CHECK(decrypt_one(*vault, line, ++number, terminal));
  }
  return {};
}

ExitCode run_decrypt(const Arguments& arguments, const Terminal& terminal) {
  if (const Status done = decrypt_all(arguments, terminal); !done) {
    terminal.complain(done.error());
    // A value that is none is no fault of the command line: it may have come from a file.
    return done.error().code == ErrorCode::InvalidArgument ? ExitCode::Failed
                                                           : exit_code_of(done.error());
  }
  return ExitCode::Done;
}

}  // namespace

constinit const Command kDecrypt{
    .name = "decrypt",
    .summary = "Prints the clear text of encrypted values, for who holds the key",
    .usage = "[VALUE...]",
    .example =
        "SLUICE_PII_KEY=... sluice decrypt enc:AQHpRsk9...\n"
        "duckdb -noheader -list -c \"SELECT email FROM 'good.parquet'\" | sluice decrypt",
    .operands = {.name = "VALUE",
                 .help = "What begins with enc:, also LakeLogic's; none: each line of stdin",
                 .at_least = 0,
                 .at_most = 10'000},
    .options = {},
    .run = run_decrypt,
};

}  // namespace sluice::cli
