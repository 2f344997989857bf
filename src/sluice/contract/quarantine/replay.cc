#include "sluice/contract/quarantine/replay.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/masking/mask_text.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::contract {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

/// Entries of one list; more rows are the next batch's.
constexpr int kListEntriesMax = 100'000;

constexpr std::string_view kOpenFunction = "_sluice_open";
constexpr std::string_view kOriginals = "_sluice_originals";

std::string literals(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    list += (list.empty() ? "" : ", ") + quote_literal(text);
  }
  return list;
}

std::string reason_of(const RowShape& shape) {
  if (shape.is_stopped) {
    return "a gate stopped the run that refused them: the next run reads their files again";
  }
  if (shape.is_line) {
    return "their lines could not be read: mend the files and read them again";
  }
  if (shape.masked.empty()) {
    return "a step made them of other rows: read the source again instead (sluice run --full "
           "--again)";
  }
  std::string names;
  for (const std::string& name : shape.masked) {
    names += (names.empty() ? "'" : ", '") + name + "'";
  }
  return "their originals are masked and not sealed (quarantine.seal keeps them): " + names;
}

std::string condition_of(const ReplayRequest& request) {
  std::string condition = fmt::format("{} AND {} = 'waiting' AND starts_with({}, {})",
                                      QuarantineStore::render_condition(request.selection),
                                      kStateColumn, kBatchColumn, quote_literal(request.stream));
  if (!request.tried_by.empty()) {
    condition += fmt::format(" AND coalesce({}, '') NOT IN ({})", kSettledByColumn,
                             literals(request.tried_by));
  }
  if (!request.only_batch.empty()) {
    condition += fmt::format(" AND {} = {}", kBatchColumn, quote_literal(request.only_batch));
  }
  return condition;
}

bool is_nested(std::string_view type) {
  return type.starts_with("STRUCT") || type.starts_with("MAP") || type.ends_with("]");
}

/// A stored text as the value that it was.
std::string value_of(const std::string& text, const std::string& type) {
  if (type == "VARCHAR") {
    return text;
  }
  if (type == "JSON") {
    return fmt::format("CASE WHEN json_valid({0}) THEN CAST({0} AS JSON) ELSE to_json({0}) END",
                       text);
  }
  return is_nested(type) ? fmt::format("CAST(CAST({} AS JSON) AS {})", text, type)
                         : fmt::format("CAST({} AS {})", text, type);
}

/// The key that sealed a text stands in its head; one text of each key is tried.
Status check_keys(const Context& context, engine::Connection& connection, const std::string& picked,
                  const masking::Vault& vault) {
  constexpr int kSignsOfHead = 12;  // "enc:", then format, purpose and key id in base64
  SLUICE_TRY(const std::vector<run::TextRow> texts,
             run::query_texts(context, connection,
                              fmt::format("SELECT any_value(q.{0}) FROM {1} WHERE q.{0} IS NOT "
                                          "NULL GROUP BY left(q.{0}, {2})",
                                          kSealedColumn, picked, kSignsOfHead)));
  for (const run::TextRow& row : texts) {
    Result<std::string> opened = vault.decrypt(row[0].value_or(""));
    if (!opened) {
      Error error = std::move(opened).error();
      error.context.emplace_back("opening the sealed originals of refused rows");
      return error;
    }
  }
  return {};
}

Status open_sealed(const Context& context, engine::Connection& connection,
                   const std::string& picked, const FindVault& find_vault) {
  SLUICE_TRY(const std::shared_ptr<const masking::Vault> vault, find_vault());
  SLUICE_CHECK(check_keys(context, connection, picked, *vault));
  return connection.add_function(masking::make_open_function(std::string(kOpenFunction), vault));
}

/// The stored text of a column: its own, of the extra ones, or opened. Of what an earlier refusal
/// said of the row nothing is stored: the one that is replayed stands in its place.
std::string stored_text(const RowShape& shape, const schema::Schema& stored,
                        const std::string& name) {
  if (dialect::is_refusal_column(name)) {
    return "CAST(NULL AS VARCHAR)";
  }
  for (std::size_t i = 0; i < shape.sealed.size(); ++i) {
    if (schema::same_column(shape.sealed[i], name)) {
      return fmt::format("json_extract_string(q.{}, '$[{}]')", kOriginals, i);
    }
  }
  return stored.find(name) != nullptr ? "q." + quote_identifier(name)
                                      : fmt::format("json_extract_string(q.{}, {})", kExtraColumn,
                                                    quote_literal("$." + quote_identifier(name)));
}

}  // namespace

