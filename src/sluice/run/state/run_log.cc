#include "sluice/run/state/run_log.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "sluice/base/limits.h"

namespace sluice::run {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kStartFormat = 2;  // 1 has no draft
constexpr const char* kDraft = "draft";
constexpr std::string_view kRecordEnding = ".json";
constexpr std::string_view kStartEnding = ".started.json";

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

bool is_alive(const Json& start) {
  if (!start.is_object() || start.value("host", "") != host_name()) {
    return false;
  }
  const auto process = start.value("process", std::int64_t{0});
  return process > 0 && (kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

Json json_of(const RunStart& start) {
  return {{"start_format", kStartFormat},
          {"run_id", start.run_id},
          {"pipeline_run_id", start.pipeline_run_id},
          {"contract", {{"path", start.contract}, {"table_name", start.table_name}}},
          {"started_at", to_string(start.started_at)},
          {"host", host_name()},
          {"process", static_cast<std::int64_t>(getpid())}};
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

RunLog::RunLog(storage::Storage& storage, const std::string& state_folder)
    : storage_(storage), folder_(state_folder.empty() ? "runs" : state_folder + "/runs") {}

std::string RunLog::path_of(const std::string& run_id) const {
  return fmt::format("{}/{}{}", folder_, run_id, kRecordEnding);
}

std::string RunLog::start_path_of(const std::string& run_id) const {
  return fmt::format("{}/{}{}", folder_, run_id, kStartEnding);
}

Status RunLog::put_start(const Context& context, const RunStart& start) const {
  return storage_.put_if_absent(context, start_path_of(start.run_id), dump(json_of(start)));
}

Status RunLog::put_draft(const Context& context, const RunStart& start,
                         const std::string& draft) const {
  Json json = json_of(start);
  json[kDraft] = draft;
  return storage_.put(context, start_path_of(start.run_id), dump(json));
}

Status RunLog::put_record(const Context& context, const std::string& run_id,
                          const std::string& text) const {
  Status put = storage_.put_if_absent(context, path_of(run_id), text);
  if (!put && put.error().code != ErrorCode::AlreadyExists) {
    return put;
  }
  forget_start(context, run_id);
  return {};
}

void RunLog::forget_start(const Context& context, const std::string& run_id) const {
  // A start that stays beside its record says nothing.
  [[maybe_unused]] const Status removed = storage_.remove(context, start_path_of(run_id));
}

Result<StoredRun> RunLog::load(const Context& context, const std::string& run_id,
                               bool has_record) const {
  const std::string path = has_record ? path_of(run_id) : start_path_of(run_id);
  SLUICE_TRY(std::optional<std::string> text,
             storage_.find(context, path, limits::kStateFileBytesMax));
  if (!text) {
    return make_error(ErrorCode::NotFound, fmt::format("the record of a run is gone: '{}'", path))
        .with_hint("a run ended meanwhile: ask again");
  }
  StoredRun stored{
      .run_id = run_id, .unfinished = "", .text = *std::move(text), .uri = storage_.uri(path)};
  if (!has_record) {
    Json start = Json::parse(stored.text, nullptr, false);
    stored.unfinished = is_alive(start) ? "running" : "interrupted";
    if (start.is_object() && start.erase(kDraft) > 0) {
      stored.text = dump(start);  // nobody has seen its commit
    }
  }
  return stored;
}

Result<std::map<std::string, bool, std::greater<>>> RunLog::list_runs(
    const Context& context) const {
  SLUICE_TRY(const std::vector<storage::ObjectInfo> objects, storage_.list(context, folder_));
  std::map<std::string, bool, std::greater<>> runs;  // id, and whether the record is there
  for (const storage::ObjectInfo& object : objects) {
    std::string_view name = object.path;
    name.remove_prefix(std::min(name.size(), folder_.size() + 1));
    if (name.ends_with(kStartEnding)) {
      name.remove_suffix(kStartEnding.size());
      runs.try_emplace(std::string(name), false);
    } else if (name.ends_with(kRecordEnding)) {
      name.remove_suffix(kRecordEnding.size());
      runs.insert_or_assign(std::string(name), true);
    }
  }
  return runs;
}

Result<std::vector<StoredRun>> RunLog::load_drafts(const Context& context) const {
  SLUICE_TRY(const auto runs, list_runs(context));
  std::vector<StoredRun> drafts;
  for (const auto& [run_id, has_record] : runs) {
    if (has_record) {
      continue;
    }
    SLUICE_TRY(const std::optional<std::string> text,
               storage_.find(context, start_path_of(run_id), limits::kStateFileBytesMax));
    const Json start = text ? Json::parse(*text, nullptr, false) : Json();
    if (start.is_object() && start.contains(kDraft) && start[kDraft].is_string() &&
        !is_alive(start)) {
      drafts.push_back({.run_id = run_id,
                        .unfinished = "interrupted",
                        .text = start[kDraft].get<std::string>(),
                        .uri = storage_.uri(start_path_of(run_id))});
    }
  }
  return drafts;
}

Result<std::vector<StoredRun>> RunLog::load_newest(const Context& context,
                                                   std::size_t count_max) const {
  SLUICE_TRY(const auto runs, list_runs(context));
  std::vector<StoredRun> newest;
  for (const auto& [run_id, has_record] : runs) {
    if (newest.size() == count_max) {
      break;
    }
    SLUICE_TRY(StoredRun stored, load(context, run_id, has_record));
    newest.push_back(std::move(stored));
  }
  return newest;
}

}  // namespace sluice::run
