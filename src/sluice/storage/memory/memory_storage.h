// The in-memory twin of the storage port: for our tests and for those of our users. Holds every
// object until it is destroyed; safe from any thread, invisible to other processes. Names are flat,
// as in an object store: "a" and "a/b" may both be objects. Bounded by `bytes_max`, so that a full
// disk can be played.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "sluice/storage/storage.h"

namespace sluice::storage {

struct MemoryStorageOptions {
  /// Bytes of all objects together; more is ResourceExhausted.
  std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max();
};

std::unique_ptr<Storage> make_memory_storage(const MemoryStorageOptions& options = {});

}  // namespace sluice::storage
