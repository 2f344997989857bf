#include "sluice/contract/run/database_name.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/landing/source_files.h"

namespace sluice::contract {
namespace {

constexpr std::string_view kEnding = ".duckdb";
constexpr std::string_view kSchema = "main";

std::string_view without(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

/// A part becomes the name of a file or folder.
bool is_plain(const std::string& part) {
  return part.find('/') == std::string::npos && part != "." && part != "..";
}

DatabaseName beside(std::string file, plan::TableId table) {
  std::string folder = file.substr(0, file.size() - kEnding.size());
  for (const std::string& part : table.parts) {
    folder += "/" + part;
  }
  return {.file = std::move(file), .table = std::move(table), .folder = std::move(folder)};
}

}  // namespace

Result<std::optional<DatabaseName>> find_database_path(std::string_view written,
                                                       const std::string& base,
                                                       const std::string& name) {
  const std::string text = local_path_of(written);
  const std::size_t at = text.find(std::string(kEnding) + "/");
  const bool is_file = text.ends_with(kEnding);
  if (text.starts_with("table:") || (!is_file && at == std::string::npos)) {
    return std::optional<DatabaseName>();
  }
  const std::string path = is_file ? text : text.substr(0, at + kEnding.size());
  const std::string of_file = is_file ? name : text.substr(path.size() + 1);
  Result<plan::TableId> id = of_file.empty()
                                 ? Result<plan::TableId>(make_error(ErrorCode::InvalidArgument, ""))
                                 : plan::parse_table_id(of_file);
  if (!id || id->parts.size() > 2 || !std::ranges::all_of(id->parts, is_plain)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("a table of a DuckDB file is named with its file: '{}'", written))
        .with_hint("write lake/sales.duckdb/orders or lake/sales.duckdb/schema.orders");
  }
  if (id->parts.size() == 1) {
    id->parts.insert(id->parts.begin(), std::string(kSchema));
  }
  return std::optional(beside(absolute_path(path, base), *std::move(id)));
}

plan::TableId table_in_file(const std::string& file, plan::TableId table) {
  std::string database = file.substr(file.rfind('/') + 1);
  database.resize(database.size() - kEnding.size());
  if (database == table.parts.front()) {
    table.parts.insert(table.parts.begin(), std::move(database));
  }
  return table;
}

std::optional<DatabaseName> find_database_name(std::string_view written, const std::string& root) {
  const std::string text(without(written, "table:"));
  Result<plan::TableId> id = plan::parse_table_id(text);
  if (!id || id->parts.size() != 3 || !std::ranges::all_of(id->parts, is_plain)) {
    return std::nullopt;
  }
  const std::string file = absolute_path(id->parts.front() + std::string(kEnding),
                                         root.empty() ? working_folder() : root);
  id->parts.erase(id->parts.begin());
  return beside(file, *std::move(id));
}

}  // namespace sluice::contract
