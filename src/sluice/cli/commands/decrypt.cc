#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/masking/environment_keys.h"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr Option kOptions[] = {
    {.name = "json", .value = "", .help = "One JSON object with all of them", .group = ""},
};

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

/// Texts on stdout as they come, or all of them as one JSON object at the end.
class Printer {
 public:
  Printer(const Terminal& terminal, bool as_json) : terminal_(terminal), as_json_(as_json) {}

  void add(const std::string& clear) {
    if (as_json_) {
      values_.push_back(clear);
    } else {
      terminal_.print(clear + "\n");
    }
  }
  void finish() const {
    if (as_json_) {
      const Json object{{"schema_version", 1}, {"values", values_}};
      terminal_.print(object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    }
  }

 private:
  const Terminal& terminal_;
  bool as_json_;
  std::vector<std::string> values_;
};

Status decrypt_one(const masking::Vault& vault, const std::string& value, std::size_t number,
                   Printer& printer) {
  if (value.empty()) {
    printer.add("");  // an empty place stays one
    return {};
  }
  SLUICE_TRY_IN(const std::string clear, vault.decrypt(value),
                fmt::format("decrypting value {}", number));
  printer.add(clear);
  return {};
}

Status decrypt_all(const Arguments& arguments, const Terminal& terminal) {
  masking::Keys keys = masking::keys_of_environment();
  if (keys.current.empty()) {
    return make_error(ErrorCode::NotFound, "there is no key to decrypt with")
        .with_hint("set SLUICE_PII_KEY (or LAKELOGIC_PII_KEY) to the key of the values");
  }
  SLUICE_TRY(const std::unique_ptr<masking::Vault> vault, masking::open_vault(keys));
  Printer printer(terminal, arguments.has("json"));
  std::size_t number = 0;
  if (!arguments.operands().empty()) {
    for (const std::string& value : arguments.operands()) {
      SLUICE_CHECK(decrypt_one(*vault, value, ++number, printer));
    }
    printer.finish();
    return {};
  }
  for (std::string line; read_line(line);) {
    SLUICE_CHECK(decrypt_one(*vault, line, ++number, printer));
  }
  printer.finish();
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
    .usage = "[VALUE...] [--json]",
    .example =
        "SLUICE_PII_KEY=... sluice decrypt enc:AQHpRsk9...\n"
        "duckdb -noheader -list -c \"SELECT email FROM 'good.parquet'\" | sluice decrypt",
    .operands = {.name = "VALUE",
                 .help = "What begins with enc:, also LakeLogic's; none: each line of stdin",
                 .at_least = 0,
                 .at_most = 10'000},
    .options = kOptions,
    .run = run_decrypt,
};

}  // namespace sluice::cli
