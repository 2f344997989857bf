#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "sluice/contract/landing/cleanup.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/places.h"
#include "sluice/contract/run/replay.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/contract/run/source_partition.h"
#include "sluice/contract/run/source_table.h"
#include "sluice/run/state/batch_plan.h"
#include "sluice/run/state/content_tag.h"

namespace sluice::contract::internal {

std::string source_as_written(const Source& source) {
  const bool has_pattern = source.pattern && !source.partition;
  return source.path->value + (has_pattern ? "/" + source.pattern->value : "");
}

namespace {

/// Of a folder's files those that are named as its format is; all, where none of them is.
std::vector<std::string> take_named_as(SourceFormat format, std::vector<std::string>& files) {
  const auto others = std::ranges::stable_partition(
      files, [&](const std::string& file) { return is_named_as(file, format); });
  if (others.begin() == files.begin()) {
    return {};
  }
  std::vector<std::string> left(others.begin(), others.end());
  files.erase(others.begin(), others.end());
  return left;
}

}  // namespace

/// The files of the flags or of the contract; `asked` says which ones were meant.
Result<std::vector<std::string>> Runner::find_source_files(std::string& asked) {
  std::vector<std::string> paths;
  for (const std::string& source : options_.sources) {
    SLUICE_TRY(const std::vector<std::string> found,
               list_source_files(context_, source, working_folder()));
    paths.insert(paths.end(), found.begin(), found.end());
    asked += (asked.empty() ? "" : ", ") + source;
  }
  if (!options_.sources.empty()) {
    return paths;
  }
  if (!contract_->source || !contract_->source->path) {
    return make_error(ErrorCode::InvalidContract, "the contract has no source to read")
        .with_hint("write source.path in the contract, or give --source");
  }
  const Source& source = *contract_->source;
  const std::string home = folder_of(absolute_path(path_, working_folder()));
  asked = source_as_written(source);
  if (source.partition) {
    asked += "/" + source.partition->format.value;
  }
  auto found = source.partition ? list_partition_files(context_, source, home, clock_)
                                : list_source_files(context_, asked, home);
  if (!found) {
    return as_contract_error(std::move(found).error(), place_of(source.path->span));
  }
  std::error_code failed;
  if (source.format && !source.partition &&
      std::filesystem::is_directory(absolute_path(local_path_of(asked), home), failed)) {
    const std::vector<std::string> left = take_named_as(source.format->value, *found);
    if (!left.empty()) {
      result_.warnings.push_back(
          fmt::format("files of the source's folder that are not named as its format is are not "
                      "read: {}, '{}' among them",
                      left.size(), left.front()));
    }
  }
  return found;
}

/// What the run writes would be rows of the next one.
Status Runner::check_own_places(const std::vector<std::string>& paths) const {
  const std::string home = folder_of(absolute_path(path_, working_folder()));
  const bool is_named = !options_.sources.empty();
  const bool has_example = !is_named && !contract_->source->partition;
  std::string source;
  if (has_example) {
    SLUICE_TRY(source, local_source(source_as_written(*contract_->source), home));
  }
  const auto format = declared_format();
  for (const std::string& place :
       {places_.table.parts.empty() ? places_.target : std::string(), places_.quarantine}) {
    const std::string example = place + "/a.parquet";
    const bool is_read =
        !place.empty() && ((has_example && (!format || is_named_as(example, *format)) &&
                            would_read(source, example)) ||
                           std::ranges::any_of(paths, [&](const std::string& path) {
                             return path.starts_with(place + "/");
                           }));
    if (!is_read) {
      continue;
    }
    Error error =
        make_error(is_named ? ErrorCode::InvalidArgument : ErrorCode::InvalidContract,
                   fmt::format("the source would read what the run itself writes: '{}'", place));
    if (!is_named) {
      error.at = place_of(contract_->source->path->span);
    }
    return std::move(error).with_hint(
        "write into a folder beside the source, or into one whose name begins with '_', or name "
        "the source's files more closely");
  }
  return {};
}

std::vector<std::string> Runner::source_roots() const {
  std::vector<std::string> roots;
  for (const std::string& source : options_.sources) {
    roots.push_back(source_root(source, working_folder()));
  }
  if (!source_folder_.empty()) {
    roots = {source_folder_};
  } else if (roots.empty() && contract_->source && contract_->source->path) {
    roots.push_back(source_root(contract_->source->path->value,
                                folder_of(absolute_path(path_, working_folder()))));
  }
  return roots;
}

Status Runner::list_files() {
  SLUICE_CHECK(find_source_table());
  if (rows_) {
    list_rows();
    return {};
  }
  std::string asked = source_folder_;
  SLUICE_TRY(std::vector<std::string> paths, source_folder_.empty()
                                                 ? find_source_files(asked)
                                                 : find_table_files(context_, source_folder_));
  std::ranges::sort(paths);
  paths.erase(std::ranges::unique(paths).begin(), paths.end());
  SLUICE_CHECK(source_folder_.empty() ? check_own_places(paths) : Status{});
  for (const std::string& path : paths) {
    SLUICE_TRY(run::BatchFile file, run::load_batch_file(context_, path, path));
    files_.push_back(std::move(file));
  }
  const bool may_be_empty = contract_->source && options_.sources.empty() &&
                            (contract_->source->empty_behavior
                                 ? contract_->source->empty_behavior->value == EmptyBehavior::Skip
                                 : contract_->source->load_mode.value != LoadMode::Full);
  if (files_.empty() && !may_be_empty) {
    return make_error(ErrorCode::NotFound, fmt::format("no file matches the source: '{}'", asked))
        .with_hint("check the path, or write `empty_behavior: skip` where no file is fine");
  }
  return {};
}

constexpr std::string_view kRowsScheme = "rows:";
constexpr std::string_view kRowsRelation = "sluice_rows";

void Runner::list_rows() {
  const RowInput& rows = *rows_;
  files_ = {{.path = std::string(kRowsScheme) + rows.name,
             .size_bytes = 0,
             .modified = clock_,
             .content_tag = rows.tag.empty() ? result_.run_id : rows.tag}};
}

Status Runner::load_rows(plan::Pipeline& pipeline) {
  if (lake_source_) {
    return load_lake_source(pipeline);
  }
  if (!delta_source_.empty()) {
    return view_delta_source(pipeline);
  }
  SLUICE_TRY(ColumnStream stream, rows_->open());
  SLUICE_CHECK(take_rows(std::move(stream), pipeline));
  close_database();
  return {};
}

Status Runner::take_rows(ColumnStream rows, plan::Pipeline& pipeline) {
  SLUICE_TRY_IN([[maybe_unused]] const std::int64_t number,
                connection_->load(context_, kRowsRelation, std::move(rows)),
                fmt::format("reading the rows of '{}'", rows_->name));
  pipeline.source = plan::RelationScan{
      .name = std::string(kRowsRelation), .has_origin = false, .may_lack_columns = false};
  return {};
}

/// A batch that was left unfinished is read as it was written: the same files, or the same rows.
Status Runner::check_batch_input(const std::vector<run::BatchFile>& recorded) const {
  for (const run::BatchFile& file : recorded) {
    const bool is_rows = file.path.starts_with(kRowsScheme);
    if (!is_rows && !rows_) {
      SLUICE_CHECK(run::check_batch_file(context_, file, file.path));
      continue;
    }
    const auto same = std::ranges::find_if(listed_, [&](const run::BatchFile& one) {
      const bool is_there = keeps_versions();  // in whichever version it was
      return one.path == file.path && (is_there || one.content_tag == file.content_tag);
    });
    if (same == listed_.end()) {
      return make_error(ErrorCode::CommitConflict,
                        fmt::format("a run before did not finish its batch of other input: '{}'",
                                    file.path))
          .with_hint(is_rows ? fmt::format("run with the same rows, under the tag {}, to finish it",
                                           file.content_tag)
                             : "run the contract over its files to finish it");
    }
  }
  return {};
}

Status Runner::list_links() {
  for (const Link& link : contract_->links) {
    if (const MaybeText& named = link.table ? link.table : link.path; named) {
      if (link.table && link.path) {
        result_.warnings.push_back(
            fmt::format("the link '{}' has a 'table', which stands in the place of its 'path': "
                        "not read: '{}'",
                        link.name.value, link.path->value));
      }
      SLUICE_CHECK(list_link(link, *named));
    }
  }
  return make_unpack_folder();
}

Status Runner::list_link(const Link& link, const Text& named) {
  const std::string base = folder_of(absolute_path(path_, working_folder()));
  const DeclaredAs declared = link.table || link.type.value == "table" ? DeclaredAs::Table
                              : link.type.value == "delta"             ? DeclaredAs::Delta
                                                                       : DeclaredAs::Files;
  if (declared == DeclaredAs::Table) {
    SLUICE_TRY(std::optional<Places> lake, find_lake_table(named.value));
    if (lake) {
      table_links_.push_back(
          {.name = link.name.value,
           .database = {},
           .folder = "",
           .relation = fmt::format("_sluice_table_link_{}", table_links_.size() + 1),
           .lake = std::move(lake)});
      return {};
    }
  }
  const auto table = contract::find_source_table(named.value, declared, base, table_root(options_));
  if (!table) {
    return as_contract_error(Error(table.error()), place_of(named.span));
  }
  const auto* database = std::get_if<DatabaseName>(&*table);
  const auto* delta = std::get_if<DeltaFolder>(&*table);
  if (database != nullptr || delta != nullptr) {
    table_links_.push_back(
        {.name = link.name.value,
         .database = database != nullptr ? *database : DatabaseName{},
         .folder = delta != nullptr ? delta->path : "",
         .relation = fmt::format("_sluice_table_link_{}", table_links_.size() + 1),
         .lake = {}});
    return {};
  }
  const auto* folder = std::get_if<TableFolder>(&*table);
  auto listed = folder == nullptr ? list_source_files(context_, named.value, base)
                                  : find_table_files(context_, folder->path);
  if (!listed) {
    return as_contract_error(std::move(listed).error(), place_of(named.span));
  }
  if (listed->empty()) {
    return make_error(ErrorCode::NotFound, fmt::format("no file matches the link '{}': '{}'",
                                                       link.name.value, named.value))
        .with_hint("paths of links are relative to the contract's folder");
  }
  links_.emplace_back(link.name.value, *std::move(listed));
  return {};
}

Status Runner::load_links() {
  for (const TableLink& link : table_links_) {
    if (link.lake || !link.folder.empty()) {
      if (Status viewed = link.lake ? load_lake_link(link) : view_delta_link(link); !viewed) {
        return std::move(viewed).error().with_context(
            fmt::format("reading the link '{}'", link.name));
      }
      continue;
    }
    SLUICE_TRY(ColumnStream rows, open_database(link.database));
    SLUICE_TRY_IN([[maybe_unused]] const std::int64_t number,
                  connection_->load(context_, link.relation, std::move(rows)),
                  fmt::format("reading the link '{}'", link.name));
    close_database();
  }
  if (!lake_source_) {
    lakes_.clear();  // what is read of them is in memory
  }
  return {};
}

namespace {

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first{};
  struct stat second{};
  return a == b || (::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
                    first.st_dev == second.st_dev && first.st_ino == second.st_ino);
}

}  // namespace

