#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/limits.h"
#include "sluice/table/files/damage.h"
#include "sluice/table/parquet/log_internal.h"
#include "sluice/table/stored_form.h"

namespace sluice::table::internal {
namespace {

constexpr std::string_view kHintPath = "_sluice/manifest/checkpoint.json";
constexpr std::string_view kStaged = ".staged";
constexpr std::string_view kRemoved = ".removed";

std::string hidden_name(std::string_view path, std::string_view suffix) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return fmt::format("{}_{}{}", path.substr(0, name), path.substr(name), suffix);
}

bool is_open(ErrorCode code) {
  return code == ErrorCode::CommitUnknown || code == ErrorCode::Unavailable;
}

}  // namespace

std::string staged_name(std::string_view path) { return hidden_name(path, kStaged); }

std::string removed_name(std::string_view path) { return hidden_name(path, kRemoved); }

std::string visible_name(std::string_view staged) {
  const std::size_t slash = staged.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  if (!staged.ends_with(kStaged) || staged.size() <= name || staged[name] != '_') {
    return {};
  }
  const std::string_view rest = staged.substr(name + 1);
  return fmt::format("{}{}", staged.substr(0, name), rest.substr(0, rest.size() - kStaged.size()));
}

Result<std::optional<ParsedEntry>> ManifestLog::find_entry(const Context& context,
                                                           std::int64_t version) {
  const std::string path = manifest_path(version);
  SLUICE_TRY(const auto text, storage_->find(context, path, limits::kStateFileBytesMax));
  if (!text.has_value()) {
    return std::optional<ParsedEntry>{};
  }
  SLUICE_TRY(ParsedEntry parsed, parse_entry(*text, storage_->uri(path)));
  if (parsed.entry.version != version) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a manifest holds another version than its name says: '{}'",
                                  storage_->uri(path)));
  }
  return std::optional(std::move(parsed));
}

/// The version of the last checkpoint that someone has noted, or 0: a wrong guess only costs time.
Result<std::int64_t> ManifestLog::find_start(const Context& context) {
  SLUICE_TRY(const auto hint, storage_->find(context, kHintPath, limits::kStateFileBytesMax));
  if (!hint.has_value()) {
    return std::int64_t{0};
  }
  SLUICE_TRY(const nlohmann::json stored, parse_document(*hint, kHintPath));
  const nlohmann::json version = stored.value("version", nlohmann::json());
  if (!version.is_number_integer() || !is_checkpoint(version.get<std::int64_t>())) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("expected the version of a checkpoint in '{}'", kHintPath))
        .with_hint("Remove the file: it only says where to begin reading.");
  }
  return version.get<std::int64_t>();
}

/// An entry that is gone looks like the end of the log, but for those behind it.
Status ManifestLog::check_end(const Context& context, std::int64_t missing) {
  const std::int64_t next = missing + 1;
  for (std::int64_t version = next; version == next || !is_checkpoint(version - 1); ++version) {
    SLUICE_TRY(const auto behind, find_entry(context, version));
    if (!behind.has_value()) {
      continue;
    }
    SLUICE_TRY(const auto came, find_entry(context, missing));  // others may have written both
    return came.has_value()
               ? read_on(context)
               : Status(make_error(ErrorCode::Corrupt,
                                   fmt::format("a manifest is gone while later ones exist: '{}'",
                                               storage_->uri(manifest_path(missing))))
                            .with_hint("Restore the file from a copy: it says what the version "
                                       "added and removed."));
  }
  return {};
}

Status ManifestLog::read_on(const Context& context) {
  if (is_unmade_) {
    SLUICE_TRY(const auto first, find_entry(context, 0));
    if (!first.has_value()) {
      return {};
    }
    is_unmade_ = false;
    state_.reset();  // what another writer made counts
  }
  const bool is_opened = !state_.has_value();
  if (is_opened) {
    SLUICE_TRY(const std::int64_t start, find_start(context));
    SLUICE_TRY(auto first, find_entry(context, start));
    if (!first.has_value() && start > 0) {
      return make_error(ErrorCode::Corrupt,
                        fmt::format("a manifest that others rely on is gone: '{}'",
                                    storage_->uri(manifest_path(start))));
    }
    if (!first.has_value()) {
      return check_end(context, 0);
    }
    state_ = *std::move(first->state);
  }
  while (true) {
    SLUICE_TRY(auto next, find_entry(context, state_->table.version + 1));
    if (!next.has_value()) {
      return is_opened ? check_end(context, state_->table.version + 1) : Status{};
    }
    if (next->state.has_value()) {
      state_ = *std::move(next->state);
    } else {
      apply_entry(*state_, next->entry);
    }
  }
}

