#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "sluice/base/version.h"
#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/script_environment.h"
#include "sluice/engine/module.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/script/script.h"
#include "sluice/table/ducklake/ducklake.h"
#include "sluice/table/module.h"
#include "sluice/text/template.h"

namespace sluice::cli {
namespace {

namespace fs = std::filesystem;

constexpr Option kOptions[] = {
    {.name = "json", .help = "One JSON object on stdout", .group = ""},
};

constexpr std::string_view kEmbedded = "duckdb";

/// One thing that was looked at.
struct Finding {
  std::string_view group;
  std::string name;
  bool is_there = false;
  /// Whether Sluice cannot do its work without it.
  bool is_needed = false;
  std::string detail;
  std::string hint;  // how to get it
};

std::string bytes_text(std::uintmax_t bytes) {
  constexpr double kGib = 1 << 30;
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / kGib);
}

/// A part of this installation: its version, or why it is not there.
Finding look_at_part(std::string_view group, std::string_view name,
                     const Result<std::string>& version) {
  Finding finding{.group = group, .name = std::string(name), .detail = "", .hint = ""};
  finding.is_there = version.has_value();
  if (version) {
    finding.detail = *version;
  } else {
    const bool is_absent = version.error().code == ErrorCode::Unsupported;
    finding.detail = is_absent ? "not installed" : version.error().message;
    finding.hint = version.error().hint;
  }
  return finding;
}

template <class Module>
std::string version_of(const Module* module) {
  return module->version;
}

Finding look_at_engine(const engine::KnownEngine& known, const engine::ModuleSearch& search) {
  const auto opened = engine::open_engine(known.name, {}, search);
  // One that needs the address of a server says so: it is there.
  const bool waits = !opened && opened.error().code == ErrorCode::InvalidArgument;
  Finding finding =
      look_at_part("engines", known.name,
                   opened  ? Result<std::string>((*opened)->version())
                   : waits ? Result<std::string>("installed; needs the address of a server")
                           : Result<std::string>(opened.error()));
  finding.is_needed = known.name == kEmbedded;
  return finding;
}

/// What the embedded engine brings along or has loaded; others are never fetched by a run.
Result<Finding> look_at_extensions() {
  SLUICE_TRY(const auto opened, engine::open_engine(kEmbedded, {}));
  const Context context;
  SLUICE_TRY(const auto connection, opened->connect(context));
  SLUICE_TRY(const std::vector<run::TextRow> rows,
             run::query_texts(context, *connection,
                              "SELECT string_agg(extension_name, ', ' ORDER BY extension_name) "
                              "FROM duckdb_extensions() WHERE loaded"));
  const bool has_one = rows.size() == 1 && rows.front().front().has_value();
  return Finding{.group = "engines",
                 .name = "extensions",
                 .is_there = has_one,
                 .detail = has_one ? *rows.front().front() : "none",
                 .hint = ""};
}

/// A table format that this build may lack. Parquet folders and DuckDB tables are always there.
Finding look_at_format(std::string_view format) {
  return look_at_part("tables", format,
                      table::load_format(format).transform(version_of<table::FormatModule>));
}

/// What reads the templates of notifications; contracts without any run without it.
Finding look_at_templates() {
  return look_at_part("templates", "minijinja",
                      text::load_templates().transform(version_of<text::TemplateModule>));
}

/// DuckLake tables, with each kind of catalog that this installation can open.
Finding look_at_lakes() {
  Finding finding{.group = "tables", .name = "ducklake", .detail = "catalogs:", .hint = ""};
  struct Catalog {
    std::string_view name;
    std::string_view example;
  };
  static constexpr Catalog kCatalogs[] = {
      {"DuckDB file", "x"}, {"SQLite", "sqlite:x"}, {"PostgreSQL", "postgres:x"}};
  for (const Catalog& catalog : kCatalogs) {
    const Status there = table::check_lake_extensions(std::string(catalog.example));
    if (there) {
      finding.detail += fmt::format("{}{}", finding.is_there ? ", " : " ", catalog.name);
      finding.is_there = true;
    } else if (finding.hint.empty()) {
      finding.hint = there.error().hint;
    }
  }
  if (!finding.is_there) {
    finding.detail = "not installed";
  }
  return finding;
}

Finding look_at_temporary_folder() {
  std::error_code failed;
  const fs::path folder = fs::temp_directory_path(failed);
  Finding finding{.group = "machine",
                  .name = "temporary files",
                  .is_needed = true,
                  .detail = folder.string(),
                  .hint = ""};
  const fs::space_info space = fs::space(folder, failed);
  finding.is_there = !failed && access(folder.c_str(), W_OK) == 0;
  if (finding.is_there) {
    finding.detail +=
        fmt::format(", {} free; larger work than memory spills there", bytes_text(space.available));
  } else {
    finding.hint = "set TMPDIR to a folder that this user may write";
  }
  return finding;
}

Finding look_at_machine() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGE_SIZE);
  const auto bytes = static_cast<std::uintmax_t>(pages) * static_cast<std::uintmax_t>(page);
  return {.group = "machine",
          .name = "processors",
          .is_there = true,
          .detail = fmt::format("{} threads, {} of memory; a run takes {} unless --memory says "
                                "otherwise",
                                std::thread::hardware_concurrency(), bytes_text(bytes),
                                bytes_text(Context{}.memory_bytes_max)),
          .hint = ""};
}

