#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sluice_delta.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/disk.h"
#include "sluice/table/delta/actions_internal.h"
#include "sluice/table/delta/log_internal.h"
#include "sluice/table/delta/types_internal.h"
#include "sluice/table/stored_form.h"

namespace sluice::table::delta {
namespace {

using nlohmann::json;

constexpr int kNoteFormat = 1;

int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                : -1;
}

/// The kernel reads the names of folders once more as an address's: of these it finds another
/// folder than the one that it was given.
Status check_root(const std::string& root) {
  std::error_code unseen;
  const std::filesystem::path real = std::filesystem::weakly_canonical(root, unseen);
  const std::string path = unseen ? root : real.string();
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_code = path[i] == '%' && i + 2 < path.size() && hex_digit(path[i + 1]) >= 0 &&
                         hex_digit(path[i + 2]) >= 0;
    const auto byte = static_cast<unsigned char>(path[i]);
    if (is_code || path[i] == '\\' || byte < 0x20 || byte == 0x7F) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("a Delta table cannot be in a folder whose path has a % with "
                                    "two hexadecimal digits, a backslash or a control character: "
                                    "'{}'",
                                    path))
          .with_hint("Rename the folder, or choose another.");
    }
  }
  return {};
}

/// Takes a text of the bridge over.
std::string take(char* text) {
  std::string copy = text == nullptr ? "" : text;
  sluice_bridge_free_text(text);
  return copy;
}

ErrorCode code_of(std::int32_t kind) {
  switch (kind) {
    case SLUICE_BRIDGE_CONFLICT: return ErrorCode::CommitConflict;
    case SLUICE_BRIDGE_UNKNOWN: return ErrorCode::CommitUnknown;
    case SLUICE_BRIDGE_NOT_FOUND: return ErrorCode::NotFound;
    case SLUICE_BRIDGE_UNSUPPORTED: return ErrorCode::Unsupported;
    case SLUICE_BRIDGE_CORRUPT: return ErrorCode::Corrupt;
    case SLUICE_BRIDGE_UNAVAILABLE: return ErrorCode::Unavailable;
    case SLUICE_BRIDGE_INVALID: return ErrorCode::InvalidArgument;
    case SLUICE_BRIDGE_EXISTS: return ErrorCode::AlreadyExists;
    default: return ErrorCode::Internal;
  }
}

Error bridge_error(std::int32_t kind, char* text, std::string_view what, const std::string& root) {
  Error error =
      make_error(code_of(kind), fmt::format("{}: '{}'", what, root)).with_native(take(text));
  if (kind == SLUICE_BRIDGE_CORRUPT || kind == SLUICE_BRIDGE_INTERNAL) {
    if (const std::string entry = find_broken_entry(root + "/_delta_log"); !entry.empty()) {
      return std::move(error)
          .with_context(fmt::format("reading its log: '{}' is broken", entry))
          .with_hint(
              "The file was changed or cut short by something else; restore it from a copy.");
    }
  }
  if (kind == SLUICE_BRIDGE_UNSUPPORTED) {
    return std::move(error).with_hint(
        "the table uses a feature that Sluice does not write; write it with the program that made "
        "it, or copy it to a new table");
  }
  return error;
}

