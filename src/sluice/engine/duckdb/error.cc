#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/held_file.h"
#include "sluice/engine/password.h"

namespace sluice::engine {
namespace {

/// One of DuckDB's kinds of exception, by the name that stands in its texts.
struct Kind {
  std::string_view name;
  ErrorCode code;
  std::string_view message;
};

constexpr std::string_view kBadValue = "a value cannot be computed";
constexpr std::string_view kBroken = "the engine failed";

constexpr std::array kKinds{
    Kind{"Binder", ErrorCode::InvalidArgument, "the statement cannot be bound"},
    Kind{"Catalog", ErrorCode::InvalidArgument, "the catalog refuses the statement"},
    Kind{"Connection", ErrorCode::Unavailable, "the database cannot be reached"},
    Kind{"Constraint", ErrorCode::DataRejected, "a row breaks a constraint of the table"},
    Kind{"Conversion", ErrorCode::InvalidArgument, "a value cannot be converted"},
    Kind{"Decimal", ErrorCode::InvalidArgument, kBadValue},
    Kind{"Dependency", ErrorCode::Unsupported,
         "an index or another entry of the database depends on what would change: drop it first"},
    Kind{"Divide by Zero", ErrorCode::InvalidArgument, kBadValue},
    Kind{"Executor", ErrorCode::Internal, kBroken},
    Kind{"Expression", ErrorCode::InvalidArgument, "an expression cannot be used here"},
    Kind{"Extension Autoloading", ErrorCode::Unsupported, "an extension is needed"},
    Kind{"FATAL", ErrorCode::Internal, kBroken},
    Kind{"HTTP", ErrorCode::Unavailable, "a server cannot be reached"},
    Kind{"INTERNAL", ErrorCode::Internal, kBroken},
    Kind{"INTERRUPT", ErrorCode::Cancelled, "the statement was stopped"},
    Kind{"IO", ErrorCode::Unavailable, "a file cannot be read or written"},
    Kind{"Index", ErrorCode::Internal, kBroken},
    Kind{"Invalid Configuration", ErrorCode::InvalidArgument, "a setting is refused"},
    Kind{"Invalid Error", ErrorCode::Internal, kBroken},
    Kind{"Invalid Input", ErrorCode::InvalidArgument, "the engine refuses its input"},
    Kind{"Invalid type", ErrorCode::InvalidArgument, "a type cannot be used here"},
    Kind{"Mismatch Type", ErrorCode::InvalidArgument, "types do not match"},
    Kind{"Missing Extension", ErrorCode::Unsupported, "an extension is needed"},
    Kind{"Network", ErrorCode::Unavailable, "a server cannot be reached"},
    Kind{"Not implemented", ErrorCode::Unsupported, "the engine cannot do this"},
    Kind{"NullPointer", ErrorCode::Internal, kBroken},
    Kind{"Object Size", ErrorCode::InvalidArgument, "a value is too large"},
    Kind{"Optimizer", ErrorCode::Internal, kBroken},
    Kind{"Out of Memory", ErrorCode::ResourceExhausted, "the memory limit is reached"},
    Kind{"Out of Range", ErrorCode::InvalidArgument, "a value is out of range"},
    Kind{"Parameter Not Allowed", ErrorCode::InvalidArgument, "a parameter cannot stand here"},
    Kind{"Parameter Not Resolved", ErrorCode::InvalidArgument,
         "the type of a parameter is not known"},
    Kind{"Parser", ErrorCode::InvalidArgument, "the statement cannot be parsed"},
    Kind{"Permission", ErrorCode::Unauthorized, "the engine is locked and may not do this"},
    Kind{"Planner", ErrorCode::Internal, kBroken},
    Kind{"Scheduler", ErrorCode::Internal, kBroken},
    Kind{"Sequence", ErrorCode::InvalidArgument, "a sequence cannot give a value"},
    Kind{"Serialization", ErrorCode::Corrupt, "stored data cannot be read"},
    Kind{"Settings", ErrorCode::InvalidArgument, "a setting is refused"},
    Kind{"Stat", ErrorCode::Internal, kBroken},
    Kind{"Syntax", ErrorCode::InvalidArgument, "the statement cannot be parsed"},
    Kind{"TransactionContext", ErrorCode::InvalidArgument, "the transaction refuses the statement"},
    Kind{"Unknown Type", ErrorCode::InvalidArgument, "a type is not known"},
};

/// What could be read out of one text.
struct Native {
  std::string kind;
  std::string message;
  std::string subtype;
  std::string object;  // "Table", "Scalar Function"
  std::string name;
  std::string candidates;
  std::optional<std::size_t> position;  // a byte of the statement
  int error_number = 0;
};

template <class Number>
Number number_or(const nlohmann::json& object, const char* key, Number otherwise) {
  const std::string digits = object.value(key, std::string{});
  Number number{};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return read.ec == std::errc{} ? number : otherwise;
}

std::optional<Native> parse_json(std::string_view text) {
  const std::size_t brace = text.find('{');
  if (brace == std::string_view::npos) {
    return std::nullopt;
  }
  const auto parsed = nlohmann::json::parse(text.substr(brace), nullptr, false);
  const bool strings_only =
      parsed.is_object() && std::all_of(parsed.begin(), parsed.end(),
                                        [](const auto& value) { return value.is_string(); });
  if (!strings_only || !parsed.contains("exception_type")) {
    return std::nullopt;
  }
  Native native{.kind = parsed.value("exception_type", ""),
                .message = parsed.value("exception_message", ""),
                .subtype = parsed.value("error_subtype", ""),
                .object = parsed.value("type", ""),
                .name = parsed.value("name", ""),
                .candidates = parsed.value("candidates", ""),
                .position = std::nullopt,
                .error_number = number_or(parsed, "errno", 0)};
  if (parsed.contains("position")) {
    native.position = number_or(parsed, "position", std::size_t{0});
  }
  return native;
}

Native parse_native(std::string_view text) {
  if (auto native = parse_json(text)) {
    return *std::move(native);
  }
  constexpr std::string_view kEnd = " Error: ";
  const std::size_t end = text.find(kEnd);
  if (end == std::string_view::npos || end > 32) {
    return Native{.kind = {}, .message = std::string(text)};
  }
  return Native{.kind = std::string(text.substr(0, end)),
                .message = std::string(text.substr(end + kEnd.size()))};
}

/// " (line 2, column 5)".
std::string place(const Native& native, std::string_view sql) {
  if (!native.position.has_value() || *native.position > sql.size()) {
    return {};
  }
  const std::string_view before = sql.substr(0, *native.position);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::size_t column =
      newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return fmt::format(" (line {}, column {})", line, column);
}

bool says(const Native& native, std::string_view part) {
  return native.message.find(part) != std::string::npos;
}

/// "did you mean 'a' or 'b'?", unless the list of candidates is longer than a person reads.
std::string suggestion(const Native& native) {
  constexpr std::array<std::string_view, 2> kOurs{"_sluice_", "sluice_"};
  constexpr int kCandidatesMax = 4;
  std::string list;
  int count = 0;
  for (std::string_view rest = native.candidates; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    const bool is_ours = std::ranges::any_of(
        kOurs, [&](std::string_view beginning) { return one.starts_with(beginning); });
    if (one.empty() || is_ours) {
      continue;
    }
    list += fmt::format("{}'{}'", list.empty() ? "" : " or ", one);
    ++count;
  }
  return count == 0 || count > kCandidatesMax ? std::string()
                                              : fmt::format("did you mean {}?", list);
}

/// Without the functions that would take other types: there are 50 of some names.
void cut_candidates(std::string& message) {
  constexpr std::string_view kList = "\n\tCandidate functions:";
  if (const std::size_t at = message.find(kList); at != std::string::npos) {
    message.resize(at);
  }
}

/// Without the guess of a table that a run made for itself.
void cut_own_guess(std::string& message) {
  constexpr std::array<std::string_view, 2> kOurs{"\nDid you mean \"_sluice_",
                                                  "\nDid you mean \"sluice_"};
  for (const std::string_view guess : kOurs) {
    if (const std::size_t at = message.find(guess); at != std::string::npos) {
      message.resize(at);
    }
  }
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return text;
}

void refine_names(const Native& native, Error& error) {
  if (native.subtype == "MISSING_ENTRY") {
    error.code = ErrorCode::NotFound;
    error.message = fmt::format("no such {}: '{}'", lower(native.object), native.name);
    error.hint = suggestion(native);
  } else if (native.subtype == "COLUMN_NOT_FOUND") {
    error.message = fmt::format("no such column: '{}'", native.name);
    error.hint = suggestion(native);
  } else if (native.subtype == "ENTRY_ALREADY_EXISTS") {
    error.code = ErrorCode::AlreadyExists;
    error.message = fmt::format("the {} exists already: '{}'", lower(native.object), native.name);
  } else if (says(native, "does not exist")) {
    error.code = ErrorCode::NotFound;
    error.message = "the statement names something that does not exist";
  } else if (says(native, "already exists")) {
    error.code = ErrorCode::AlreadyExists;
    error.message = "the statement makes something that exists already";
  }
}

void refine_data(const Native& native, Error& error) {
  if (native.kind == "Constraint" && says(native, "uplicate key")) {
    error.code = ErrorCode::AlreadyExists;
    error.message = "a row with this key exists already";
  } else if (native.kind == "TransactionContext") {
    if (says(native, "onflict") || says(native, "uplicate key") ||
        says(native, "UNIQUE constraint failed")) {
      error.code = ErrorCode::CommitConflict;
      error.message = "another transaction has changed the same rows";
    } else if (says(native, "disk I/O error") ||  // SQLite's, of a catalog
               (says(native, "Failed to commit") &&
                (says(native, "Cannot open file") || says(native, "Could not write file")))) {
      error.code = ErrorCode::Unavailable;
      error.message = "a file cannot be read or written";
    } else if (says(native, "aborted")) {
      error.hint = "ROLLBACK, then begin again";
    }
  }
}

/// The process that holds a database file: "... is held in /usr/bin/python3 (PID 4711)."
std::string holder(const Native& native) {
  constexpr std::string_view kMark = "(PID ";
  const std::size_t begin = native.message.find(kMark);
  if (begin == std::string::npos) {
    return "close the other process that has the file open, or open it read_only in both";
  }
  const std::size_t digits = begin + kMark.size();
  const std::size_t end = native.message.find(')', digits);
  return fmt::format(
      "process {} has the file open: wait for it, or open the file read_only in both",
      native.message.substr(digits, end - digits));
}

/// Nothing was written where the file was not opened, also by a commit.
bool is_refused_at_opening(const Native& native) {
  return says(native, "Cannot open file") &&
         (says(native, "Operation not permitted") || says(native, "Read-only file system"));
}

void refine_disk(const Native& native, Error& error) {
  const int number = native.error_number;
  const auto failed_with = [&](int code, std::string_view text) {
    return number == code || says(native, text);
  };
  if (says(native, "Could not set lock")) {
    error.code = ErrorCode::Unavailable;
    error.message = kFileIsHeld;
    error.hint = holder(native);
  } else if (failed_with(ENOSPC, "No space left") || failed_with(EDQUOT, "quota exceeded") ||
             says(native, "max_temp_directory_size")) {
    error.code = ErrorCode::ResourceExhausted;
    error.message = "the disk is full";
    error.hint = "free some space, or let the engine spill to another folder";
  } else if (failed_with(EFBIG, "File too large")) {
    error.code = ErrorCode::ResourceExhausted;
    error.message = "a file grew beyond its limit";
    error.hint = "raise the limit of the size of files (ulimit -f), or write to another disk";
  } else if (failed_with(EMFILE, "Too many open files")) {
    error.code = ErrorCode::ResourceExhausted;
    error.message = "too many open files";
    error.hint = "raise the limit of open files (ulimit -n)";
  } else if (failed_with(EACCES, "Permission denied") || number == EPERM || number == EROFS ||
             is_refused_at_opening(native)) {
    error.code = ErrorCode::Unauthorized;
    error.message = "no permission to read or write a file";
    error.hint = "give this user the right to read and write there, or choose another folder";
  } else if (failed_with(ENOENT, "No such file") || says(native, "No files found") ||
             says(native, "does not exist")) {
    error.code = ErrorCode::NotFound;
    error.message = "no such file";
  } else if (failed_with(EISDIR, "Is a directory")) {
    error.code = ErrorCode::Unsupported;
    error.message = "a folder stands where a file was expected";
    error.hint = "move the folder away, or name another file";
  } else if (says(native, "not a valid DuckDB database") || says(native, "orrupt") ||
             says(native, "checksum") || says(native, "Could not read enough bytes")) {
    error.code = ErrorCode::Corrupt;
    error.message = "the file is damaged or of another format";
  } else if (says(native, "Extension")) {
    error.code = ErrorCode::Unsupported;
    error.message = "an extension of the engine is missing";
  }
}

/// A file that is no Parquet, is cut short, or breaks off inside: its reader has no kind of its
/// own, and says "Invalid Error" of the last.
bool is_broken_parquet(const Native& native) {
  if (native.kind == "Invalid Input") {
    return says(native, "No magic bytes") || says(native, "too small to be a Parquet file") ||
           says(native, "ZSTD Decompression failure") || says(native, "Snappy");
  }
  return native.kind == "Invalid" &&
         (says(native, "Variable-length int") || says(native, "TProtocolException") ||
          says(native, "don't know what type") || says(native, "Out of buffer") ||
          says(native, "decompression"));
}

}  // namespace

Error duckdb_error(std::string_view text, std::string_view sql) {
  Native native = parse_native(text);
  cut_candidates(native.message);
  cut_own_guess(native.message);
  const auto* kind = std::ranges::find(kKinds, std::string_view(native.kind), &Kind::name);
  const bool known = kind != kKinds.end();
  Error error = make_error(known ? kind->code : ErrorCode::Internal,
                           std::string(known ? kind->message : kBroken));
  if (native.kind == "Catalog" || native.kind == "Binder") {
    refine_names(native, error);
  } else if (native.kind == "Constraint" || native.kind == "TransactionContext") {
    refine_data(native, error);
  } else if (is_broken_parquet(native)) {
    error.code = ErrorCode::Corrupt;
    error.message = "the file is damaged or of another format";
  }
  if (says(native, "database is locked") ||          // SQLite's, of a catalog
      says(native, "could not serialize access")) {  // PostgreSQL's
    error.code = ErrorCode::CommitConflict;
    error.message = "another process is writing to the catalog";
  }
  if (says(native, "read-only mode")) {
    error.code = ErrorCode::Unauthorized;
    error.message = "the database is open for reading only";
  }
  const bool disk = native.kind == "IO" || native.kind == "FATAL" || native.error_number != 0 ||
                    native.kind == "Out of Memory" || native.kind == "TransactionContext";
  if (disk) {
    refine_disk(native, error);
  }
  if (says(native, "Failed to load DuckLake") && says(native, "that does not exist")) {
    error.code = ErrorCode::CommitConflict;  // read in parts, between which a commit came
    error.message = "another process is writing to the catalog";
  }
  if (native.kind == "Out of Memory" && error.hint.empty()) {
    error.hint = "raise the memory limit, or lower the number of threads";
  }
  error.native =
      hide_passwords(native.kind.empty() ? native.message
                                         : fmt::format("{} Error: {}{}", native.kind,
                                                       native.message, place(native, sql)));
  return error;
}

}  // namespace sluice::engine