Status Runner::check_outputs() const {
  std::vector<std::string> read{absolute_path(path_, working_folder())};
  for (const run::BatchFile& file : files_) {
    read.push_back(file.path);
  }
  for (const auto& [name, paths] : links_) {
    read.insert(read.end(), paths.begin(), paths.end());
  }
  if (contract_->external_logic) {
    read.push_back(absolute_path(contract_->external_logic->path.value,
                                 folder_of(absolute_path(path_, working_folder()))));
  }
  struct Output {
    const std::string& path;
    std::string_view before;  // the name of another one
    std::string_view name;
  };
  const std::array<Output, 3> outputs{
      Output{.path = options_.report, .before = "the report", .name = "the report"},
      {.path = options_.output_good, .before = "the good", .name = "the good rows"},
      {.path = bad_file_, .before = "", .name = "the quarantined rows"}};
  for (const Output& output : outputs) {
    if (output.path.empty()) {
      continue;
    }
    const std::string full = absolute_path(output.path, working_folder());
    for (const Output* other = outputs.data(); other != &output; ++other) {
      if (!other->path.empty() &&
          is_same_file(absolute_path(other->path, working_folder()), full)) {
        return make_error(ErrorCode::InvalidArgument,
                          fmt::format("{} and {} would go to one file: '{}'", other->before,
                                      output.name, other->path))
            .with_hint("name two files: --output-good, --output-bad, --report");
      }
    }
    if (std::ranges::any_of(read,
                            [&](const std::string& one) { return is_same_file(one, full); })) {
      return make_error(
                 ErrorCode::InvalidArgument,
                 fmt::format("the run reads the file that it was to write: '{}'", output.path))
          .with_hint("name another file");
    }
  }
  return {};
}

