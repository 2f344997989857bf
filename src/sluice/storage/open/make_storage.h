// Which storage a URI means: a plain path or file:// is the local disk, memory:// a new empty one.
// Object stores are named here too, so that their URIs are answered with what is missing and not
// taken for a path. The schemes are an open set: one line in the table of make_storage.cc.
#pragma once

#include <memory>
#include <string_view>

#include "sluice/storage/file/file_storage.h"
#include "sluice/storage/storage.h"

namespace sluice::storage {

struct StorageOptions {
  /// Of a storage on the local disk; the others are as durable as their server.
  Durability durability = Durability::PowerCut;
};

/// A scheme that this binary does not serve is Unsupported. Errors show the scheme only: the rest
/// may hold credentials.
Result<std::unique_ptr<Storage>> make_storage(std::string_view uri,
                                              const StorageOptions& options = {});

}  // namespace sluice::storage
