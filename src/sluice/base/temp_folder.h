// A folder that exists as long as its owner: for spill files and tests. Made by mkdtemp, readable
// by its user only, removed with all it holds when the owner goes. A process that is killed leaves
// it behind.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice {

class TempFolder {
 public:
  /// `purpose` begins the folder's name ("sluice-spill"), `under` is the folder it is made in.
  static Result<TempFolder> make(std::string_view purpose, std::string_view under = "/tmp");

  TempFolder(TempFolder&& other) noexcept;
  TempFolder& operator=(TempFolder&& other) noexcept;
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  const std::string& path() const { return path_; }

 private:
  explicit TempFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace sluice
