// What one write does to a table that is a set of immutable files: which files it adds and which it
// takes away. Appends and overwrites go into files as they come; every other mode works its change
// out first (table/change) and writes those files anew that hold a changed row.
//
// A format says how its rows are read and how rows become files of its own; it commits the result.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/table/files/damage.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// One version of a table of files, as a write looks at it.
struct FileVersion {
  struct File {
    std::string path;         // as the version names it
    std::string place;        // as kFile holds it
    std::int64_t bytes = -1;  // below 0: nobody says
  };

  const TableState* state = nullptr;
  std::int64_t rows = 0;
  std::vector<File> files;
  /// The table's columns with kFile and kRow, as a FROM item over files of the version.
  std::function<Result<std::string>(const std::vector<File>& files)> render_rows;
  /// Puts the rows of a query (the table's columns) into new files; how many they are.
  std::function<Result<std::int64_t>(const std::string& select)> write_rows;
  /// Takes over the files of the write as they lie there; how many rows they hold. Empty: its rows
  /// are written like any others.
  std::function<Result<std::int64_t>()> take_files;
};

/// As they are looked at for damage.
std::vector<FilePlace> file_places(const std::vector<FileVersion::File>& files);

struct Rewrite {
  /// Paths that the new version does not have any more.
  std::vector<std::string> removed;
  Receipt counts;
};

/// What was written stays when this fails after it: the format removes it.
Result<Rewrite> rewrite_files(const Context& context, engine::Connection& connection,
                              const FileVersion& version, const plan::Write& write,
                              ColumnStream rows, const CommitKey& key);

}  // namespace sluice::table
