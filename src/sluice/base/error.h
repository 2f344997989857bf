// The one error type. A flat value: callers act on `code`, people read `to_string`. No subclasses.
// Message style: what was expected, then what came; fixed text first, quoted run-time values last.
// Engine texts go to `native`; they may carry data values, so a contract that masks drops them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

enum class ErrorCode : std::uint8_t {
  InvalidArgument,
  InvalidContract,
  NotFound,
  AlreadyExists,
  CommitConflict,  // another writer won; nothing of ours is visible; reload and try again
  CommitUnknown,   // the reply was lost; read the table before saying anything
  Unauthorized,
  Unavailable,
  ResourceExhausted,  // disk, memory, file descriptors, a limit of base/limits.h
  Unsupported,
  Corrupt,
  Cancelled,
  DataRejected,  // rows failed a gate that is set to stop the write
  Internal,
};

std::string_view to_string(ErrorCode code);

/// A place in a text a person wrote: 1-based line and column, 0 when only the file is known.
struct SourcePosition {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

std::string to_string(const SourcePosition& position);

struct [[nodiscard("an Error that is made is returned")]] Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::string hint;                  // what the reader can do now; empty when nothing sensible
  std::vector<std::string> context;  // innermost first; pushed while unwinding
  std::string native;                // SQLSTATE, engine text or gRPC status, verbatim
  std::optional<SourcePosition> at;

  /// True when the same call may succeed later without a change by the caller.
  bool is_retryable() const;

  Error with_context(std::string where) &&;
  Error with_hint(std::string what_to_do) &&;
  Error with_native(std::string text) &&;
};

Error make_error(ErrorCode code, std::string message);

/// One text of several lines: position, message, context, native text, hint.
std::string to_string(const Error& error);

}  // namespace sluice
