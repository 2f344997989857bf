#include "sluice/contract/exchange/exchange.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::cli {
namespace {

using contract::Imported;
using Json = nlohmann::ordered_json;

constexpr Option kFileOptions[] = {
    {.name = "output",
     .short_name = 'o',
     .value = "FILE",
     .help = "Writes a new file instead of stdout",
     .group = ""},
    {.name = "json", .help = "Print one JSON object with the text", .group = ""},
};

constexpr Option kFolderOptions[] = {
    {.name = "model",
     .short_name = 'm',
     .value = "NAME",
     .help = "Only this model or table",
     .group = "",
     .repeats = true},
    {.name = "output",
     .short_name = 'o',
     .value = "FOLDER",
     .help = "Writes a new file for each, named as it is",
     .group = ""},
    {.name = "json", .help = "Print one JSON object with all of them", .group = ""},
};

ExitCode fail(const Error& error, const Terminal& terminal) {
  terminal.complain(error);
  return exit_code_of(error);
}

void print_json(const Json& json, const Terminal& terminal) {
  terminal.print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void say_notes(const std::vector<Imported>& all, const Terminal& terminal) {
  for (const Imported& each : all) {
    for (const std::string& note : each.notes) {
      terminal.say("notice: " + note);
    }
  }
}

/// The text of one document to a file or stdout.
ExitCode hand_out(const std::string& text, const Json& json, const Arguments& arguments,
                  const Terminal& terminal) {
  if (const auto path = arguments.find("output")) {
    if (const Status written = contract::create_text_file(*path, text); !written) {
      return fail(written.error(), terminal);
    }
    terminal.say(fmt::format("wrote {}", *path));
  }
  if (arguments.has("json")) {
    print_json(json, terminal);
  } else if (!arguments.find("output")) {
    terminal.print(text);
  }
  return ExitCode::Done;
}

ExitCode run_export(const Arguments& arguments, const Terminal& terminal) {
  const std::string& path = arguments.operands().front();
  const auto text = contract::load_contract_text({}, path);
  if (!text) {
    return fail(text.error(), terminal);
  }
  const auto made = contract::export_odcs(*text, path);
  if (!made) {
    Error error = made.error();
    return fail(error.hint.empty() ? std::move(error).with_hint(fmt::format(
                                         "`sluice validate {}` shows every mistake", path))
                                   : error,
                terminal);
  }
  return hand_out(*made, Json{{"schema_version", 1}, {"text", *made}}, arguments, terminal);
}

Json json_of(const Imported& each) {
  return {{"name", each.name}, {"text", each.text}, {"notes", each.notes}};
}

ExitCode run_import_odcs(const Arguments& arguments, const Terminal& terminal) {
  const std::string& path = arguments.operands().front();
  const auto text = contract::load_contract_text({}, path);
  if (!text) {
    return fail(text.error(), terminal);
  }
  const auto made = contract::import_odcs(*text, path);
  if (!made) {
    return fail(made.error(), terminal);
  }
  say_notes({*made}, terminal);
  Json json{{"schema_version", 1}};
  json.update(json_of(*made));
  return hand_out(made->text, json, arguments, terminal);
}

Result<std::vector<Imported>> import_chosen(const Arguments& arguments) {
  const std::string& path = arguments.operands().front();
  SLUICE_TRY(const std::string text, contract::load_contract_text({}, path));
  SLUICE_TRY(std::vector<Imported> all, contract::import_dbt(text, path));
  const std::vector<std::string> chosen = arguments.all("model");
  for (const std::string& name : chosen) {
    if (std::ranges::find(all, name, &Imported::name) == all.end()) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the file has no model or table of this name: '{}'", name))
          .with_hint("leave --model out to see all of them");
    }
  }
  if (!chosen.empty()) {
    std::erase_if(all, [&](const Imported& each) {
      return std::ranges::find(chosen, each.name) == chosen.end();
    });
  }
  return all;
}

/// Where each goes, before the first is written: all of them, or none.
Result<std::vector<std::string>> make_paths(const std::vector<Imported>& all,
                                            const std::string& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("cannot make the folder: '{}'", folder));
  }
  std::vector<std::string> paths;
  for (const Imported& each : all) {
    const bool is_plain = each.name.find('/') == std::string::npos && !each.name.starts_with('.');
    if (!is_plain) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("no name for a file: '{}'", each.name));
    }
    paths.push_back(fmt::format("{}/{}.yaml", folder, each.name));
    if (std::ranges::count(paths, paths.back()) > 1) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("two of one name in the file: '{}'", each.name))
          .with_hint("leave --output out, or give each a name of its own");
    }
    if (std::filesystem::exists(paths.back(), failed)) {
      return make_error(ErrorCode::AlreadyExists,
                        fmt::format("there is a file already: '{}'", paths.back()))
          .with_hint("name another folder, or move the file away");
    }
  }
  return paths;
}

Status write_all(const std::vector<Imported>& all, const std::string& folder,
                 const Terminal& terminal) {
  SLUICE_TRY(const std::vector<std::string> paths, make_paths(all, folder));
  for (std::size_t i = 0; i < all.size(); ++i) {
    SLUICE_CHECK(contract::create_text_file(paths[i], all[i].text));
    terminal.say(fmt::format("wrote {}", paths[i]));
  }
  return {};
}

ExitCode run_import_dbt(const Arguments& arguments, const Terminal& terminal) {
  const auto all = import_chosen(arguments);
  if (!all) {
    return fail(all.error(), terminal);
  }
  say_notes(*all, terminal);
  const auto folder = arguments.find("output");
  if (folder) {
    if (const Status written = write_all(*all, *folder, terminal); !written) {
      return fail(written.error(), terminal);
    }
  }
  Json json{{"schema_version", 1}, {"contracts", Json::array()}};
  std::string text;
  for (const Imported& each : *all) {
    json["contracts"].push_back(json_of(each));
    text += (text.empty() ? "" : "---\n") + each.text;
  }
  if (arguments.has("json")) {
    print_json(json, terminal);
  } else if (!folder) {
    terminal.print(text);
  }
  return ExitCode::Done;
}

}  // namespace

constinit const Command kExportOdcs{
    .name = "export-odcs",
    .summary = "Prints a contract as an ODCS 3.1 document, which carries all of it",
    .usage = "CONTRACT [OPTIONS]",
    .example = "sluice export-odcs customers.yaml --output customers.odcs.yaml",
    .operands = {.name = "CONTRACT", .help = "A YAML file", .at_least = 1, .at_most = 1},
    .options = kFileOptions,
    .run = run_export,
};

constinit const Command kImportOdcs{
    .name = "import-odcs",
    .summary = "Prints the contract of an ODCS 3 document",
    .usage = "FILE [OPTIONS]",
    .example = "sluice import-odcs customers.odcs.yaml --output customers.yaml",
    .operands = {.name = "FILE", .help = "YAML or JSON", .at_least = 1, .at_most = 1},
    .options = kFileOptions,
    .run = run_import_odcs,
};

constinit const Command kImportDbt{
    .name = "import-dbt",
    .summary = "Prints contracts of the models and sources of a dbt properties file",
    .usage = "FILE [OPTIONS]",
    .example =
        "sluice import-dbt models/schema.yml --output contracts\n"
        "sluice import-dbt models/sources.yml --model raw_trips",
    .operands = {.name = "FILE", .help = "schema.yml or sources.yml", .at_least = 1, .at_most = 1},
    .options = kFolderOptions,
    .run = run_import_dbt,
};

}  // namespace sluice::cli
