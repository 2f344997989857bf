// A folder that exists as long as its owner: for spill files and tests. Made by mkdtemp, readable
// by its user only, removed with all it holds when the owner goes. What killed processes left in
// /tmp and /dev/shm is removed by the next process of their user that makes such a folder: an owner
// holds a lock on its folder, which goes with the process. Making one is safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/disk.h"
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
  TempFolder(std::string path, FileHandle lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  FileHandle lock_;
};

}  // namespace sluice
