// Every file below a folder of a tree, one open folder at a time, in no particular order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sluice/storage/file/folder_internal.h"

namespace sluice::storage::internal {

struct FoundFile {
  ObjectInfo info;
  int folder = -1;  // open as long as the visit takes
  bool is_temporary = false;
};

using VisitFile = std::function<Status(const FoundFile&)>;

/// A symbolic link is an error; what vanishes meanwhile is passed over, and so are pipes, sockets
/// and devices.
Status walk_files(const Context& context, const FolderTree& tree, const std::string& folder,
                  const VisitFile& visit);

/// Reads to the end of the file but never more than `bytes_max`; `size` is what to expect.
Result<std::string> read_whole(const Context& context, int descriptor, std::uint64_t size,
                               std::uint64_t bytes_max, const std::string& path);

}  // namespace sluice::storage::internal
