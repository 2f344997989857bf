#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/dialect/duckdb/path.h"
#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/repeats_internal.h"
#include "sluice/engine/duckdb/text_internal.h"

namespace sluice::engine {
namespace {

constexpr std::uint64_t kMemoryBytesMin = std::uint64_t{16} << 20;

Status check_options(const EngineOptions& options) {
  if (options.memory_bytes_max < kMemoryBytesMin) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a memory limit of {} bytes or more, got {}",
                                  kMemoryBytesMin, options.memory_bytes_max));
  }
  if (options.threads_max < 0) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("expected a number of threads, 0 for all, got {}", options.threads_max));
  }
  if (options.address.contains('?')) {
    return make_error(
               ErrorCode::InvalidArgument,
               fmt::format("the path of a DuckDB file cannot hold a '?': '{}'", options.address))
        .with_hint(
            "choose another name for the file or its folder: DuckDB looks for its log at "
            "another place then");
  }
  if (options.read_only && options.address.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      "a database in memory cannot be opened read-only: it would stay empty")
        .with_hint("give the address of a database file");
  }
  if (!options.allowed_paths.empty() && !options.locked) {
    return make_error(ErrorCode::InvalidArgument,
                      "allowed paths have no meaning on an engine that is not locked")
        .with_hint("set locked as well, or leave allowed_paths empty");
  }
  return {};
}

/// What the file is, of one that is no database of DuckDB: it would ask for an extension to read
/// it.
void tell_file(const std::string& address, Error& error) {
  constexpr std::string_view kSqlite = "SQLite format 3";
  std::string begin(kSqlite.size(), '\0');
  std::ifstream file(address, std::ios::binary);
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  const bool is_other = file && begin == kSqlite;
  if (is_other) {
    error.code = ErrorCode::Unsupported;
    error.message = "this is an SQLite database, and none of DuckDB";
    error.native.clear();
  }
  if (is_other || (error.code == ErrorCode::Corrupt && error.hint.empty())) {
    error.hint = "move the file away, or name another; a damaged database comes back from a copy";
  }
}

/// ['/a', '/b'] for one of DuckDB's list settings.
std::string list_literal(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    list += fmt::format("{}{}", list.size() > 1 ? ", " : "", duckdb_literal(text));
  }
  return list + "]";
}

/// Each path, and as a statement spells it where signs of a pattern stand for themselves.
std::vector<std::string> both_spellings(const std::vector<std::string>& paths) {
  std::vector<std::string> all;
  for (const std::string& path : paths) {
    all.push_back(path);
    if (std::string pattern = dialect::literal_path(path); pattern != path) {
      all.push_back(std::move(pattern));
    }
  }
  return all;
}

/// Closes the room: only these paths from now on, and no way back. Progress may still be counted.
std::string lock_statements(const std::vector<std::string>& paths) {
  // A folder is named among the files, too: a COPY of several files opens the folder itself.
  std::vector<std::string> folders;
  for (const std::string& path : paths) {
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    if (std::filesystem::is_directory(status) || !std::filesystem::exists(status)) {
      folders.push_back(path);
    }
  }
  return fmt::format(
      "SET GLOBAL allowed_directories = {}; SET GLOBAL allowed_paths = {};"
      "SET GLOBAL allowed_configs = ['enable_progress_bar', 'enable_progress_bar_print'];"
      "SET GLOBAL enable_external_access = false; SET GLOBAL lock_configuration = true",
      list_literal(both_spellings(folders)), list_literal(both_spellings(paths)));
}

/// Instances by canonical path. DuckDB locks a file against other processes only (and loses that
/// lock when a second instance of the same process closes it), so there must be no second instance:
/// one that is closing is waited for.
struct OpenFiles {
  std::mutex mutex;
  std::condition_variable closed;
  std::map<std::string, std::weak_ptr<DuckDatabase>> by_path;
};

OpenFiles& open_files() {
  static OpenFiles files;
  return files;
}

std::filesystem::path draft_of(const std::filesystem::path& path) {
  const Uuid id = make_uuid_v7(system_clock(), system_random());
  return path.parent_path() / fmt::format(".{}.{}.new", path.filename().string(), to_string(id));
}

/// DuckDB begins a file in several steps, and what a process leaves that dies among them is no
/// database for anyone: so it begins under another name. Where that fails, opening the file says
/// what is wrong.
void begin_file(const std::string& address) {
  std::error_code failed;
  const std::filesystem::path path(address);
  if (path.filename().empty() || std::filesystem::exists(path, failed) || failed) {
    return;
  }
  const std::filesystem::path draft = draft_of(path);
  duckdb_database database = nullptr;
  if (duckdb_open(draft.c_str(), &database) == DuckDBSuccess) {
    duckdb_close(&database);
    // Another process may have been quicker: then its file is the one.
    std::filesystem::create_hard_link(draft, path, failed);
  }
  std::filesystem::remove(draft, failed);
}

