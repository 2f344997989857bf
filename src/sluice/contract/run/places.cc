#include "sluice/contract/run/places.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "sluice/contract/check/formats.h"
#include "sluice/contract/document/document_words.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/run/database_name.h"
#include "sluice/plan/table_id.h"

namespace sluice::contract {
namespace {

/// "lake.silver.customers": a name of a catalog, which without one is a folder below another.
bool is_table_name(std::string_view text) {
  return text.find('/') == std::string_view::npos && text.find('.') != std::string_view::npos &&
         !text.ends_with(".parquet") && !text.starts_with('.');
}

Result<std::string> folder_of_target(std::string text, std::string_view what,
                                     const std::string& table_root) {
  if (text.starts_with("table:")) {
    text = text.substr(6);
  }
  text = local_path_of(text);
  if (text.find("://") != std::string::npos) {
    return make_error(ErrorCode::Unsupported, fmt::format("the {} is a local folder, not '{}'",
                                                          what, text.substr(0, text.find(':') + 1)))
        .with_hint("give a local folder with --target");
  }
  if (is_table_name(text) && !find_file_ending(text).empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the {} is a folder, and this names a file: '{}'", what, text))
        .with_hint(
            "name the folder without the ending; --output-good and --output-bad write files");
  }
  struct stat found{};
  if (stat(absolute_path(text, working_folder()).c_str(), &found) == 0 && !S_ISDIR(found.st_mode)) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("the {} is a folder; this is a file: '{}'", what, text))
        .with_hint("move the file away, or name a folder; it is made when it is not there");
  }
  if (is_table_name(text)) {
    SLUICE_TRY(const plan::TableId id, plan::parse_table_id(text));
    std::string path;
    for (const std::string& part : id.parts) {
      path += (path.empty() ? "" : "/") + part;
    }
    return absolute_path(path, table_root);
  }
  return absolute_path(text, working_folder());
}

Result<std::string> parse_format(const Contract& contract) {
  const MaybeText format =
      contract.materialization ? contract.materialization->format : std::nullopt;
  std::string word =
      format ? format->value : (contract.server ? contract.server->format.value : "");
  std::ranges::transform(word, word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (word.empty() || word == "parquet" || word == "native") {
    return std::string("parquet");
  }
  if (word == "delta" || word == "ducklake" || word == "duckdb") {
    return word;
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this run writes Parquet folders, Delta, DuckLake and DuckDB "
                                "tables, not '{}'",
                                word))
      .with_hint(
          "write `format: delta`, `ducklake`, `duckdb` or `parquet` in the contract, or run with "
          "--no-materialize and --output-good");
}

std::string real_path(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
  return failed ? path : absolute_path(real.string(), "/");
}

/// Names of SQL have no case, folders have. One that was made as it is written here stays.
std::string without_case(const std::string& folder, std::size_t names) {
  std::error_code failed;
  if (std::filesystem::exists(folder, failed)) {
    return folder;
  }
  std::size_t begin = folder.size();
  for (std::size_t i = 0; i < names && begin != 0 && begin != std::string::npos; ++i) {
    begin = folder.rfind('/', begin - 1);
  }
  std::string lower = folder;
  for (std::size_t at = begin == std::string::npos ? 0 : begin; at < lower.size(); ++at) {
    lower[at] =
        lower[at] >= 'A' && lower[at] <= 'Z' ? static_cast<char>(lower[at] | 0x20) : lower[at];
  }
  return lower;
}

/// However a table is spelled and through whichever link it is reached: one table has one state.
void settle_spelling(Places& places) {
  if (places.database_file.empty()) {
    places.target = real_path(places.target);
  } else {
    const std::string file = real_path(places.database_file);
    const auto stem = [](const std::string& path) { return path.substr(0, path.rfind('.')); };
    places.target = stem(file) + places.target.substr(stem(places.database_file).size());
    places.database_file = file;
  }
  places.target = without_case(places.target, places.table.parts.size());
}

/// A table of a DuckDB file; the folder beside the file holds its state.
Status find_database(const std::string& written, const std::string& name, const std::string& root,
                     Places& places) {
  SLUICE_TRY(std::optional<DatabaseName> found,
             find_database_path(written, working_folder(), name.empty() ? "target" : name));
  if (!found) {
    found = find_database_name(written, root);
  }
  if (!found) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this names no table of a DuckDB file: '{}'", written))
        .with_hint("write lake/sales.duckdb, lake/sales.duckdb/schema.table or sales.schema.table");
  }
  places.database_file = std::move(found->file);
  places.table = std::move(found->table);
  places.target = std::move(found->folder);
  return {};
}

