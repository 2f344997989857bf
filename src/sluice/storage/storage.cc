#include "sluice/storage/storage.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::storage {
namespace {

/// The parts of `path` joined by single slashes; empty when it leaves the root or says nothing.
std::string clean_path(std::string_view path) {
  if (path.starts_with('/') || path.find('\0') != std::string_view::npos) {
    return "";
  }
  std::string clean;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part == "..") {
      return "";
    }
    if (!part.empty() && part != ".") {
      clean += clean.empty() ? "" : "/";
      clean += part;
    }
  }
  return clean;
}

bool has_reserved_part(std::string_view clean) {
  return clean.starts_with(kTemporaryPrefix) ||
         clean.find("/" + std::string(kTemporaryPrefix)) != std::string_view::npos;
}

}  // namespace

Result<std::string> check_path(std::string_view path) {
  std::string clean = clean_path(path);
  if (clean.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a path inside the storage, got '{}'", path));
  }
  if (has_reserved_part(clean)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("names that begin with '{}' are kept for unfinished files: '{}'",
                                  kTemporaryPrefix, path));
  }
  return clean;
}

Result<std::string> check_folder(std::string_view prefix) {
  if (prefix.empty()) {
    return std::string();
  }
  return check_path(prefix);
}

Error make_too_large_error(std::string_view path, std::uint64_t size, std::uint64_t bytes_max) {
  return make_error(ErrorCode::ResourceExhausted,
                    fmt::format("expected an object of at most {} bytes, got {} bytes: '{}'",
                                bytes_max, size, path))
      .with_hint("a file of this size was not written by sluice: look at what it is");
}

}  // namespace sluice::storage