Status Runner::make_exchange() {
  if (contract_->external_logic) {
    // In memory where values are to be masked: a file on a disk outlives a run that is killed.
    SLUICE_TRY(exchange_, TempFolder::make("sluice-script", masks() ? "/dev/shm" : "/tmp"));
  }
  return {};
}

run::StreamId Runner::stream() const {
  const std::string& root = places_.target.empty() ? places_.state_root : places_.target;
  // Below the target the state moves with it; elsewhere many targets may share one.
  const std::string target =
      options_.state_folder.empty() ? root.substr(root.rfind('/') + 1) : root;
  const std::string name = table_name(*contract_);
  return {.contract = name.empty() ? path_.substr(path_.rfind('/') + 1) : name, .target = target};
}

Result<bool> Runner::find_batch() {
  if (state_ == nullptr) {
    return true;
  }
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_CHECK(settle_interrupted());
  const bool replaces = contract_->materialization &&
                        contract_->materialization->strategy.value == Strategy::Overwrite;
  const run::BatchRequest request{
      .mode = is_incremental() ? run::ReadMode::NewFiles : run::ReadMode::AllFiles,
      .replaces_target = replaces,
      .again = options_.again,
      .clock = clock_,
      .run_id = run_uuid_,
      .fingerprint = result_.contract.fingerprint};
  const auto is_committed = [&](const Context& context, std::uint64_t number) -> Result<bool> {
    if (target() == nullptr) {
      return true;  // nothing is written: the record is all there is
    }
    return is_batch_done(context, log, *target(), *quarantine_, number);
  };
  SLUICE_TRY(const run::NextBatch next,
             run::find_next_batch(context_, log, is_committed, files_, request));
  if (const auto* nothing = std::get_if<run::NothingToDo>(&next)) {
    result_.reason =
        nothing->same_as != 0
            ? fmt::format("these files were committed before, as batch {}", nothing->same_as)
        : keeps_versions() ? "the table has no new row"
                           : "there is no new file";
    if (nothing->has_other_fingerprint) {
      result_.warnings.push_back("the contract has changed since; --again reads the files again");
    }
    return false;
  }
  const auto* fresh = std::get_if<run::NewBatch>(&next);
  const run::BatchRecord& record = fresh ? fresh->record : std::get<run::Unfinished>(next).record;
  if (fresh) {
    unrecorded_ = record;
    const bool is_increment = is_incremental() && keeps_versions();
    for (const std::string& path : is_increment ? std::vector<std::string>{} : fresh->changed) {
      result_.warnings.push_back(
          fmt::format("this file was read before with other content: '{}'", path));
    }
  } else if (record.number != newest_batch_) {
    return lost_race();  // it was recorded since: its files are not those that may be read
  } else {
    context_.say(
        LogLevel::Info,
        fmt::format("repeating batch {}, which an earlier run left unfinished", record.number));
  }
  if (std::holds_alternative<run::ReplayInput>(record.input)) {
    needs_replay_ = true;
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("a replay did not finish its batch {}", record.number))
        .with_hint("finish it first: sluice quarantine replay CONTRACT");
  }
  input_ = record.input;
  listed_ = std::exchange(files_, std::get<run::FileInput>(record.input).files);
  SLUICE_CHECK(check_batch_input(files_));
  clock_ = record.clock;
  result_.batch = static_cast<std::int64_t>(record.number);
  return true;
}

