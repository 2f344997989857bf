#include "sluice/table/files/staged.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/table/change/text_rows.h"
#include "sluice/table/files/layout.h"

namespace sluice::table {
namespace {

std::string stem_of(const TableDescription& description, const Uuid& ingest_id) {
  return description.staged_prefix + to_string(ingest_id);
}

Result<std::vector<NewFile>> take_files(const Context& context, const FileCopy& copy,
                                        const std::vector<std::string>& paths,
                                        const FileInspection& inspect) {
  std::vector<std::string> places;
  for (const std::string& path : paths) {
    places.push_back(copy.storage->uri(path));
  }
  SLUICE_TRY(const auto rows,
             find_text_rows(context, *copy.connection,
                            fmt::format("SELECT file_name, CAST(num_rows AS VARCHAR), "
                                        "CAST(file_size_bytes AS VARCHAR) FROM "
                                        "parquet_file_metadata([{}])",
                                        quote_paths(places))));
  const std::string root = copy.storage->uri("") + "/";
  std::vector<NewFile> files;
  for (const TextRow& row : rows) {
    NewFile file{.path = row[0].value_or(root).substr(root.size())};
    SLUICE_TRY(file.rows, parse_count(row[1].value_or("")));
    SLUICE_TRY(file.bytes, parse_count(row[2].value_or("")));
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &NewFile::path);
  SLUICE_CHECK(inspect(files));
  for (const NewFile& file : files) {
    SLUICE_CHECK(copy.storage->publish(context, file.path, file.path));
  }
  return files;
}

}  // namespace

Result<std::vector<NewFile>> stage_rows(const Context& context, engine::Connection& connection,
                                        storage::Storage& storage,
                                        const TableDescription& description, const Uuid& ingest_id,
                                        const std::string& select) {
  if (description.staged_ending.empty()) {
    return make_error(
        ErrorCode::Unsupported,
        fmt::format("a {} table takes no files that were written before", description.format));
  }
  return copy_files(
      context,
      {.connection = &connection,
       .storage = &storage,
       .partition_by = {},
       .sort_by = {},
       .stem = description.staged_prefix +
               make_file_stem(context, {.key = {}, .fingerprint = {}, .ingest_id = ingest_id}),
       .extension = description.staged_ending},
      select, [](const std::vector<NewFile>&) { return Status(); });
}

std::vector<std::string> files_to_take(const storage::Storage& storage,
                                       const TableDescription& description, const TableState& state,
                                       const plan::Write& write, const CommitKey& key) {
  const auto* staged = std::get_if<plan::StagedFiles>(&write.source);
  if (staged == nullptr || !plan::adds_rows(write.mode) || !state.partition_by.empty() ||
      !std::ranges::equal(write.schema.fields, state.schema.fields,
                          [](const schema::Field& one, const schema::Field& other) {
                            return one.name == other.name && one.type == other.type;
                          })) {
    return {};
  }
  const std::string root = storage.uri("") + "/";
  const std::string start = root + stem_of(description, key.ingest_id);
  std::vector<std::string> paths;
  for (const std::string& uri : staged->uris) {
    if (!uri.starts_with(start) || !uri.ends_with("." + description.staged_ending) ||
        uri.find('/', root.size()) != std::string::npos) {
      return {};
    }
    paths.push_back(uri.substr(root.size()));
  }
  return paths;
}

FileMaker maker_of_select(const Context& context, const FileCopy& copy, std::string select) {
  return [&context, &copy, select = std::move(select)](const FileInspection& inspect) {
    return copy_files(context, copy, select, inspect);
  };
}

FileMaker maker_of_staged(const Context& context, const FileCopy& copy,
                          std::vector<std::string> paths) {
  return [&context, &copy, paths = std::move(paths)](const FileInspection& inspect) {
    return take_files(context, copy, paths, inspect);
  };
}

}  // namespace sluice::table
