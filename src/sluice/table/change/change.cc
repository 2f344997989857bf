#include "sluice/table/change/change.h"

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"
#include "sluice/table/change/key_check.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using dialect::quote_identifier;

Result<std::string> render_change(const Context& context, engine::Connection& connection,
                                  const ChangeRequest& request) {
  using Text = Result<std::string>;
  return std::visit(
      overloaded{
          [&](const plan::Merge& mode) {
            return internal::render_merge(context, connection, request, mode);
          },
          [&](const plan::Scd2& mode) {
            return internal::render_scd2(context, connection, request, mode);
          },
          [&](const plan::Reconcile& mode) {
            return internal::render_reconcile(context, connection, request, mode);
          },
          [&](const plan::OverwritePartitions& mode) {
            return internal::render_overwrite_partitions(request, mode);
          },
          [&](const plan::DeleteWhere& mode) { return internal::render_delete(request, mode); },
          [](const plan::Append&) -> Text {
            return make_error(ErrorCode::Internal, "an append changes no row of the table");
          },
          [](const plan::Overwrite&) -> Text {
            return make_error(ErrorCode::Internal, "an overwrite keeps no row of the table");
          },
      },
      request.write->mode);
}

/// Rows of the batch that matched and changed nothing. A row of the batch may update several rows
/// of a table that holds its key more than once, so its keys are counted, not the rows.
Result<std::int64_t> count_applied(const Context& context, engine::Connection& connection,
                                   const ChangeRequest& request, const std::string& relation) {
  const auto* merge = std::get_if<plan::Merge>(&request.write->mode);
  const auto* reconcile = std::get_if<plan::Reconcile>(&request.write->mode);
  const auto* keys = merge != nullptr       ? &merge->key
                     : reconcile != nullptr ? &reconcile->key
                                            : nullptr;
  const std::string from = fmt::format("FROM {} WHERE {} IN ('b', 'm') AND {} IN ",
                                       quote_identifier(relation), kRole, kKind);
  const std::string matched = keys == nullptr
                                  // What ends a version is a row of the batch beside what began it.
                                  ? fmt::format(
                                        "count(*) FILTER ({1} = 'c') + count(*) FILTER ({2} "
                                        "= 'm') {0}('i', 'u', 'c')",
                                        from, kKind, kRole)
                                  : fmt::format("count(*) FROM (SELECT DISTINCT {} {}('u', 'd'))",
                                                dialect::quote_columns(*keys), from);
  return load_count(context, connection,
                    fmt::format("SELECT CAST((SELECT {}) + (SELECT count(*) {}('i', 's')) AS "
                                "VARCHAR)",
                                matched, from));
}

Result<Change> count_change(const Context& context, engine::Connection& connection,
                            const ChangeRequest& request, std::string relation) {
  Change change{.relation = std::move(relation)};
  SLUICE_TRY(
      const auto rows,
      find_text_rows(context, connection,
                     fmt::format("SELECT CAST({0} AS VARCHAR), CAST(count(*) AS VARCHAR), "
                                 "CAST(count(*) FILTER ({1} IN ('m', 'k')) AS VARCHAR) FROM {2} "
                                 "GROUP BY 1",
                                 kKind, kRole, quote_identifier(change.relation))));
  for (const TextRow& row : rows) {
    SLUICE_TRY(const std::int64_t count, parse_count(row[1].value_or("0")));
    const std::string kind = row[0].value_or("");
    if (kind == "i") {
      change.inserted += count;
    } else if (kind == "d") {
      change.deleted += count;
    } else if (kind != "s") {
      SLUICE_TRY(const std::int64_t marked, parse_count(row[2].value_or("0")));
      change.updated += count;
      change.marked += marked;
    }
  }
  if (request.batch.counted) {
    SLUICE_TRY(const std::int64_t applied,
               count_applied(context, connection, request, change.relation));
    change.unchanged = request.batch.rows - applied;
  }
  return change;
}

}  // namespace

bool needs_change(const plan::WriteMode& mode) {
  return !std::holds_alternative<plan::Append>(mode) &&
         !std::holds_alternative<plan::Overwrite>(mode);
}

Result<Change> make_change(const Context& context, engine::Connection& connection,
                           const ChangeRequest& request) {
  SLUICE_TRY(const std::string query, render_change(context, connection, request));
  std::string relation = temporary_name("change", request.key);
  // Kind and role take a byte each, not a text with its statistics.
  SLUICE_TRY_IN([[maybe_unused]] const auto rows,
                connection.execute(
                    context, fmt::format("CREATE OR REPLACE TEMP TABLE {0} AS SELECT CAST({1} AS "
                                         "ENUM('i', 'u', 'c', 'd', 's')) AS {1}, CAST({2} AS "
                                         "ENUM('b', 'm', 'k', 'w')) AS {2}, * EXCLUDE ({1}, {2}) "
                                         "FROM ({3})",
                                         quote_identifier(relation), kKind, kRole, query)),
                fmt::format("working out the {}", plan::mode_name(request.write->mode)));
  return count_change(context, connection, request, std::move(relation));
}

Status check_unique_key(const Context& context, engine::Connection& connection,
                        const ChangeRequest& request, const std::vector<std::string>& key) {
  const std::string& batch = request.batch.relation;
  SLUICE_CHECK(check_key_columns("a unique append", key, request.write->schema));
  SLUICE_CHECK(check_keys(context, connection, batch, "a unique append", key, request.table,
                          request.batch.rows));
  return check_new(context, connection, batch, request.target, key);
}

void drop_change(const Context& context, engine::Connection& connection, const Change& change) {
  if (change.relation.empty()) {
    return;
  }
  Context unstoppable = context;
  unstoppable.stop = {};
  unstoppable.deadline.reset();
  static_cast<void>(connection.execute(
      unstoppable, fmt::format("DROP TABLE IF EXISTS {}", quote_identifier(change.relation))));
}

namespace internal {

std::string render_deleted(const ChangeRequest& request, const std::string& condition) {
  std::string columns;
  for (const schema::Field& field : request.table.fields) {
    columns += fmt::format(", NULL AS {}", quote_identifier(field.name));
  }
  return fmt::format("SELECT 'd' AS {0}, 'k' AS {1}, t.{2}, t.{3}{4} FROM {5} AS t WHERE {6}",
                     kKind, kRole, kFile, kRow, columns, request.target, condition);
}

Result<std::string> render_delete(const ChangeRequest& request, const plan::DeleteWhere& mode) {
  SLUICE_TRY_IN(const std::string condition,
                dialect::render_inline(dialect::duckdb_dialect(), mode.condition),
                "reading the condition of a delete");
  return render_deleted(request, condition);
}

}  // namespace internal
}  // namespace sluice::table
