#include "sluice/table/files/staged.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/table/files/form.h"
#include "sluice/table/files/layout.h"

namespace sluice::table {
namespace {

std::string stem_of(const TableDescription& description, const Uuid& ingest_id) {
  return description.staged_prefix + to_string(ingest_id);
}

Result<std::vector<NewFile>> take_files(const Context& context, const FileCopy& copy,
                                        std::vector<NewFile> files, const FileInspection& inspect) {
  SLUICE_CHECK(inspect(files));
  for (const NewFile& file : files) {
    const Status flushed = copy.storage->publish(context, file.path, file.path);
    if (!flushed.has_value() && flushed.error().code == ErrorCode::NotFound) {
      return make_error(ErrorCode::NotFound,
                        fmt::format("a file of this write was taken away before its commit: '{}'",
                                    copy.storage->uri(file.path)))
          .with_hint(
              "nothing was committed: run again; `sluice table clean` and `vacuum` with an age "
              "that no write reaches leave such files alone");
    }
    SLUICE_CHECK(flushed);
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
       .form = {},
       .stem = description.staged_prefix +
               make_file_stem(context, {.key = {}, .fingerprint = {}, .ingest_id = ingest_id}),
       .extension = description.staged_ending},
      select, [](const std::vector<NewFile>&) { return Status(); });
}

plan::StagedFiles staged_source(const storage::Storage& storage,
                                const std::vector<NewFile>& files) {
  plan::StagedFiles source;
  for (const NewFile& file : files) {
    source.uris.push_back(storage.uri(file.path));
    source.stats.push_back(file);
  }
  return source;
}

std::vector<NewFile> files_to_take(const storage::Storage& storage,
                                   const TableDescription& description, const TableState& state,
                                   const plan::Write& write, const CommitKey& key) {
  const auto* staged = std::get_if<plan::StagedFiles>(&write.source);
  if (staged == nullptr || staged->stats.size() != staged->uris.size() ||
      !plan::adds_rows(write.mode) || !state.partition_by.empty() || form_of(state) != FileForm() ||
      !std::ranges::equal(write.schema.fields, state.schema.fields,
                          [](const schema::Field& one, const schema::Field& other) {
                            return one.name == other.name && one.type == other.type;
                          })) {
    return {};
  }
  const std::string root = storage.uri("") + "/";
  const std::string start = root + stem_of(description, key.ingest_id);
  std::vector<NewFile> files;
  for (std::size_t i = 0; i < staged->uris.size(); ++i) {
    const std::string& uri = staged->uris[i];
    if (!uri.starts_with(start) || !uri.ends_with("." + description.staged_ending) ||
        uri.find('/', root.size()) != std::string::npos) {
      return {};
    }
    NewFile& file = files.emplace_back();
    static_cast<plan::FileStats&>(file) = staged->stats[i];
    file.path = uri.substr(root.size());
  }
  return files;
}

FileMaker maker_of_select(const Context& context, const FileCopy& copy, std::string select) {
  return [&context, &copy, select = std::move(select)](const FileInspection& inspect) {
    return copy_files(context, copy, select, inspect);
  };
}

FileMaker maker_of_staged(const Context& context, const FileCopy& copy,
                          std::vector<NewFile> files) {
  return [&context, &copy, files = std::move(files)](const FileInspection& inspect) {
    return take_files(context, copy, files, inspect);
  };
}

}  // namespace sluice::table
