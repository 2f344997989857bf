#include "sluice/table/files/scan.h"

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/files/copy.h"

namespace sluice::table {
namespace {

std::string render_read(const std::string& files, std::string_view file, std::string_view more) {
  return fmt::format(
      "SELECT {}* RENAME (file_row_number AS {}) FROM read_parquet([{}], file_row_number = true, "
      "hive_partitioning = false{})",
      file, kRow, files, more);
}

/// By the number that the engine gives a file; a column can hide that, too.
std::string render_numbered(const std::vector<std::string>& places, std::string_view more) {
  std::string names;
  for (const std::string& place : places) {
    names += (names.empty() ? "" : ", ") + dialect::quote_literal(place);
  }
  return render_read(quote_paths(places),
                     fmt::format("[{}][CAST(file_index AS BIGINT) + 1] AS {}, ", names, kFile),
                     more);
}

std::string render_one_by_one(const std::vector<std::string>& places) {
  std::string all;
  for (const std::string& place : places) {
    all += (all.empty() ? "" : " UNION ALL BY NAME ") +
           render_read(quote_path(place),
                       fmt::format("{} AS {}, ", dialect::quote_literal(place), kFile), "");
  }
  return all;
}

}  // namespace

std::string render_scan(const schema::Schema& schema, const std::vector<std::string>& places,
                        bool may_lack_columns) {
  const std::string more = may_lack_columns ? ", union_by_name = true" : "";
  if (schema.find("filename") == nullptr) {
    return render_read(quote_paths(places), "", fmt::format(", filename = '{}'{}", kFile, more));
  }
  return schema.find("file_index") == nullptr ? render_numbered(places, more)
                                              : render_one_by_one(places);
}

}  // namespace sluice::table