bool same_options(const EngineOptions& a, const EngineOptions& b) {
  return a.memory_bytes_max == b.memory_bytes_max && a.threads_max == b.threads_max &&
         a.spill_folder == b.spill_folder && a.allowed_paths == b.allowed_paths &&
         a.locked == b.locked && a.read_only == b.read_only && a.may_spill == b.may_spill &&
         a.spill_cipher == b.spill_cipher;
}

}  // namespace

Result<std::shared_ptr<DuckDatabase>> DuckDatabase::open(const EngineOptions& options) {
  SLUICE_CHECK(check_options(options));
  // Both outlive the lock, which their destructor takes.
  std::shared_ptr<DuckDatabase> shared;
  std::shared_ptr<DuckDatabase> database(new DuckDatabase(options));
  if (options.address.empty()) {
    SLUICE_CHECK(database->start());
    return database;
  }
  std::error_code failed;
  const std::string path = std::filesystem::weakly_canonical(options.address, failed).string();
  OpenFiles& files = open_files();
  std::unique_lock lock(files.mutex);
  files.closed.wait(lock, [&] {
    const auto found = files.by_path.find(path);
    return found == files.by_path.end() || (shared = found->second.lock()) != nullptr;
  });
  if (shared == nullptr) {
    SLUICE_CHECK(database->start());
    database->registered_path_ = path;
    files.by_path[path] = database;
    return database;
  }
  if (!same_options(shared->options(), options)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this process has the database open with other options: '{}'",
                                  options.address))
        .with_hint("share one engine, or open it with the same options");
  }
  return shared;
}

DuckDatabase::~DuckDatabase() {
  OpenFiles& files = open_files();
  const std::lock_guard lock(files.mutex);
  if (database_ != nullptr) {
    duckdb_close(&database_);
  }
  if (!registered_path_.empty()) {
    files.by_path.erase(registered_path_);
    files.closed.notify_all();
  }
}

Status DuckDatabase::start() {
  std::string spill_folder = options_.may_spill ? options_.spill_folder : "";
  if (spill_folder.empty() && options_.may_spill) {
    SLUICE_TRY(TempFolder made, TempFolder::make("sluice-spill"));
    spill_folder = spill_folder_.emplace(std::move(made)).path();
  }
  DuckConfig config;
  duckdb_create_config(config.out());
  std::vector<std::pair<const char*, std::string>> settings{
      {"memory_limit", fmt::format("{}B", options_.memory_bytes_max)},
      {"temp_directory", spill_folder},
      {"access_mode", options_.read_only ? "READ_ONLY" : "AUTOMATIC"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      // Extensions are pinned by checksum before they are loaded by path; checking the signature
      // again on each load costs up to 400 ms.
      {"allow_unsigned_extensions", "true"},
      {"allow_persistent_secrets", "false"},
      {"errors_as_json", "true"},
      {"arrow_lossless_conversion", "true"},
  };
  if (options_.threads_max > 0) {
    settings.emplace_back("threads", std::to_string(options_.threads_max));
  }
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config.get(), name, value.c_str()) != DuckDBSuccess) {
      return make_error(ErrorCode::Internal,
                        fmt::format("DuckDB does not take a setting: '{}' = '{}'", name, value));
    }
  }
  if (!options_.address.empty() && !options_.read_only) {
    begin_file(options_.address);
  }
  char* text = nullptr;
  const char* path = options_.address.empty() ? nullptr : options_.address.c_str();
  if (duckdb_open_ext(path, &database_, config.get(), &text) != DuckDBSuccess) {
    Error error = duckdb_error(text == nullptr ? "" : text);
    duckdb_free(text);
    tell_file(options_.address, error);
    return std::move(error).with_context(
        fmt::format("opening the DuckDB database '{}'", options_.address));
  }
  return settle();
}

Status DuckDatabase::settle() {
  // A session keeps its database alive; this one is used up before the database is shared.
  const std::shared_ptr<DuckDatabase> self(std::shared_ptr<DuckDatabase>{}, this);
  SLUICE_TRY(auto session, DuckSession::open(self));
  SLUICE_CHECK(feeds_.attach(session->get()));
  SLUICE_CHECK(register_text_functions(*session));
  SLUICE_CHECK(register_repeats(*session));
  if (Status utc = session->run("SET GLOBAL TimeZone = 'UTC'");
      !utc && utc.error().code != ErrorCode::NotFound) {
    return utc;  // not found: a build without ICU, where the zone is always UTC
  }
  if (options_.may_spill && !options_.spill_cipher.empty()) {
    // Refused unless the ciphers are there, so that nothing is ever spilled in clear instead.
    if (Status encrypts =
            session->run(fmt::format("LOAD {}; SET GLOBAL temp_file_encryption = true",
                                     duckdb_literal(options_.spill_cipher)));
        !encrypts) {
      return std::move(encrypts).error().with_context(
          fmt::format("loading the ciphers of spilled data, '{}'", options_.spill_cipher));
    }
  }
  return options_.locked ? session->run(lock_statements(options_.allowed_paths)) : Status{};
}

}  // namespace sluice::engine
