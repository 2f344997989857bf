// The overwrite of the partitions that come in the batch, as one query.
#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;

/// The value that places a row in its partition.
Result<std::string> render_partition(const plan::PartitionField& field, std::string_view alias) {
  std::string column = fmt::format("{}.{}", alias, quote_identifier(field.column));
  switch (field.transform) {
    case plan::PartitionTransform::Identity: return column;
    case plan::PartitionTransform::Year: return fmt::format("date_trunc('year', {})", column);
    case plan::PartitionTransform::Month: return fmt::format("date_trunc('month', {})", column);
    case plan::PartitionTransform::Day: return fmt::format("date_trunc('day', {})", column);
    case plan::PartitionTransform::Hour: return fmt::format("date_trunc('hour', {})", column);
    case plan::PartitionTransform::Truncate:
      return fmt::format("left(CAST({} AS VARCHAR), {})", column, field.parameter);
    case plan::PartitionTransform::Bucket:
      return make_error(ErrorCode::Unsupported,
                        fmt::format("partitions by bucket cannot be overwritten one by one: '{}'",
                                    field.column))
          .with_hint("Use a merge, or partition by the column itself.");
  }
  return column;
}

}  // namespace

Result<std::string> render_overwrite_partitions(const ChangeRequest& request,
                                                const plan::OverwritePartitions& mode) {
  const auto& by = mode.by.empty() ? request.partition_by : mode.by;
  if (by.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      "expected partition columns to overwrite by, got none")
        .with_hint("Name them, or overwrite the whole table.");
  }
  std::string same;
  for (const plan::PartitionField& field : by) {
    if (request.table.find(field.column) == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the table has no partition column '{}'", field.column));
    }
    SLUICE_TRY(const std::string there, render_partition(field, "t"));
    SLUICE_TRY(const std::string ours, render_partition(field, "b"));
    same += fmt::format("{}{} IS NOT DISTINCT FROM {}", same.empty() ? "" : " AND ", there, ours);
  }
  const std::string batch = quote_identifier(request.batch.relation);
  std::string columns;
  for (const schema::Field& field : request.table.fields) {
    columns += ", " + quote_identifier(field.name);
  }
  return fmt::format(
      "SELECT 'i' AS {}, 'b' AS {}, CAST(NULL AS VARCHAR) AS {}, CAST(NULL AS BIGINT) AS {}{} "
      "FROM {} UNION ALL {}",
      kKind, kRole, kFile, kRow, columns, batch,
      render_deleted(request, fmt::format("EXISTS (SELECT 1 FROM {} AS b WHERE {})", batch, same)));
}

}  // namespace sluice::table::internal
