#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/diagnostic/code.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/guide/guide.h"
#include "sluice/contract/mesh/mesh.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "key",
     .value = "PATH",
     .help = "Says what this key is, and which file and line it came from",
     .group = ""},
    {.name = "env", .value = "NAME", .help = "The environment that places are of", .group = ""},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = ""},
    {.name = "page",
     .value = "NAME",
     .help = "Prints a page of docs/",
     .group = "",
     .choices = "rules|transforms|maskings"},
    {.name = "json", .help = "Print one JSON object", .group = ""},
};

/// The answer, for people and for programs.
struct Answer {
  std::string text;
  nlohmann::ordered_json json;
};

constexpr const char* kKeyHint =
    "keys are written as service_levels.freshness, model.fields[0].type or model.fields.email.type";

/// What holds where nobody wrote the key.
Result<Answer> explain_default(const std::string& path, const std::string& key) {
  const contract::Key* known = contract::find_key(key);
  if (known == nullptr) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the language has no such key: '{}'", key))
        .with_hint(kKeyHint);
  }
  const std::string_view value = contract::default_of(*known);
  nlohmann::ordered_json json{{"key", key},
                              {"value", nullptr},
                              {"origin", value.empty() ? "none" : "default"},
                              {"summary", known->summary}};
  if (value.empty()) {
    return Answer{fmt::format("{}: not written in {}\n  {}\n", key, path, known->summary),
                  std::move(json)};
  }
  json["value"] = value;
  return Answer{fmt::format("{}: {}\n  the default; not written in {}\n  {}\n", key, value, path,
                            known->summary),
                std::move(json)};
}

Result<Answer> explain_key(const std::string& path, const std::string& key, contract::Mesh& mesh) {
  SLUICE_TRY(const std::string text, contract::load_contract_text({}, path));
  SLUICE_TRY(const contract::ResolvedContract resolved, mesh.resolve(text, path, {}));
  const std::optional<contract::MeantValue> found = contract::find_meant(resolved.root, key);
  if (!found) {
    return explain_default(path, key);
  }
  const std::string& file = resolved.files.at(found->span.file);
  const contract::Mark place = found->span.begin;
  nlohmann::ordered_json json{{"key", key},   {"value", found->text}, {"origin", "written"},
                              {"file", file}, {"line", place.line},   {"column", place.column}};
  std::string note;
  if (!found->written_as.empty()) {
    json["written_as"] = found->written_as;
    note = fmt::format(", as {}", found->written_as);
  }
  return Answer{fmt::format("{}: {}\n  {}:{}{}\n", key, found->text, file, place.line, note),
                std::move(json)};
}

std::string list_codes() {
  std::string text;
  for (const contract::CodeInfo& info : contract::all_codes()) {
    text += fmt::format("{}  {:24}  {}\n", contract::code_id(info.code), info.slug, info.summary);
  }
  return text;
}

/// What is asked for; empty when there is nothing of that name.
std::string find_text(const Arguments& arguments) {
  if (const auto page = arguments.find("page")) {
    return contract::render_docs_page(*page).value_or("");
  }
  if (arguments.operands().empty()) {
    return list_codes();
  }
  const std::string& name = arguments.operands().front();
  const contract::CodeInfo* info = contract::find_code(name);
  return info == nullptr ? contract::render_guide(name) : contract::render_page(*info);
}

bool is_contract_path(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.find('/') != std::string::npos;
}

/// What is asked for.
Result<Answer> find_answer(const Arguments& arguments) {
  const std::vector<std::string>& operands = arguments.operands();
  if (const std::optional<std::string> key = arguments.find("key")) {
    if (operands.empty()) {
      return make_error(ErrorCode::InvalidArgument, "--key needs one contract");
    }
    contract::Mesh mesh({.environment = arguments.find("env").value_or(""),
                         .stage = arguments.find("stage").value_or(""),
                         .variable = {}});
    return explain_key(operands.front(), *key, mesh);
  }
  const std::string name = operands.empty() ? std::string() : operands.front();
  std::string text = find_text(arguments);
  if (text.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("there is nothing to explain: '{}'", name))
        .with_hint(is_contract_path(name)
                       ? "of a contract, name the key: --key service_levels.freshness"
                       : "name a diagnostic (SL0501), a rule, step or masking (range), or a key "
                         "(materialization.strategy); without a name, all diagnostics are listed");
  }
  nlohmann::ordered_json json{{"name", name}, {"text", text}};
  return Answer{std::move(text), std::move(json)};
}

ExitCode run_explain(const Arguments& arguments, const Terminal& terminal) {
  const Result<Answer> answer = find_answer(arguments);
  if (!answer) {
    terminal.complain(answer.error());
    return exit_code_of(answer.error());
  }
  if (!arguments.has("json")) {
    terminal.print(answer->text);
    return ExitCode::Done;
  }
  nlohmann::ordered_json json{{"schema_version", 1}};
  json.update(answer->json);
  terminal.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                 "\n");
  return ExitCode::Done;
}

}  // namespace

constinit const Command kExplain{
    .name = "explain",
    .summary = "Tells what a diagnostic, a rule, a step, a masking or a key means",
    .usage = "[NAME] | CONTRACT --key PATH | --page NAME",
    .example =
        "sluice explain SL0501\n"
        "sluice explain deduplicate\n"
        "sluice explain materialization.strategy\n"
        "sluice explain customers.yaml --key service_levels.freshness",
    .operands = {.name = "NAME",
                 .help = "Of a code, rule, step, masking or key; none: all codes",
                 .at_least = 0,
                 .at_most = 1},
    .options = kOptions,
    .run = run_explain,
};

}  // namespace sluice::cli