Result<const ManifestState*> ManifestLog::find(const Context& context) {
  SLUICE_CHECK(read_on(context));
  while (state_.has_value() && !is_unmade_ && shown_version_ != state_->table.version) {
    const std::int64_t version = state_->table.version;
    Status shown = show_and_hide(context, state_->newest);
    if (shown.has_value()) {
      shown_version_ = version;
      break;
    }
    // Another writer may have gone on meanwhile and moved the files itself.
    SLUICE_CHECK(read_on(context));
    if (state_->table.version == version) {
      if (shown.error().code == ErrorCode::NotFound) {
        break;  // a file under neither name is gone: who reads its rows says so
      }
      return std::move(shown).error().with_context(
          fmt::format("showing the files of version {}", version));
    }
  }
  return state_.has_value() ? &*state_ : nullptr;
}

Result<const ManifestState*> ManifestLog::load(const Context& context) {
  SLUICE_TRY(const ManifestState* state, find(context));
  if (state == nullptr) {
    return make_error(ErrorCode::NotFound,
                      fmt::format("there is no table in this folder: '{}'", storage_->uri("")))
        .with_hint("Create the table first.");
  }
  return state;
}

Result<ManifestState> ManifestLog::load_past(const Context& context, std::int64_t version) {
  const std::int64_t start = version - version % kCheckpointEvery;
  std::optional<ManifestState> state;
  for (std::int64_t at = start; at <= version; ++at) {
    SLUICE_TRY(auto stored, find_entry(context, at));
    if (!stored.has_value()) {
      return make_error(ErrorCode::NotFound,
                        fmt::format("version {} cannot be read any more: '{}' is gone", version,
                                    manifest_path(at)));
    }
    if (stored->state.has_value()) {
      state = *std::move(stored->state);
    } else {
      apply_entry(*state, stored->entry);
    }
  }
  return *std::move(state);
}

Status ManifestLog::create(const Context& context, ManifestState state) {
  SLUICE_CHECK(
      storage_->put_if_absent(context, manifest_path(0), render_entry(state.newest, &state)));
  state_ = std::move(state);
  return {};
}

void ManifestLog::create_at_append(ManifestState state) {
  state_ = std::move(state);
  is_unmade_ = true;
}

/// False: another writer has made the table.
Result<bool> ManifestLog::make_first(const Context& context) {
  const Status put =
      storage_->put_if_absent(context, manifest_path(0), render_entry(state_->newest, &*state_));
  if (!put.has_value() && put.error().code == ErrorCode::AlreadyExists) {
    return false;
  }
  SLUICE_CHECK(put);
  is_unmade_ = false;
  return true;
}

Result<CommitOutcome> ManifestLog::append(const Context& context, const Entry& entry,
                                          sys_micros forget_before) {
  if (const Status staged = check_there(entry.added, staged_name); !staged.has_value()) {
    return CommitOutcome{Conflict{staged.error().message}};
  }
  if (is_unmade_) {
    const Result<bool> made = make_first(context);
    if (!made.has_value() && is_open(made.error().code)) {
      return CommitOutcome{Unknown{made.error()}};
    }
    SLUICE_CHECK(made);
    if (!*made) {
      return CommitOutcome{Conflict{"the table was made by another writer"}};
    }
  }
  ManifestState after = *state_;
  apply_entry(after, entry);
  const bool checkpoint = is_checkpoint(entry.version);
  if (checkpoint) {
    forget_commits(after, forget_before);
  }
  const Status put = storage_->put_if_absent(context, manifest_path(entry.version),
                                             render_entry(entry, checkpoint ? &after : nullptr));
  if (!put.has_value() && put.error().code == ErrorCode::AlreadyExists) {
    return settle_taken(context, entry);
  }
  if (!put.has_value() && is_open(put.error().code)) {
    return CommitOutcome{Unknown{put.error()}};
  }
  SLUICE_CHECK(put);
  state_ = std::move(after);
  const Status shown = show_and_hide(context, entry);
  if (shown.has_value()) {
    shown_version_ = entry.version;
  } else if (shown.error().code == ErrorCode::NotFound) {
    SLUICE_CHECK(check_not_lost(context, entry));
  } else {
    context.say(LogLevel::Warning,
                fmt::format("the commit holds; its files are shown by whoever opens the table "
                            "next: {}",
                            to_string(shown.error())));
  }
  if (checkpoint) {
    write_hint(context, entry.version);
  }
  return CommitOutcome{Committed{entry.receipt}};
}