/// A name in braces that nothing has filled would be a folder that several environments share.
Status check_filled(const MaybeText& place, std::string_view key) {
  const std::size_t open = place ? place->value.find('{') : std::string::npos;
  if (open == std::string::npos) {
    return {};
  }
  const std::size_t close = std::min(place->value.find('}', open), place->value.size() - 1);
  return make_error(ErrorCode::InvalidContract,
                    fmt::format("nothing fills a placeholder of {}: '{}' in '{}'", key,
                                place->value.substr(open, close - open + 1), place->value))
      .with_hint("set it by a mesh file, an environment variable or `lineage`, or write the value");
}

/// Where the contract says that refused rows lie: `target`, else `table` in `location`, else the
/// one of them that is written. A place serves many contracts: a folder of the table's in it.
Status find_written_quarantine(const Contract& contract, const RunOptions& options,
                               Places& places) {
  const Quarantine& written = contract.quarantine;
  const bool is_named = !written.target && !written.location;
  const MaybeText& place = is_named         ? written.table
                           : written.target ? written.target
                                            : written.location;
  const std::string_view key = is_named         ? "quarantine.table"
                               : written.target ? "quarantine.target"
                                                : "quarantine.location";
  SLUICE_CHECK(check_filled(place, key));
  if (!find_file_ending(place->value).empty()) {
    return make_error(ErrorCode::InvalidContract,
                      fmt::format("the quarantine is a folder, and '{}' names a file: '{}'", key,
                                  place->value))
        .with_hint("name the folder without the ending; --output-bad writes a file of them too");
  }
  SLUICE_TRY(places.quarantine, folder_of_target(place->value, "quarantine", table_root(options)));
  if (!is_named && !written.target && written.table) {
    SLUICE_CHECK(check_filled(written.table, "quarantine.table"));
    SLUICE_TRY(const plan::TableId id, plan::parse_table_id(written.table->value));
    for (const std::string& part : id.parts) {
      places.quarantine += "/" + part;
    }
  } else if (!is_named && !place->value.starts_with("table:") && !is_table_name(place->value)) {
    places.quarantine += "/" + table_name(contract);
  }
  return {};
}

/// `<catalog>.quarantine.<layer>_<table>`, or `quarantine/<name>` beside the target's folder.
std::string default_quarantine(const std::string& written, const std::string& target) {
  const std::size_t slash = target.rfind('/');
  const std::string name = target.substr(slash + 1);
  const std::string parent = target.substr(0, slash);
  if (is_table_name(written)) {
    const std::size_t above = parent.rfind('/');
    const auto parts = std::ranges::count(written, '.') + 1;
    if (parts >= 3) {
      return fmt::format("{}/quarantine/{}_{}", parent.substr(0, above), parent.substr(above + 1),
                         name);
    }
  }
  return fmt::format("{}/quarantine/{}", parent, name);
}

/// Both say where the rows lie, and no catalog is kept that would join them.
Status check_one_target(const Materialization& target) {
  if (!target.target_path || !target.location ||
      target.target_path->value == target.location->value) {
    return {};
  }
  return make_error(ErrorCode::InvalidContract,
                    fmt::format("the target is named twice: target_path '{}', location '{}'",
                                target.target_path->value, target.location->value))
      .with_hint("write one of them: the rows lie in one place");
}

