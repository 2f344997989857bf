#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sluice/table/change/text_rows.h"
#include "sluice/table/files/written_internal.h"

namespace sluice::table::internal {
namespace {

// Columns of the answer; the size of the footer is between.
constexpr std::size_t kPath = 0;
constexpr std::size_t kRows = 1;
constexpr std::size_t kBytes = 2;
constexpr std::size_t kColumns = 4;

/// A column of an Arrow batch beside what its cells are.
struct Column {
  const ArrowSchema* schema = nullptr;
  const ArrowArray* array = nullptr;

  Column child(std::size_t i) const { return {schema->children[i], array->children[i]}; }
  std::optional<std::string> text(std::int64_t place) const {
    return find_cell(schema->format, *array, place);
  }
};

/// Calls `visit` with the keys, the values and the place in both of every entry of one map.
Status visit_map(const Column& map, std::int64_t place,
                 const std::function<Status(const Column&, const Column&, std::int64_t)>& visit) {
  if (std::string_view(map.schema->format) != "+m" || map.array->n_buffers < 2) {
    return make_error(
        ErrorCode::Internal,
        fmt::format("expected a map of a COPY's statistics, got '{}'", map.schema->format));
  }
  const Column entries = map.child(0);
  const auto* offsets = static_cast<const std::int32_t*>(map.array->buffers[1]);
  const std::int64_t at = map.array->offset + place;
  for (std::int64_t i = offsets[at]; i < offsets[at + 1]; ++i) {
    SLUICE_CHECK(visit(entries.child(0), entries.child(1), entries.array->offset + i));
  }
  return {};
}

Result<ColumnStats> read_column(const Column& stats, std::int64_t place) {
  ColumnStats column;
  const auto keep = [&](const Column& keys, const Column& values, std::int64_t at) -> Status {
    const std::optional<std::string> key = keys.text(at);
    std::optional<std::string> value = values.text(at);
    if (key == "null_count" && value.has_value()) {
      SLUICE_TRY(column.nulls, parse_count(*value));
    } else if (key == "min") {
      column.min = std::move(value);
    } else if (key == "max") {
      column.max = std::move(value);
    }
    return {};
  };
  SLUICE_CHECK(visit_map(stats, place, keep));
  return column;
}

Result<NewFile> read_file(const Column& answer, std::int64_t place, const std::string& root) {
  const std::optional<std::string> path = answer.child(kPath).text(place);
  if (!path.has_value() || !path->starts_with(root + "/")) {
    return make_error(ErrorCode::Internal,
                      fmt::format("the engine wrote a file in another place than asked: '{}'",
                                  path.value_or("")));
  }
  NewFile file;
  file.path = path->substr(root.size() + 1);
  SLUICE_TRY(file.rows, parse_count(answer.child(kRows).text(place).value_or("")));
  SLUICE_TRY(file.bytes, parse_count(answer.child(kBytes).text(place).value_or("")));
  const auto keep = [&](const Column& keys, const Column& values, std::int64_t at) -> Status {
    SLUICE_TRY(ColumnStats column, read_column(values, at));
    file.columns.insert_or_assign(keys.text(at).value_or(""), std::move(column));
    return {};
  };
  SLUICE_CHECK(visit_map(answer.child(kColumns), place, keep));
  return file;
}

}  // namespace

Result<std::vector<NewFile>> find_written(const Context& context, engine::Connection& connection,
                                          const std::string& copy, const std::string& root) {
  SLUICE_TRY(ColumnStream stream, connection.query(context, copy));
  SLUICE_TRY(const ArrowSchemaOwned schema, stream.schema());
  if (schema->n_children <= static_cast<std::int64_t>(kColumns)) {
    return make_error(ErrorCode::Internal, "a COPY does not say what it wrote");
  }
  std::vector<NewFile> files;
  while (true) {
    SLUICE_TRY(const std::optional<ArrowBatch> batch, stream.next());
    if (!batch.has_value()) {
      std::ranges::sort(files, {}, &NewFile::path);
      return files;
    }
    const Column answer{schema.get(), batch->get()};
    for (std::int64_t place = 0; place < (*batch)->length; ++place) {
      SLUICE_TRY(NewFile file, read_file(answer, (*batch)->offset + place, root));
      files.push_back(std::move(file));
    }
  }
}

}  // namespace sluice::table::internal