/// What contracts with external logic need; others run without it.
Finding look_at_python() {
  const auto found = run::describe_python({}, script_environment({}));
  Finding finding{.group = "scripts",
                  .name = std::string(run::kPythonProgram),
                  .is_there = found.has_value() && !found->ends_with("no frame library"),
                  .detail = found ? *found : "not installed",
                  .hint = ""};
  if (!finding.is_there) {
    finding.hint = "contracts with external_logic need python3 with polars: pip install polars";
  }
  return finding;
}

std::vector<Finding> look_around() {
  std::vector<Finding> findings;
  for (const engine::KnownEngine& known : engine::known_engines()) {
    findings.push_back(look_at_engine(known, {}));
    if (known.name == kEmbedded && findings.back().is_there) {
      if (auto extensions = look_at_extensions()) {
        findings.push_back(*std::move(extensions));
      }
    }
  }
  std::string folders;
  for (const std::string& folder : engine::module_folders()) {
    folders += (folders.empty() ? "" : ", ") + folder;
  }
  findings.push_back({.group = "engines",
                      .name = "looked for in",
                      .is_there = true,
                      .detail = std::move(folders),
                      .hint = ""});
  findings.push_back({.group = "tables",
                      .name = "parquet, duckdb",
                      .is_there = true,
                      .detail = "always there",
                      .hint = ""});
  findings.push_back(look_at_format("delta"));
  findings.push_back(look_at_lakes());
  findings.push_back(look_at_templates());
  findings.push_back(look_at_python());
  findings.push_back(look_at_machine());
  findings.push_back(look_at_temporary_folder());
  return findings;
}

void print_json(const std::vector<Finding>& findings, bool is_well, const Terminal& terminal) {
  nlohmann::ordered_json json{{"schema_version", 1},
                              {"version", kVersionText},
                              {"build", kBuildText},
                              {"ok", is_well},
                              {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& finding : findings) {
    nlohmann::ordered_json row{{"group", finding.group},
                               {"name", finding.name},
                               {"found", finding.is_there},
                               {"needed", finding.is_needed},
                               {"detail", finding.detail}};
    if (!finding.hint.empty()) {
      row["hint"] = finding.hint;
    }
    json["findings"].push_back(std::move(row));
  }
  terminal.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                 "\n");
}

void print_text(const std::vector<Finding>& findings) {
  const Terminal terminal = Terminal::of_stdout();
  terminal.print(fmt::format("{} {} ({})\n", terminal.paint(Colour::Bold, "sluice"), kVersionText,
                             kBuildText));
  std::string_view group;
  for (const Finding& finding : findings) {
    if (finding.group != group) {
      group = finding.group;
      terminal.print(fmt::format("\n{}\n", terminal.paint(Colour::Bold, group)));
    }
    const Colour colour = finding.is_there    ? Colour::Green
                          : finding.is_needed ? Colour::Red
                                              : Colour::Dim;
    terminal.print(fmt::format("  {} {:16} {}\n",
                               terminal.paint(colour, finding.is_there ? "ok" : "--"), finding.name,
                               finding.detail));
    if (!finding.hint.empty()) {
      terminal.print(terminal.paint(Colour::Dim, fmt::format("     {:16} {}", "", finding.hint)) +
                     "\n");
    }
  }
}

ExitCode run_doctor(const Arguments& arguments, const Terminal& terminal) {
  const std::vector<Finding> findings = look_around();
  bool is_well = true;
  for (const Finding& finding : findings) {
    is_well = is_well && (finding.is_there || !finding.is_needed);
  }
  if (arguments.has("json")) {
    print_json(findings, is_well, terminal);
  } else {
    print_text(findings);
  }
  return is_well ? ExitCode::Done : ExitCode::Unavailable;
}

}  // namespace

constinit const Command kDoctor{
    .name = "doctor",
    .summary = "Says what is there, what is missing and how to get it",
    .usage = "[--json]",
    .example = "sluice doctor\nsluice doctor --json",
    .operands = {},
    .options = kOptions,
    .run = run_doctor,
};

}  // namespace sluice::cli
