#include "sluice/storage/storage.h"

#include <fmt/format.h>

namespace sluice::storage {

Result<std::string> check_path(std::string_view path) {
  std::string clean;
  bool inside = !path.starts_with('/') && path.find('\0') == std::string_view::npos;
  for (std::string_view rest = path; inside && !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    inside = part != "..";
    if (!part.empty() && part != ".") {
      clean += (clean.empty() ? "" : "/") + std::string(part);
    }
  }
  if (!inside || clean.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a path inside the storage, got '{}'", path));
  }
  return clean;
}

}  // namespace sluice::storage