/// JSON of one file for the bridge; min and max hold JSON already.
json render_added(const AddedFile& file) {
  json partition = json::object();
  for (const auto& [name, value] : file.partition) {
    partition[name] = value.has_value() ? json(*value) : json();
  }
  json nulls = json::object();
  json min = json::object();
  json max = json::object();
  for (const auto& [name, stats] : file.stats) {
    nulls[name] = stats.nulls;
    if (!stats.min.empty() && !stats.max.empty()) {
      min[name] = json::parse(stats.min, nullptr, false);
      max[name] = json::parse(stats.max, nullptr, false);
    }
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return {{"path", file.path},
          {"partitionValues", std::move(partition)},
          {"size", file.bytes},
          {"modificationTime", now.count()},
          {"stats",
           {{"numRecords", file.rows},
            {"nullCount", std::move(nulls)},
            {"minValues", std::move(min)},
            {"maxValues", std::move(max)},
            {"tightBounds", true}}}};
}

std::string kernel_operation(std::string_view operation) {
  const bool rewrites = operation == "merge" || operation == "scd2" || operation == "reconcile";
  return rewrites ? "merge" : operation == "delete" ? "delete" : "write";
}

Result<Note> parse_note(const std::string& text) {
  SLUICE_TRY(const json stored, parse_document(text, "the note of a commit"));
  Note note;
  if (stored.value("format", json()) != json(kNoteFormat)) {
    return make_error(ErrorCode::Unsupported, "a commit was noted by a newer Sluice")
        .with_hint("use the version of Sluice that wrote the table, or a newer one");
  }
  const auto text_of = [&](const char* name) {
    const json value = stored.value(name, json());
    return value.is_string() ? value.get<std::string>() : "";
  };
  note.key = text_of("key");
  note.fingerprint = text_of("fingerprint");
  note.operation = text_of("operation");
  if (const json rows = stored.value("rows", json()); rows.is_number_integer()) {
    note.rows = rows.get<std::int64_t>();
  }
  SLUICE_TRY(note.receipt, parse_receipt(stored.value("receipt", json())));
  return note;
}

/// The kernel goes by properties that are true in small letters, other programs by any.
Properties with_plain_truths(Properties properties) {
  for (auto& [name, value] : properties) {
    for (const char* truth : {"true", "false"}) {
      if (name.starts_with("delta.") && schema::same_column(value, truth)) {
        value = truth;
      }
    }
  }
  return properties;
}

Status read_commit_info(const json& info, LogEntry& entry) {
  if (const json at = info.value("timestamp", json()); at.is_number_integer()) {
    entry.note.receipt.committed_at = sys_micros(std::chrono::milliseconds(at.get<std::int64_t>()));
  }
  if (const json operation = info.value("operation", json()); operation.is_string()) {
    entry.note.operation = operation.get<std::string>();
  }
  const json parameters = info.value("operationParameters", json());
  const json ours = parameters.is_object() ? parameters.value("sluice", json()) : json();
  if (ours.is_string()) {
    SLUICE_TRY(entry.note, parse_note(ours.get<std::string>()));
    entry.is_ours = true;
  }
  return {};
}

}  // namespace

std::string render_note(const Note& note) {
  const json stored{{"format", kNoteFormat},
                    {"key", note.key},
                    {"fingerprint", note.fingerprint},
                    {"operation", note.operation},
                    {"rows", note.rows},
                    {"receipt", render_receipt(note.receipt)}};
  return stored.dump(-1, ' ', false, json::error_handler_t::replace);
}

void Snapshot::Free::operator()(sluice_delta_snapshot* snapshot) const {
  sluice_delta_free(snapshot);
}

Result<std::optional<Snapshot>> Snapshot::find(const std::string& root) {
  SLUICE_CHECK(check_root(root));
  sluice_delta_snapshot* handle = nullptr;
  char* text = nullptr;
  const std::int32_t kind = sluice_delta_load(root.c_str(), &handle, &text);
  if (kind == SLUICE_BRIDGE_NOT_FOUND) {
    take(text);
    return std::optional<Snapshot>{};
  }
  if (kind != SLUICE_BRIDGE_OK) {
    return bridge_error(kind, text, "a Delta table cannot be read", root);
  }
  SLUICE_TRY(Snapshot snapshot, make(handle, root));
  return std::optional(std::move(snapshot));
}

Result<Snapshot> Snapshot::make(sluice_delta_snapshot* handle, const std::string& root) {
  Snapshot snapshot;
  snapshot.handle_.reset(handle);
  snapshot.root_ = root;
  if (Status read = snapshot.read_description(); !read.has_value()) {
    return std::move(read).error().with_context(fmt::format("reading the Delta table '{}'", root));
  }
  return snapshot;
}