/// Whole, under the names that `name_of` gives them.
Status ManifestLog::check_there(const std::vector<DataFile>& files,
                                std::string (*name_of)(std::string_view)) const {
  std::vector<FilePlace> places;
  places.reserve(files.size());
  for (const DataFile& file : files) {
    places.push_back({.place = storage_->uri(name_of(file.path)), .bytes = file.bytes});
  }
  return check_data_files(storage_->uri(""), places);
}

/// A file of the commit `entry` had no name to be shown under: another writer has shown it and
/// gone on to a version without it, or it was taken away between the commit's last look and its
/// put.
Status ManifestLog::check_not_lost(const Context& context, const Entry& entry) {
  SLUICE_CHECK(read_on(context));
  std::vector<DataFile> named;
  for (const DataFile& file : state_->files) {
    if (std::ranges::find(entry.added, file) != entry.added.end()) {
      named.push_back(file);
    }
  }
  return check_there(named, [](std::string_view path) { return std::string(path); });
}

/// Another entry of this version is there: a rival's, or our own when the storage repeated a put
/// whose first reply was lost.
Result<CommitOutcome> ManifestLog::settle_taken(const Context& context, const Entry& entry) {
  auto there = find_entry(context, entry.version);
  if (!there.has_value()) {
    return CommitOutcome{Unknown{std::move(there).error()}};
  }
  if (!there->has_value()) {
    return CommitOutcome{
        Unknown{make_error(ErrorCode::Unavailable,
                           fmt::format("a manifest was reported as taken and is not there: '{}'",
                                       manifest_path(entry.version)))}};
  }
  if ((*there)->entry.key == entry.key &&
      (*there)->entry.receipt.ingest_id == entry.receipt.ingest_id &&
      (*there)->entry.added == entry.added) {
    return CommitOutcome{Committed{(*there)->entry.receipt}};
  }
  return CommitOutcome{
      Conflict{fmt::format("version {} by {}", entry.version, (*there)->entry.operation)}};
}

/// Old files first, so that a reader that globs never sees a row beside the one that replaced it.
/// Every step may be repeated, and may have been done by another writer.
Status ManifestLog::show_and_hide(const Context& context, const Entry& entry) {
  for (const std::string& path : entry.removed) {
    const Status hidden = storage_->publish(context, path, removed_name(path));
    if (!hidden.has_value() && hidden.error().code != ErrorCode::NotFound) {
      return hidden;
    }
  }
  Status gone;
  for (const DataFile& file : entry.added) {
    Status shown = storage_->publish(context, staged_name(file.path), file.path);
    if (!shown.has_value() && shown.error().code == ErrorCode::NotFound) {
      gone = std::move(shown);  // the others are shown all the same
      continue;
    }
    SLUICE_CHECK(shown);
  }
  return gone;
}

void ManifestLog::write_hint(const Context& context, std::int64_t version) {
  const nlohmann::json hint{{"format", 1}, {"version", version}};
  if (const Status put = storage_->put(context, kHintPath, hint.dump() + "\n"); !put.has_value()) {
    context.say(LogLevel::Debug, fmt::format("the hint of a checkpoint was not written: {}",
                                             to_string(put.error())));
  }
}

}  // namespace sluice::table::internal
