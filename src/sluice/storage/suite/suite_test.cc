#include "sluice/storage/suite/suite.h"

#include <vector>

#include "sluice/storage/file/file_storage.h"
#include "sluice/storage/memory/memory_storage.h"

namespace sluice::storage {
namespace {

std::vector<StorageCase> storage_cases() {
  return {
      {.name = "memory",
       .make = [](const std::string&) -> Result<std::unique_ptr<Storage>> {
         return make_memory_storage();
       },
       .is_shared_by_processes = false},
      {.name = "file",
       .make =
           [](const std::string& scratch) {
             return make_file_storage({.root = scratch + "/made/by/the/storage"});
           },
       .has_local_paths = true,
       .has_flat_names = false},
      {.name = "file_unflushed",
       .make =
           [](const std::string& scratch) {
             return make_file_storage({.root = scratch, .durability = Durability::Process});
           },
       .has_local_paths = true,
       .has_flat_names = false},
  };
}

INSTANTIATE_TEST_SUITE_P(All, StorageSuite, testing::ValuesIn(storage_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::storage