Status Snapshot::read_description() {
  char* text = nullptr;
  const std::int32_t kind = sluice_delta_describe(handle_.get(), &text);
  if (kind != SLUICE_BRIDGE_OK) {
    return bridge_error(kind, text, "a Delta table cannot be described", root_);
  }
  SLUICE_TRY(const json described, parse_document(take(text), "what the kernel says of a table"));
  if (described.value("mapped", json()) == json(true)) {
    const json mode = described.value("properties", json::object())
                          .value("delta.columnMapping.mode", json("name"));
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a Delta table that maps its columns to other names is neither "
                                  "read nor written: delta.columnMapping.mode = {}",
                                  mode.is_string() ? mode.get<std::string>() : mode.dump()))
        .with_hint(
            "copy its rows to a table without column mapping with the program that made it, and "
            "read or write that one");
  }
  has_change_feed_ = described.value("change_feed", json()) == json(true);
  if (const json why = described.value("unwritable", json()); why.is_string()) {
    refusal_ = why.get<std::string>();
  }
  state_.version = sluice_delta_version(handle_.get());
  SLUICE_TRY(state_.schema, parse_delta_schema(described.value("schema", json())));
  never_null_ = find_never_null(state_.schema);
  std::ranges::move(find_whole_elements(described["schema"]), std::back_inserter(never_null_));
  for (const json& column : described.value("schema", json()).value("fields", json::array())) {
    if (column.value("metadata", json::object()).contains("CURRENT_DEFAULT")) {
      defaulted_.push_back(column.value("name", ""));
    }
  }
  for (const json& column : described.value("partition_by", json::array())) {
    state_.partition_by.push_back({.column = column.get<std::string>()});
  }
  const json properties = described.value("properties", json::object());
  for (const auto& [name, value] : properties.items()) {
    state_.properties[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return {};
}

bool Snapshot::is_on(const char* property) const {
  const auto found = state_.properties.find(property);
  return found != state_.properties.end() && schema::same_column(found->second, "true");
}

Result<ColumnStream> Snapshot::files() const {
  ArrowArrayStream stream{};
  char* text = nullptr;
  const std::int32_t kind = sluice_delta_files(handle_.get(), &stream, &text);
  if (kind != SLUICE_BRIDGE_OK) {
    return bridge_error(kind, text, "the files of a Delta table cannot be listed", root_);
  }
  return ColumnStream(std::move(stream));
}

Result<std::optional<std::int64_t>> Snapshot::find_transaction(std::string_view key) const {
  std::int64_t version = -1;
  char* text = nullptr;
  const std::int32_t kind =
      sluice_delta_find_transaction(handle_.get(), std::string(key).c_str(), &version, &text);
  if (kind != SLUICE_BRIDGE_OK) {
    return bridge_error(kind, text, "the transactions of a Delta table cannot be read", root_);
  }
  return version < 0 ? std::optional<std::int64_t>{} : std::optional(version);
}

Snapshot Snapshot::with_handle(sluice_delta_snapshot* handle) const {
  Snapshot other;
  other.handle_.reset(handle);
  other.root_ = root_;
  other.state_ = state_;
  other.state_.version = sluice_delta_version(handle);
  other.has_change_feed_ = has_change_feed_;
  other.refusal_ = refusal_;
  other.defaulted_ = defaulted_;
  other.never_null_ = never_null_;
  return other;
}

Result<Landed> Snapshot::commit(const CommitRequest& request) const {
  json added = json::array();
  for (const AddedFile& file : request.added) {
    added.push_back(render_added(file));
  }
  const json wanted{{"app", request.note.key},
                    {"operation", kernel_operation(request.note.operation)},
                    {"note", render_note(request.note)},
                    {"removed", request.removed},
                    {"added", std::move(added)}};
  const std::string wanted_text = wanted.dump(-1, ' ', false, json::error_handler_t::replace);
  std::int64_t version = -1;
  sluice_delta_snapshot* next = nullptr;
  char* text = nullptr;
  const std::int32_t kind =
      sluice_delta_commit(handle_.get(), wanted_text.c_str(), &version, &next, &text);
  if (kind == SLUICE_BRIDGE_OK) {
    Landed landed{.outcome = Committed{request.note.receipt}, .next = {}};
    if (next != nullptr) {
      landed.next = with_handle(next);
    }
    return landed;
  }
  if (kind == SLUICE_BRIDGE_CONFLICT) {
    take(text);
    return Landed{.outcome = Conflict{fmt::format("version {} by another writer", version)},
                  .next = {}};
  }
  // A panic may have come after the put.
  Error error = bridge_error(kind, text, "a commit to a Delta table failed", root_);
  if (kind == SLUICE_BRIDGE_UNKNOWN || kind == SLUICE_BRIDGE_INTERNAL) {
    return Landed{.outcome = Unknown{std::move(error)}, .next = {}};
  }
  return error;
}

Result<Snapshot> Snapshot::write_checkpoint() const {
  sluice_delta_snapshot* next = nullptr;
  char* text = nullptr;
  const std::int32_t kind = sluice_delta_checkpoint(handle_.get(), &next, &text);
  if (kind != SLUICE_BRIDGE_OK) {
    return bridge_error(kind, text, "a checkpoint was not written", root_);
  }
  return with_handle(next);
}

Result<std::optional<Snapshot>> create_delta(const std::string& root,
                                             const plan::CreateTable& create,
                                             const Properties& properties, const Note& note) {
  SLUICE_CHECK(check_root(root));
  SLUICE_TRY(json schema, render_delta_schema(create.schema));
  json partition_by = json::array();
  for (const plan::PartitionField& field : create.partition_by) {
    partition_by.push_back(create.schema.find(field.column)->name);
  }
  const json request{{"schema", std::move(schema)},
                     {"partition_by", std::move(partition_by)},
                     {"properties", with_plain_truths(properties)},
                     {"note", render_note(note)}};
  sluice_delta_snapshot* next = nullptr;
  char* text = nullptr;
  const std::int32_t kind = sluice_delta_create(root.c_str(), request.dump().c_str(), &next, &text);
  if (kind != SLUICE_BRIDGE_OK) {
    return bridge_error(kind, text, "a Delta table cannot be made", root);
  }
  if (next == nullptr) {
    return std::optional<Snapshot>{};
  }
  SLUICE_TRY(Snapshot made, Snapshot::make(next, root));
  return std::optional(std::move(made));
}

std::string decode_path(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_code = path[i] == '%' && i + 2 < path.size() && hex_digit(path[i + 1]) >= 0 &&
                         hex_digit(path[i + 2]) >= 0;
    plain +=
        is_code ? static_cast<char>(hex_digit(path[i + 1]) * 16 + hex_digit(path[i + 2])) : path[i];
    i += is_code ? 2 : 0;
  }
  return plain;
}

