#include "sluice/dialect/duckdb/line_count.h"

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline_internal.h"

namespace sluice::dialect {

std::string render_line_count(const std::string& file, std::int64_t line_bytes_max) {
  // Every byte is a letter of Latin-1, so that no line is refused.
  return fmt::format(
      "SELECT CAST(count(*) AS VARCHAR) FROM {}",
      read_lines({file}, 0, "latin-1", fmt::format(", max_line_size={}", line_bytes_max)));
}

}  // namespace sluice::dialect
