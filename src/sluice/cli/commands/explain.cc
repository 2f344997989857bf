#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/commands/mesh.h"
#include "sluice/contract/diagnostic/code.h"
#include "sluice/contract/document/read_contract.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "key",
     .value = "PATH",
     .help = "Says what this key is, and which file and line it came from",
     .group = ""},
    {.name = "env", .value = "NAME", .help = "The environment that places are of", .group = ""},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = ""},
};

/// The line of the table that describes a key, for keys that nobody wrote.
const contract::Key* find_key(std::string_view path) {
  const contract::Shape* shape = &contract::contract_shape();
  const contract::Key* key = nullptr;
  while (!path.empty() && shape != nullptr) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const std::string_view part = path.substr(0, std::min(end, path.find('[')));
    key = shape->find(part);
    path.remove_prefix(std::min(end + 1, path.size()));
    shape = key == nullptr || key->child == nullptr ? nullptr : &key->child();
    if (key == nullptr || (shape == nullptr && !path.empty())) {
      return nullptr;
    }
  }
  return key;
}

Result<std::string> explain_key(const std::string& path, const std::string& key, Mesh& mesh) {
  SLUICE_TRY(const std::string text, contract::load_contract_text({}, path));
  SLUICE_TRY(const contract::ResolvedContract resolved, mesh.resolve(text, path, {}));
  if (const contract::Node* node = contract::find_value(resolved.root, key)) {
    return fmt::format("{}: {}\n  {}:{}\n", key, contract::render_value(*node, key),
                       resolved.files.at(node->span.file), node->span.begin.line);
  }
  const contract::Key* known = find_key(key);
  if (known == nullptr) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the language has no such key: '{}'", key))
        .with_hint("keys are written as service_levels.freshness or model.fields[0].type");
  }
  return fmt::format("{}: not written in {}\n  {}\n", key, path, known->summary);
}

ExitCode run_explain(const Arguments& arguments, const Terminal& terminal) {
  if (const std::optional<std::string> key = arguments.find("key")) {
    if (arguments.operands().size() != 1) {
      terminal.complain(make_error(ErrorCode::InvalidArgument, "--key needs one contract"));
      return ExitCode::WrongUsage;
    }
    Mesh mesh(arguments, {});
    const Result<std::string> text = explain_key(arguments.operands().front(), *key, mesh);
    if (!text) {
      terminal.complain(text.error());
      return exit_code_of(text.error());
    }
    terminal.print(*text);
    return ExitCode::Done;
  }
  if (arguments.operands().empty()) {
    for (const contract::CodeInfo& info : contract::all_codes()) {
      terminal.print(
          fmt::format("{}  {:24}  {}\n", contract::code_id(info.code), info.slug, info.summary));
    }
    return ExitCode::Done;
  }
  const std::string& name = arguments.operands().front();
  const contract::CodeInfo* info = contract::find_code(name);
  if (info == nullptr) {
    terminal.complain(
        make_error(ErrorCode::InvalidArgument, fmt::format("there is no diagnostic '{}'", name))
            .with_hint("`sluice explain` without a code lists them all"));
    return ExitCode::WrongUsage;
  }
  terminal.print(contract::render_page(*info));
  return ExitCode::Done;
}

}  // namespace

constinit const Command kExplain{
    .name = "explain",
    .summary = "Tells what a diagnostic means, with an example before and after",
    .usage = "[CODE] | CONTRACT --key PATH",
    .example =
        "sluice explain SL0501\n"
        "sluice explain customers.yaml --key service_levels.freshness",
    .operands = {.name = "CODE",
                 .help = "SL0501 or its name; none: all are listed. With --key: a contract",
                 .at_least = 0,
                 .at_most = 1},
    .options = kOptions,
    .run = run_explain,
};

}  // namespace sluice::cli