/// The format of the data that lie there, where it is written; else their endings tell.
std::optional<At<SourceFormat>> written_format(const Server& server) {
  if (server.format.is_written()) {
    for (const Word<SourceFormat>& each : words_of<SourceFormat>()) {
      if (each.word == server.format.value) {
        return At<SourceFormat>{each.value, server.format.span};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

void take_server_as_source(Contract& contract) {
  const bool has_own = contract.source && contract.source->path;
  if (has_own || !contract.server || !contract.server->path) {
    return;
  }
  const auto& target = contract.materialization;
  const bool is_target = target && !target->target_path && !target->location;
  if (is_target) {
    return;
  }
  Source& source = contract.source ? *contract.source : contract.source.emplace();
  source.path = contract.server->path;
  if (!source.format) {
    source.format = written_format(*contract.server);
  }
}

std::string table_root(const RunOptions& options) {
  for (const char* name : {"SLUICE_TABLE_ROOT", "LAKELOGIC_TABLE_ROOT"}) {
    const auto root = options.mesh.variable ? options.mesh.variable(name) : std::nullopt;
    if (root && !root->empty()) {
      return absolute_path(*root, working_folder());
    }
  }
  return working_folder();
}

Status find_lake(const std::string& written, const RunOptions& options, Places& places) {
  const std::string name = written.starts_with("table:") ? written.substr(6) : written;
  auto id = plan::parse_table_id(name);
  if (name.find('/') != std::string::npos || !id.has_value() || id->parts.size() != 3) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("a DuckLake table is named lake.schema.table, not '{}'", written))
        .with_hint(
            "write the name of the table as the target; DUCKLAKE_METADATA says where the "
            "lake's catalog is");
  }
  places.table = *std::move(id);
  places.lake = options.lake;
  places.lake.name = places.table.parts.front();
  if (places.lake.catalog.empty()) {
    places.lake.catalog =
        without_case(absolute_path(places.lake.name + ".ducklake", working_folder()), 1);
  }
  constexpr std::string_view kSqlite = "sqlite:";
  std::string& catalog = places.lake.catalog;
  if (catalog.starts_with(kSqlite)) {
    catalog = fmt::format("{}{}", kSqlite,
                          absolute_path(catalog.substr(kSqlite.size()), working_folder()));
  } else if (catalog.find(':') == std::string::npos) {
    catalog = absolute_path(catalog, working_folder());
  }
  if (!places.lake.data_path.empty()) {
    places.lake.data_path = absolute_path(places.lake.data_path, working_folder());
  }
  return {};
}

std::optional<NamedTarget> find_named_target(const Contract& contract) {
  const MaybeText place = target_path(contract);
  if (!place || !is_table_name(place->value)) {
    return std::nullopt;
  }
  const auto id = plan::parse_table_id(place->value);
  if (!id || id->parts.size() < 2) {
    return std::nullopt;
  }
  NamedTarget named{.layer = {}, .table = id->parts.back()};
  Contract written;
  written.tier = Text{id->parts[id->parts.size() - 2], {}};
  if (std::string word = layer(written);
      word == "bronze" || word == "silver" || word == "gold" || word == "reference") {
    named.layer = std::move(word);
  }
  return named;
}

Result<Places> find_places(const Contract& contract, const RunOptions& options) {
  Places places;
  places.lake.lock_wait_ms = options.lake.lock_wait_ms;  // of a DuckDB file, too
  const MaybeText declared = target_path(contract);
  std::string written = options.target;
  if (written.empty() && contract.materialization && declared) {
    written = declared->value;
  }
  const bool writes = options.materialize.value_or(!written.empty());
  if (writes && options.target.empty() && contract.materialization) {
    SLUICE_CHECK(check_one_target(*contract.materialization));
  }
  if (writes && options.target.empty()) {
    SLUICE_CHECK(check_filled(declared, "the target"));
  }
  if (writes && written.empty()) {
    return make_error(ErrorCode::InvalidArgument, "there is no target to write")
        .with_hint("give --target, or write materialization.target_path in the contract");
  }
  if (writes) {
    SLUICE_TRY(places.format, parse_format(contract));
    if (places.format == "duckdb") {
      SLUICE_CHECK(find_database(written, table_name(contract), table_root(options), places));
    } else {
      SLUICE_TRY(places.target, folder_of_target(written, "target", table_root(options)));
    }
    if (places.format == "ducklake") {
      SLUICE_CHECK(find_lake(written, options, places));
    }
    settle_spelling(places);
    if (const Quarantine& kept = contract.quarantine; kept.target || kept.table || kept.location) {
      SLUICE_CHECK(find_written_quarantine(contract, options, places));
    } else {
      places.quarantine = default_quarantine(written, places.target);
    }
    const MaybeText& format = contract.quarantine.format;
    places.quarantine_format = format && format->value == "delta" ? "delta" : "parquet";
    places.state_root = places.target;
    places.state_folder = "_sluice";
  }
  if (!options.state_folder.empty()) {
    places.state_root = absolute_path(options.state_folder, working_folder());
    places.state_folder = "";
  }
  return places;
}

}  // namespace sluice::contract
