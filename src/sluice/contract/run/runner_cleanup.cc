#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/landing/cleanup.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/run/state/batch_log.h"

namespace sluice::contract::internal {
namespace {

const std::optional<PostIngestion>& wanted_cleanup(const Contract& contract) {
  static const std::optional<PostIngestion> kNothing;
  if (contract.source && contract.source->post_ingestion) {
    return contract.source->post_ingestion;
  }
  return contract.server ? contract.server->post_ingestion : kNothing;
}

}  // namespace

/// What is read again from the archive would be there twice.
Status Runner::check_archive(const PostIngestion& wanted) const {
  const std::string home = folder_of(absolute_path(path_, working_folder()));
  SLUICE_TRY(const std::string source, local_source(source_as_written(*contract_->source), home));
  const std::string example = archived_path(*cleanup_, source_root(source, "") + "/a");
  const bool is_read_again =
      would_read(source, example) || std::ranges::any_of(files_, [&](const run::BatchFile& file) {
        const std::string to = archived_path(*cleanup_, file.path);
        return to == file.path || would_read(source, to);
      });
  if (!is_read_again) {
    return {};
  }
  Error error = make_error(
      ErrorCode::InvalidContract,
      fmt::format("the source would read the files of its archive again: '{}'", cleanup_->archive));
  error.at = place_of(wanted.archive_path->span);
  return std::move(error).with_hint(
      "archive into a folder beside the source, or into one whose name begins with '_'");
}

Status Runner::find_cleanup() {
  const std::optional<PostIngestion>& wanted = wanted_cleanup(*contract_);
  if (!wanted || wanted->action.value == CleanupAction::Retain) {
    return {};
  }
  const std::string_view why = !options_.sources.empty()          ? "--source names them"
                               : rows_ || !source_folder_.empty() ? "the source is a table"
                               : places_.target.empty()           ? "the run writes no target"
                                                                  : "";
  if (!why.empty()) {
    result_.warnings.push_back(fmt::format("source files stay where they are, as {}", why));
    return {};
  }
  cleanup_ = Cleanup{.action = wanted->action.value,
                     .is_blocking = wanted->cleanup_is_blocking.value,
                     .archive = "",
                     .roots = source_roots()};
  if (wanted->action.value == CleanupAction::Delete) {
    return {};
  }
  auto archive =
      local_source(wanted->archive_path->value, folder_of(absolute_path(path_, working_folder())));
  if (!archive) {
    return as_contract_error(std::move(archive).error(), place_of(wanted->archive_path->span));
  }
  cleanup_->archive = *std::move(archive);
  return check_archive(*wanted);
}

Result<std::vector<run::BatchFile>> Runner::find_read_files() const {
  const auto identity = [](const run::BatchFile& file) {
    return std::tuple(file.path, file.size_bytes, file.content_tag);
  };
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_TRY(const std::vector<run::BatchRecord> records, log.load_all(context_));
  std::set<std::tuple<std::string, std::uint64_t, std::string>> read;
  for (const run::BatchRecord& record : records) {
    const auto* input = std::get_if<run::FileInput>(&record.input);
    const bool is_shown = result_.batch == 0 || std::cmp_less_equal(record.number, result_.batch);
    for (const run::BatchFile& file :
         input != nullptr && is_shown ? input->files : std::vector<run::BatchFile>{}) {
      read.insert(identity(file));
    }
  }
  std::vector<run::BatchFile> found = files_;
  found.insert(found.end(), listed_.begin(), listed_.end());
  std::erase_if(found, [&](const run::BatchFile& file) { return !read.contains(identity(file)); });
  std::ranges::sort(found, {}, identity);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

Status Runner::clean_up_source() {
  if (!cleanup_ || result_.status == RunStatus::Failed) {
    return {};
  }
  narrator_.begin("clean up");
  SLUICE_TRY(const std::vector<run::BatchFile> files, find_read_files());
  const CleanedFiles cleaned = clean_up(context_, *cleanup_, files);
  if (!files.empty()) {
    result_.cleanup = run::CleanupResult{.archive = cleanup_->archive,
                                         .files = cleaned.done,
                                         .left = static_cast<std::int64_t>(cleaned.left.size())};
  }
  if (cleaned.done > 0) {
    narrator_.tell(
        LogLevel::Info, "cleaned",
        cleanup_->action == CleanupAction::Archive
            ? fmt::format("Moved source files to {1}: {0}", cleaned.done, cleanup_->archive)
            : fmt::format("Removed source files: {}", cleaned.done));
  }
  for (const Error& error : cleaned.left) {
    result_.warnings.push_back(to_string(error));
  }
  if (cleanup_->is_blocking && !cleaned.left.empty()) {
    result_.status = RunStatus::Failed;
    result_.reason = fmt::format(
        "the rows are written, and {} source files could not be cleaned up: {}; run it again to "
        "try once more",
        cleaned.left.size(), cleaned.left.front().message);
  }
  return {};
}

}  // namespace sluice::contract::internal
