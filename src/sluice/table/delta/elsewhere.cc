// Files that the log of a Delta table names and that lie elsewhere. They are asked for before there
// is an engine that could read a stream: its columns are read as Arrow lays them out.
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sluice/table/delta/delta.h"
#include "sluice/table/delta/log_internal.h"

namespace sluice::table {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& root, const fs::path& path) {
  const fs::path below = path.lexically_relative(root);
  return !below.empty() && *below.begin() != "..";
}

/// One text of a column of Arrow's type utf8.
std::string_view text_at(const ArrowArray& column, std::int64_t row) {
  const auto* ends = static_cast<const std::int32_t*>(column.buffers[1]) + column.offset + row;
  return {static_cast<const char*>(column.buffers[2]) + ends[0],
          static_cast<std::size_t>(ends[1] - ends[0])};
}

std::int64_t find_child(const ArrowSchema& schema, const char* name) {
  std::int64_t child = 0;
  while (child < schema.n_children && std::strcmp(schema.children[child]->name, name) != 0) {
    ++child;
  }
  return child;
}

}  // namespace

Result<std::vector<std::string>> find_delta_files_elsewhere(const std::string& root) {
  std::vector<std::string> elsewhere;
  SLUICE_TRY(const auto snapshot, delta::Snapshot::find(root));
  if (!snapshot) {
    return elsewhere;
  }
  std::error_code failed;
  const fs::path real = fs::weakly_canonical(root, failed);
  SLUICE_TRY(ColumnStream files, snapshot->files());
  SLUICE_TRY(const ArrowSchemaOwned schema, files.schema());
  const std::int64_t place = find_child(*schema.get(), "place");
  while (true) {
    SLUICE_TRY(const std::optional<ArrowBatch> batch, files.next());
    if (!batch) {
      return elsewhere;
    }
    const ArrowArray& all = *batch->get();
    for (std::int64_t row = 0; row < all.length; ++row) {
      const std::string path(text_at(*all.children[place], all.offset + row));
      if (!is_below(root, path) && !is_below(real, path)) {
        elsewhere.push_back(path);
      }
    }
  }
}

}  // namespace sluice::table
