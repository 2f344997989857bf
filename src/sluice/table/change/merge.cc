// Merge, reconcile and the overwrite of partitions as one query each.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"
#include "sluice/table/change/key_check.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](const std::string& one) { return schema::same_column(one, name); });
}

/// Which columns take the new row's value where a key matches.
struct MergeColumns {
  std::vector<std::string> updated;
  std::vector<std::string> compared;  // those of them that tell whether anything changed
};

Status check_names(const plan::Merge& merge, const ChangeRequest& request) {
  for (const auto* names : {&merge.update_columns, &merge.insert_only_columns}) {
    for (const std::string& name : *names) {
      if (!holds(request.batch.written, name)) {
        return make_error(
            ErrorCode::InvalidArgument,
            fmt::format("the merge names a column that the rows do not have: '{}'", name));
      }
      if (holds(merge.key, name) && names == &merge.update_columns) {
        return make_error(ErrorCode::InvalidArgument,
                          fmt::format("a key column cannot be updated by a merge: '{}'", name));
      }
    }
  }
  for (const std::string& name : merge.update_columns) {
    if (holds(merge.insert_only_columns, name)) {
      return make_error(
          ErrorCode::InvalidArgument,
          fmt::format("a column is either updated or insert-only, both is asked of: '{}'", name));
    }
  }
  return {};
}

MergeColumns choose_columns(const plan::Merge& merge, const ChangeRequest& request) {
  MergeColumns columns;
  if (merge.on_match == plan::OnMatch::Ignore) {
    return columns;
  }
  for (const schema::Field& field : request.table.fields) {
    const std::string& name = field.name;
    const bool system = is_system_column(name);
    const bool brought =
        holds(request.batch.written, name) || schema::same_column(name, kIngestIdColumn);
    const bool named = merge.update_columns.empty() || system || holds(merge.update_columns, name);
    if (brought && named && !holds(merge.key, name) && !holds(merge.insert_only_columns, name)) {
      columns.updated.push_back(name);
      if (!system) {
        columns.compared.push_back(name);
      }
    }
  }
  return columns;
}

std::string render_values(const ChangeRequest& request, const MergeColumns& columns,
                          const std::vector<std::string>& key) {
  std::string values;
  for (const schema::Field& field : request.table.fields) {
    const std::string name = quote_identifier(field.name);
    const bool from_batch = holds(key, field.name) || holds(columns.updated, field.name);
    values += from_batch ? fmt::format(", b.{0} AS {0}", name)
                         : fmt::format(", CASE WHEN t.{1} IS NULL THEN b.{0} ELSE t.{0} END AS {0}",
                                       name, kRow);
  }
  return values;
}

std::string render_differs(const std::vector<std::string>& columns) {
  if (columns.empty()) {
    return "FALSE";
  }
  std::string text;
  for (const std::string& column : columns) {
    const std::string name = quote_identifier(column);
    text += fmt::format("{}b.{} IS DISTINCT FROM t.{}", text.empty() ? "" : " OR ", name, name);
  }
  return text;
}

std::string render_merge_query(const ChangeRequest& request, const plan::Merge& merge) {
  const MergeColumns columns = choose_columns(merge, request);
  return fmt::format(
      "SELECT CASE WHEN t.{row} IS NULL THEN '{unmatched}' ELSE 'u' END AS {kind}, t.{file}, "
      "t.{row}{values} FROM {batch} AS b LEFT JOIN {target} AS t ON {on} "
      "WHERE t.{row} IS NULL OR {differs}",
      fmt::arg("row", kRow), fmt::arg("unmatched", merge.update_only ? "s" : "i"),
      fmt::arg("kind", kKind), fmt::arg("file", kFile),
      fmt::arg("values", render_values(request, columns, merge.key)),
      fmt::arg("batch", quote_identifier(request.batch.relation)),
      fmt::arg("target", request.target), fmt::arg("on", render_equal(merge.key, "t", "b")),
      fmt::arg("differs", render_differs(columns.compared)));
}

Status check_keys(const Context& context, engine::Connection& connection,
                  const ChangeRequest& request, std::string_view use,
                  const std::vector<std::string>& key) {
  SLUICE_CHECK(check_key_columns(use, key, request.write->schema));
  SLUICE_CHECK(check_no_null(context, connection, request.batch.relation, use, key));
  return check_once(context, connection, request.batch.relation, use, key);
}

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

Result<std::string> render_merge(const Context& context, engine::Connection& connection,
                                 const ChangeRequest& request, const plan::Merge& merge) {
  SLUICE_CHECK(check_names(merge, request));
  SLUICE_CHECK(check_keys(context, connection, request, "a merge", merge.key));
  return render_merge_query(request, merge);
}

Result<std::string> render_reconcile(const Context& context, engine::Connection& connection,
                                     const ChangeRequest& request,
                                     const plan::Reconcile& reconcile) {
  SLUICE_CHECK(check_keys(context, connection, request, "a reconcile", reconcile.key));
  const std::string gone =
      fmt::format("NOT EXISTS (SELECT 1 FROM {} AS b WHERE {})",
                  quote_identifier(request.batch.relation), render_equal(reconcile.key, "b", "t"));
  return fmt::format("{} UNION ALL {}",
                     render_merge_query(request, plan::Merge{.key = reconcile.key}),
                     render_deleted(request, gone));
}

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
      "SELECT 'i' AS {}, CAST(NULL AS VARCHAR) AS {}, CAST(NULL AS BIGINT) AS {}{} FROM {} "
      "UNION ALL {}",
      kKind, kFile, kRow, columns, batch,
      render_deleted(request, fmt::format("EXISTS (SELECT 1 FROM {} AS b WHERE {})", batch, same)));
}

}  // namespace sluice::table::internal
