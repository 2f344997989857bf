#include "sluice/base/temp_folder.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "sluice/base/disk.h"

namespace sluice {

Result<TempFolder> TempFolder::make(std::string_view purpose, std::string_view under) {
  std::string path = fmt::format("{}/{}-XXXXXX", under, purpose);
  if (::mkdtemp(path.data()) == nullptr) {
    return make_disk_error(errno, "making a temporary folder", path);
  }
  return TempFolder(std::move(path));
}

TempFolder::TempFolder(TempFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempFolder& TempFolder::operator=(TempFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempFolder::~TempFolder() {
  if (!path_.empty()) {
    std::error_code ignored;  // what cannot be removed stays in the system's temporary folder
    std::filesystem::remove_all(path_, ignored);
  }
}

}  // namespace sluice
