#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/table/parquet/manifest_internal.h"
#include "sluice/table/stored_form.h"
#include "sluice/table/stream_key.h"

namespace sluice::table::internal {
namespace {

using nlohmann::json;

json render_file(const DataFile& file) {
  return json{{"path", file.path}, {"rows", file.rows}, {"bytes", file.bytes}};
}

json render_files(const std::vector<DataFile>& files) {
  json list = json::array();
  for (const DataFile& file : files) {
    list.push_back(render_file(file));
  }
  return list;
}

json render_state(const ManifestState& state) {
  json commits = json::array();
  for (const auto& [key, commit] : state.commits) {
    commits.push_back({{"key", key},
                       {"fingerprint", commit.fingerprint},
                       {"receipt", render_receipt(commit.receipt)}});
  }
  return json{{"schema", render_schema(state.table.schema)},
              {"partition_by", render_partitions(state.table.partition_by)},
              {"properties", state.table.properties},
              {"may_lack_columns", state.may_lack_columns},
              {"files", render_files(state.files)},
              {"commits", std::move(commits)}};
}

std::vector<DataFile> parse_files(const json& list) {
  std::vector<DataFile> files;
  for (const json& one : list) {
    files.push_back({.path = one.at("path").get<std::string>(),
                     .rows = one.at("rows").get<std::int64_t>(),
                     .bytes = one.at("bytes").get<std::int64_t>()});
  }
  return files;
}

Result<ManifestState> parse_state(const json& stored) {
  ManifestState state;
  SLUICE_TRY(state.table.schema, parse_schema(stored.at("schema")));
  SLUICE_TRY(state.table.partition_by, parse_partitions(stored.at("partition_by")));
  state.table.properties = stored.at("properties").get<Properties>();
  state.may_lack_columns = stored.value("may_lack_columns", false);
  state.files = parse_files(stored.at("files"));
  for (const json& one : stored.at("commits")) {
    SLUICE_TRY(Receipt receipt, parse_receipt(one.at("receipt")));
    state.commits[one.at("key").get<std::string>()] = {
        .receipt = receipt, .fingerprint = one.at("fingerprint").get<std::string>()};
  }
  return state;
}

Result<ParsedEntry> parse_members(const json& stored) {
  ParsedEntry parsed;
  Entry& entry = parsed.entry;
  entry.version = stored.at("version").get<std::int64_t>();
  entry.operation = stored.at("operation").get<std::string>();
  entry.key = stored.at("key").get<std::string>();
  entry.fingerprint = stored.at("fingerprint").get<std::string>();
  SLUICE_TRY(entry.receipt, parse_receipt(stored.at("receipt")));
  entry.rows = stored.at("rows").get<std::int64_t>();
  entry.added = parse_files(stored.at("added"));
  entry.removed = stored.at("removed").get<std::vector<std::string>>();
  if (stored.contains("schema")) {
    SLUICE_TRY(entry.schema, parse_schema(stored.at("schema")));
    entry.adds_columns = stored.at("adds_columns").get<bool>();
  }
  if (stored.contains("properties")) {
    entry.properties = stored.at("properties").get<Properties>();
  }
  if (stored.contains("state")) {
    SLUICE_TRY(parsed.state, parse_state(stored.at("state")));
    parsed.state->table.version = entry.version;
    parsed.state->newest = entry;
  }
  if (is_checkpoint(entry.version) && !parsed.state.has_value()) {
    return make_error(ErrorCode::Corrupt, "the state of the table is missing");
  }
  return parsed;
}

}  // namespace

std::int64_t ManifestState::rows() const {
  std::int64_t rows = 0;
  for (const DataFile& file : files) {
    rows += file.rows;
  }
  return rows;
}

std::string manifest_path(std::int64_t version) {
  return fmt::format("_sluice/manifest/{:020}.json", version);
}

bool is_checkpoint(std::int64_t version) { return version % kCheckpointEvery == 0; }

void apply_entry(ManifestState& state, const Entry& entry) {
  state.table.version = entry.version;
  if (!entry.removed.empty()) {
    std::vector<std::string> removed = entry.removed;
    std::ranges::sort(removed);
    std::erase_if(state.files, [&](const DataFile& file) {
      return std::ranges::binary_search(removed, file.path);
    });
  }
  if (entry.schema.has_value()) {
    state.table.schema = *entry.schema;
    state.may_lack_columns = state.may_lack_columns || entry.adds_columns;
  }
  state.may_lack_columns = state.may_lack_columns && !state.files.empty();
  if (entry.properties.has_value()) {
    state.table.properties = *entry.properties;
  }
  state.files.insert(state.files.end(), entry.added.begin(), entry.added.end());
  if (!entry.key.empty()) {
    state.commits[entry.key] = {.receipt = entry.receipt, .fingerprint = entry.fingerprint};
  }
  state.newest = entry;
}

void forget_commits(ManifestState& state, sys_micros older_than) {
  std::vector<std::string> keys;
  keys.reserve(state.commits.size());
  for (const auto& [key, commit] : state.commits) {
    keys.push_back(key);
  }
  const auto newest = find_newest_of_streams(keys);
  std::erase_if(state.commits, [&](const auto& one) {
    return one.second.receipt.committed_at < older_than && !newest.contains(one.first);
  });
}

std::string render_entry(const Entry& entry, const ManifestState* state) {
  const bool has_changed_columns =
      entry.schema.has_value() || (state != nullptr && state->may_lack_columns);
  json stored{{"format", has_changed_columns ? kManifestFormat : 1},
              {"version", entry.version},
              {"operation", entry.operation},
              {"key", entry.key},
              {"fingerprint", entry.fingerprint},
              {"receipt", render_receipt(entry.receipt)},
              {"rows", entry.rows},
              {"added", render_files(entry.added)},
              {"removed", entry.removed}};
  if (entry.schema.has_value()) {
    stored["schema"] = render_schema(*entry.schema);
    stored["adds_columns"] = entry.adds_columns;
  }
  if (entry.properties.has_value()) {
    stored["properties"] = *entry.properties;
  }
  if (state != nullptr) {
    stored["state"] = render_state(*state);
  }
  return stored.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<ParsedEntry> parse_entry(std::string_view text, std::string_view path) {
  SLUICE_TRY(const json stored, parse_document(text, path));
  const int format =
      stored.value("format", json()).is_number_integer() ? stored["format"].get<int>() : 0;
  if (format > kManifestFormat) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("this manifest was written by a newer Sluice: '{}'", path))
        .with_hint("Update Sluice to read and write this table.");
  }
  const auto corrupt = [&](std::string_view why) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("expected a manifest of a Parquet folder: '{}'", path))
        .with_native(std::string(why))
        .with_hint("The file was changed by something else; restore it from a copy.");
  };
  try {
    auto parsed = parse_members(stored);
    return parsed.has_value() ? std::move(parsed)
                              : Result<ParsedEntry>(corrupt(to_string(parsed.error())));
  } catch (const json::exception& exception) {
    return corrupt(exception.what());
  }
}

}  // namespace sluice::table::internal
