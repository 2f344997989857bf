#include "sluice/base/error.h"

#include <utility>

#include <fmt/format.h>

namespace sluice {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument: return "invalid argument";
    case ErrorCode::InvalidContract: return "invalid contract";
    case ErrorCode::NotFound: return "not found";
    case ErrorCode::AlreadyExists: return "already exists";
    case ErrorCode::CommitConflict: return "commit conflict";
    case ErrorCode::CommitUnknown: return "commit outcome unknown";
    case ErrorCode::Unauthorized: return "unauthorized";
    case ErrorCode::Unavailable: return "unavailable";
    case ErrorCode::ResourceExhausted: return "resource exhausted";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::DataRejected: return "data rejected";
    case ErrorCode::Internal: return "internal error";
  }
  return "unknown error code";
}

std::string to_string(const SourcePosition& position) {
  if (position.line == 0) {
    return position.file;
  }
  return fmt::format("{}:{}:{}", position.file, position.line, position.column);
}

bool Error::is_retryable() const {
  return code == ErrorCode::CommitConflict || code == ErrorCode::Unavailable;
}

Error Error::with_context(std::string where) && {
  context.push_back(std::move(where));
  return std::move(*this);
}

Error Error::with_hint(std::string what_to_do) && {
  hint = std::move(what_to_do);
  return std::move(*this);
}

Error Error::with_native(std::string text) && {
  native = std::move(text);
  return std::move(*this);
}

Error make_error(ErrorCode code, std::string message) {
  return Error{.code = code, .message = std::move(message)};
}

std::string to_string(const Error& error) {
  std::string text;
  if (error.at.has_value()) {
    text += to_string(*error.at) + ": ";
  }
  text += fmt::format("{}: {}", to_string(error.code), error.message);
  for (const std::string& where : error.context) {
    text += fmt::format("\n  while {}", where);
  }
  if (!error.native.empty()) {
    text += fmt::format("\n  the engine said: {}", error.native);
  }
  if (!error.hint.empty()) {
    text += fmt::format("\n  hint: {}", error.hint);
  }
  return text;
}

}  // namespace sluice