Result<bool> Runner::find_replay() {
  if (target() == nullptr) {
    return make_error(ErrorCode::InvalidArgument, "a replay needs a target to move rows into")
        .with_hint("give --target, or write materialization.target_path in the contract");
  }
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_CHECK(settle_interrupted());
  SLUICE_TRY(ReplayPlan plan,
             plan_replay(context_, *connection_,
                         {.log = log,
                          .target = *target(),
                          .store = *quarantine_,
                          .request = {.selection = *options_.replay,
                                      .tried_by = options_.tried_by,
                                      .stream = "",
                                      .only_batch = ""},
                          .replaces_target =
                              contract_->materialization &&
                              contract_->materialization->strategy.value == Strategy::Overwrite,
                          .clock = clock_,
                          .run_id = run_uuid_,
                          .fingerprint = result_.contract.fingerprint}));
  result_.replay = run::ReplayResult{
      .refused = 0, .left = plan.left, .left_because = std::move(plan.left_because)};
  if (!plan.record) {
    result_.reason = "no refused row waits that can be replayed";
    return false;
  }
  input_ = plan.record->input;
  replay_ = std::get<run::ReplayInput>(input_);
  clock_ = plan.record->clock;
  result_.batch = static_cast<std::int64_t>(plan.record->number);
  if (!plan.is_recorded) {
    unrecorded_ = std::move(plan.record);
  }
  return true;
}