Result<ReplayChoice> choose_rows(const Context& context, engine::Connection& connection,
                                 const ReplayRequest& request) {
  const std::string condition = condition_of(request);
  SLUICE_TRY(const std::vector<run::TextRow> shapes,
             run::query_texts(context, connection,
                              fmt::format("SELECT {0}, CAST(count(*) AS BIGINT) FROM {1} WHERE {2} "
                                          "GROUP BY 1 ORDER BY min({3})",
                                          kShapeColumn, kRowsView, condition, kRowIdColumn)));
  ReplayChoice choice;
  std::string shape_text;
  for (const run::TextRow& row : shapes) {
    SLUICE_TRY(const RowShape shape, parse_shape(row[0].value_or("")));
    if (!shape.is_replayable()) {
      choice.left += std::stoll(row[1].value_or("0"));
      choice.left_because = reason_of(shape);
    } else if (shape_text.empty()) {
      shape_text = *row[0];
    }
  }
  if (shape_text.empty()) {
    return choice;
  }
  SLUICE_TRY(
      const std::vector<run::TextRow> ranges,
      run::query_texts(
          context, connection,
          fmt::format("SELECT run || ':' || min(n) || CASE WHEN max(n) > min(n) THEN '-' || max(n) "
                      "ELSE '' END, CAST(count(*) AS BIGINT) FROM (SELECT run, n, n - row_number() "
                      "OVER (PARTITION BY run ORDER BY n) AS island FROM (SELECT "
                      "split_part({0}, ':', 1) AS run, CAST(split_part({0}, ':', 2) AS BIGINT) AS "
                      "n FROM {1} WHERE {2} AND {3} = {4})) GROUP BY run, island ORDER BY run, "
                      "min(n) LIMIT {5}",
                      kRowIdColumn, kRowsView, condition, kShapeColumn, quote_literal(shape_text),
                      kListEntriesMax)));
  for (const run::TextRow& row : ranges) {
    choice.row_ids.push_back(row[0].value_or(""));
    choice.rows += std::stoll(row[1].value_or("0"));
  }
  return choice;
}

Result<RowShape> make_replay_relation(const Context& context, engine::Connection& connection,
                                      const std::vector<std::string>& row_ids,
                                      const FindVault& find_vault) {
  const auto execute = [&](const std::string& statement) -> Status {
    SLUICE_TRY([[maybe_unused]] const std::int64_t rows, connection.execute(context, statement));
    return {};
  };
  // Row by row, in numbers: rows that wait between others are no ranges, and joins of ranges
  // compare each row with each of them.
  SLUICE_CHECK(execute(fmt::format(
      "CREATE OR REPLACE TEMP TABLE sluice_replay_list AS SELECT CAST(split_part(e, ':', 1) AS "
      "UUID) "
      "AS run, unnest(range(CAST(split_part(split_part(e, ':', 2), '-', 1) AS BIGINT), 1 + "
      "CAST(split_part(split_part(e, ':', 2), '-', -1) AS BIGINT))) AS n FROM (SELECT unnest([{}]) "
      "AS e)",
      literals(row_ids))));
  const std::string on = fmt::format(
      "AS q JOIN sluice_replay_list AS l ON l.run = CAST(split_part(q.{}, ':', 1) AS UUID) AND "
      "l.n = CAST(split_part(q.{}, ':', 2) AS BIGINT)",
      kRowIdColumn, kRowIdColumn);
  const std::string picked = fmt::format("{} {}", kRowsView, on);
  SLUICE_TRY(const std::vector<run::TextRow> shapes,
             run::query_texts(context, connection,
                              fmt::format("SELECT DISTINCT q.{} FROM {}", kShapeColumn, picked)));
  if (shapes.size() != 1) {
    return make_error(
               ErrorCode::Corrupt,
               fmt::format("expected the rows of a replay in one shape, got {}", shapes.size()))
        .with_hint("restore the quarantine's folder: rows that a batch names are gone from it");
  }
  SLUICE_TRY(RowShape shape, parse_shape(shapes[0][0].value_or("")));
  SLUICE_TRY(const schema::Schema stored,
             connection.describe(context, fmt::format("SELECT * FROM {}", kRowsView)));
  std::string from(kRowsView);
  if (!shape.sealed.empty()) {
    SLUICE_CHECK(open_sealed(context, connection, picked, find_vault));
    from = fmt::format("(SELECT *, {}({}) AS {} FROM {})", kOpenFunction, kSealedColumn, kOriginals,
                       kRowsView);
  }
  std::string list;
  for (const auto& [name, type] : shape.columns) {
    list += fmt::format("{} AS {}, ", value_of(stored_text(shape, stored, name), type),
                        quote_identifier(name));
  }
  SLUICE_TRY_IN(
      [[maybe_unused]] const std::int64_t made,
      connection.execute(
          context,
          fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT {}q._lakelogic_source "
                      "AS _sluice_file, q.{} AS _sluice_row FROM {} {} ORDER BY l.run, l.n",
                      kReplayRelation, list, kRowIdColumn, from, on)),
      "reading the refused rows");
  return shape;
}

Status forget_replay_values(const Context& context, engine::Connection& connection) {
  SLUICE_TRY([[maybe_unused]] const std::int64_t made,
             connection.execute(context, fmt::format("CREATE OR REPLACE TEMP TABLE {0} AS SELECT "
                                                     "_sluice_row FROM {0}",
                                                     kReplayRelation)));
  return {};
}

}  // namespace sluice::contract
