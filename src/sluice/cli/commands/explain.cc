#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/diagnostic/code.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/guide/guide.h"
#include "sluice/contract/hierarchy/hierarchy.h"
#include "sluice/contract/mesh/mesh.h"
#include "sluice/contract/source/yaml.h"

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
Result<Answer> explain_default(const std::string& path, const std::string& key,
                               const contract::Key* known) {
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

Answer explain_written(const std::string& key, const contract::MeantValue& found,
                       const std::string& file) {
  const contract::Mark place = found.span.begin;
  nlohmann::ordered_json json{{"key", key},   {"value", found.text}, {"origin", "written"},
                              {"file", file}, {"line", place.line},  {"column", place.column}};
  std::string note;
  if (!found.written_as.empty()) {
    json["written_as"] = found.written_as;
    note = fmt::format(", as {}", found.written_as);
  }
  return {fmt::format("{}: {}\n  {}:{}{}\n", key, found.text, file, place.line, note),
          std::move(json)};
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The table of a file above contracts; nullptr for a contract.
const contract::Shape* mesh_shape(std::string_view path) {
  return file_name(path) == "_domain.yaml"   ? &contract::domain_shape()
         : file_name(path) == "_system.yaml" ? &contract::system_shape()
                                             : nullptr;
}

/// A key of a file above contracts: what it says, else what the domain above a system says.
Result<Answer> explain_mesh_key(const std::string& path, const std::string& key,
                                const contract::Shape& shape) {
  std::vector<std::string> files{path};
  if (&shape == &contract::system_shape()) {
    if (auto above = contract::find_file_above(path, "_domain.yaml")) {
      files.push_back(*std::move(above));
    }
  }
  for (const std::string& file : files) {
    SLUICE_TRY(const std::string text, contract::load_contract_text({}, file));
    contract::Diagnostics faults{file};
    const contract::Document document = contract::read_yaml(text, faults);
    if (faults.has_errors()) {
      return to_error(faults);
    }
    if (document.root) {
      if (const auto found = contract::find_meant(*document.root, key)) {
        return explain_written(key, *found, file);
      }
    }
  }
  return explain_default(path, key, contract::find_key(shape, key));
}

Result<Answer> explain_key(const std::string& path, const std::string& key, contract::Mesh& mesh) {
  if (const contract::Shape* shape = mesh_shape(path)) {
    return explain_mesh_key(path, key, *shape);
  }
  SLUICE_TRY(const std::string text, contract::load_contract_text({}, path));
  SLUICE_TRY(const contract::ResolvedContract resolved, mesh.resolve(text, path, {}));
  const std::optional<contract::MeantValue> found = contract::find_meant(resolved.root, key);
  return found ? Result<Answer>(explain_written(key, *found, resolved.files.at(found->span.file)))
               : explain_default(path, key, contract::find_key(key));
}

/// The pages of a key in the files above contracts; empty when neither has it.
std::string mesh_guide(std::string_view name) {
  const contract::Key* domain = contract::find_key(contract::domain_shape(), name);
  const contract::Key* system = contract::find_key(contract::system_shape(), name);
  if (domain == nullptr && system == nullptr) {
    return {};
  }
  return contract::render_key_page(domain == nullptr   ? "key of _system.yaml"
                                   : system == nullptr ? "key of _domain.yaml"
                                                       : "key of _domain.yaml and _system.yaml",
                                   name, domain == nullptr ? *system : *domain);
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
  if (info != nullptr) {
    return contract::render_page(*info);
  }
  const std::string text = contract::render_guide(name);
  return text.empty() ? mesh_guide(name) : text;
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
                         .variable = {},
                         .find_above = {}});
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
        "sluice explain customers.yaml --key service_levels.freshness\n"
        "sluice explain _domain.yaml --key slo.freshness.silver",
    .operands = {.name = "NAME",
                 .help = "Of a code, rule, step, masking or key; none: all codes",
                 .at_least = 0,
                 .at_most = 1},
    .options = kOptions,
    .run = run_explain,
};

}  // namespace sluice::cli