Status Runner::record_batch() {
  if (!unrecorded_) {
    return {};
  }
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_TRY(const bool is_ours, run::record_batch(context_, log, *unrecorded_));
  return is_ours ? Status{} : lost_race();
}

Error Runner::lost_race() {
  has_lost_race_ = true;
  return make_error(ErrorCode::CommitConflict,
                    fmt::format("another process recorded this batch: '{}'", path_))
      .with_hint("run it again when the other one is done");
}

/// The target knows the key of a batch that this run began: who recorded it meanwhile, or no one.
Status Runner::tell_known_key() {
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_TRY(const std::optional<run::BatchRecord> newest, log.find_newest(context_));
  if (newest && newest->number >= unrecorded_->number) {
    return lost_race();
  }
  return other_batch(log, unrecorded_->number, "there is no record of it");
}

/// The target may hold another batch under this number: of a process that recorded it here first,
/// or of another state folder, which counts batches of this target, too.
Status Runner::check_own_key() {
  const run::BatchLog log(*state_, places_.state_folder, stream());
  const auto number = static_cast<std::uint64_t>(result_.batch);
  SLUICE_TRY(const auto stored,
             target()->find_commit(context_, run::render_commit_key(log.stream(), number)));
  const std::string mine = run::render_input_fingerprint(input_);
  if (!stored || stored->fingerprint.empty() || stored->fingerprint == mine) {
    return {};
  }
  SLUICE_TRY(const std::optional<run::BatchRecord> newest, log.find_newest(context_));
  const bool is_recorded_by_other =
      newest && (newest->number > number || (newest->number == number &&
                                             run::render_input_fingerprint(newest->input) != mine));
  return is_recorded_by_other ? lost_race() : other_batch(log, number, "it is of other input");
}

/// Whether files that are there now are no part of the batch of a run before.
bool Runner::has_other_files() const {
  return !rows_ && std::ranges::any_of(listed_, [&](const run::BatchFile& file) {
    return std::ranges::none_of(files_, [&](const run::BatchFile& one) {
      return one.path == file.path && one.size_bytes == file.size_bytes &&
             one.content_tag == file.content_tag;
    });
  });
}

bool Runner::is_incremental() const {
  return contract_->source && contract_->source->load_mode.value != LoadMode::Full &&
         !options_.full;
}

}  // namespace sluice::contract::internal