Status check_log_takes(const std::string& root) {
  const std::string folder = root + "/_delta_log";
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) {
    return {};
  }
  const int code = errno;
  const bool is_refused = code == EACCES || code == EPERM || code == EROFS;
  return is_refused ? Status(make_disk_error(code, "writing the log of the Delta table", folder))
                    : Status();
}

std::string entry_path(std::int64_t version) {
  return fmt::format("_delta_log/{:020}.json", version);
}

namespace {

/// Of an entry that does not say when it was written: as the log's file has it.
sys_micros written_at(const storage::Storage& storage, const std::string& path) {
  struct stat info{};
  if (::stat(storage.uri(path).c_str(), &info) != 0) {
    return {};
  }
  const auto since_epoch =
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  return sys_micros(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch));
}

}  // namespace

Result<std::optional<LogEntry>> find_log_entry(const Context& context, storage::Storage& storage,
                                               std::int64_t version) {
  const std::string path = entry_path(version);
  SLUICE_TRY(const auto text, storage.find(context, path, kLogEntryBytesMax));
  if (!text.has_value()) {
    return std::optional<LogEntry>{};
  }
  LogEntry entry;
  const auto take = [&](std::string_view name, const json& action) -> Status {
    if (name == "commitInfo") {
      return read_commit_info(action, entry);
    }
    if (const json removed = action.value("path", json()); removed.is_string()) {
      entry.removed.push_back(removed.get<std::string>());
    }
    return {};
  };
  SLUICE_CHECK(read_actions(*text, path, {"commitInfo", "remove"}, take));
  entry.note.receipt.version = version;
  if (entry.note.receipt.committed_at == sys_micros()) {
    entry.note.receipt.committed_at = written_at(storage, path);
  }
  return std::optional(std::move(entry));
}

bool is_numbered(std::string_view key) {
  const std::size_t mark = key.rfind('#');
  const std::string_view number = key.substr(mark == key.npos ? key.size() : mark + 1);
  return !number.empty() && number.find_first_not_of("0123456789") == number.npos;
}

Result<StoredCommit> find_stored_commit(const Context& context, storage::Storage& storage,
                                        std::string_view key, std::int64_t version) {
  SLUICE_TRY(const auto entry, find_log_entry(context, storage, version));
  if (entry.has_value() && entry->note.key == key) {
    return StoredCommit{.receipt = entry->note.receipt, .fingerprint = entry->note.fingerprint};
  }
  if (!entry.has_value() && is_numbered(key)) {
    return StoredCommit{.receipt = {.version = version}, .fingerprint = {}};
  }
  return make_error(ErrorCode::Corrupt,
                    fmt::format("the table knows this key, and its log no longer holds the commit "
                                "of version {}: '{}'",
                                version, key))
      .with_hint("The write was done; give a new write a new key.");
}

}  // namespace sluice::table::delta
