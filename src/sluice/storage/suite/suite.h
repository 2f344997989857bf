// The promises of the storage port as tests, run over every storage. A new storage is one line in
// the list of cases in suite_test.cc; where it cannot keep a promise, that is a field of its case
// and not a missing test. The tests lie in a library so that a storage which needs a server can
// run them in its own program.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"
#include "sluice/storage/storage.h"

namespace sluice::storage {

struct StorageCase {
  std::string name;

  /// A storage without objects, for which `scratch` is an empty folder. Called again with the same
  /// folder it gives another handle to the same objects, if processes share them.
  std::function<Result<std::unique_ptr<Storage>>(const std::string& scratch)> make;

  /// Several processes see the same objects.
  bool is_shared_by_processes = true;
  /// `uri` is a local path, so that an engine's file can be written there.
  bool has_local_paths = false;
  /// "a" and "a/b" may both be objects.
  bool has_flat_names = true;
};

inline void PrintTo(const StorageCase& one, std::ostream* out) { *out << one.name; }

class StorageSuite : public testing::TestWithParam<StorageCase> {
 protected:
  StorageSuite();

  /// Another handle to the same objects.
  std::unique_ptr<Storage> open_again() const;
  /// What a reader finds; fails the test when reading fails.
  std::optional<std::string> read(std::string_view path) const;
  std::vector<std::string> names(std::string_view prefix) const;
  /// As an engine does: at `uri` where that is a local path.
  void write_as_engine(std::string_view path, std::string_view bytes) const;

  TempFolder scratch_;
  std::unique_ptr<Storage> storage_;
  Context context_;
};

}  // namespace sluice::storage
