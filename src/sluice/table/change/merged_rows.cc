#include "sluice/table/change/merged_rows.h"

#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using dialect::quote_identifier;

/// Of a file, asked alone before all of them: a batch that lies all over the table changes one.
constexpr int kFirstRows = 2'048;

const plan::Merge& merge_of(const ChangeRequest& request) {
  return std::get<plan::Merge>(request.write->mode);
}

/// Keys of the batch: of rows with one key, one is merged.
Result<std::int64_t> count_keys(const Context& context, engine::Connection& connection,
                                const ChangeRequest& request) {
  if (!merge_of(request).keep_last) {
    return request.batch.rows;
  }
  return load_count(
      context, connection,
      fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM (SELECT DISTINCT {} FROM {})",
                  dialect::quote_columns(merge_of(request).key),
                  quote_identifier(request.batch.relation)));
}

}  // namespace

bool merges_in_one_pass(const plan::WriteMode& mode) {
  const auto* merge = std::get_if<plan::Merge>(&mode);
  return merge != nullptr && merge->on_match == plan::OnMatch::Update && !merge->update_only &&
         !merge->unknown_member && !merge->soft_delete && !merge->snapshot && !merge->events;
}

Result<bool> changes_a_row(const Context& context, engine::Connection& connection,
                           const ChangeRequest& request) {
  ChangeRequest first = request;
  first.target = fmt::format("(SELECT * FROM {} LIMIT {})", request.target, kFirstRows);
  for (const ChangeRequest* rows : std::initializer_list<const ChangeRequest*>{&first, &request}) {
    SLUICE_TRY(const std::string query,
               internal::render_any_changed(context, *rows, merge_of(request)));
    SLUICE_TRY(const auto changed, find_text_rows(context, connection, query));
    if (!changed.empty()) {
      return true;
    }
  }
  return false;
}

Result<MergedRows> make_merged_rows(const Context& context, engine::Connection& connection,
                                    const ChangeRequest& request) {
  MergedRows merged{.select = {},
                    .inserted = temporary_name("inserted", request.key),
                    .matched = temporary_name("matched", request.key),
                    .updated = temporary_name("updated", request.key)};
  SLUICE_TRY(
      merged.select,
      internal::render_rows_after(
          context, connection, request, merge_of(request),
          {.inserted = merged.inserted, .matched = merged.matched, .updated = merged.updated}));
  std::string made;
  for (const std::string* name : {&merged.inserted, &merged.matched, &merged.updated}) {
    made += fmt::format("CREATE OR REPLACE TEMP SEQUENCE {};", quote_identifier(*name));
  }
  SLUICE_TRY_IN([[maybe_unused]] const auto rows, connection.execute(context, made),
                "making the counters of a merge");
  return merged;
}

Result<Change> count_merged_rows(const Context& context, engine::Connection& connection,
                                 const ChangeRequest& request, const MergedRows& merged) {
  std::string counts;
  for (const std::string* name : {&merged.inserted, &merged.matched, &merged.updated}) {
    counts += fmt::format("{}CAST(nextval({}) - 1 AS VARCHAR)", counts.empty() ? "" : ", ",
                          dialect::quote_literal(*name));
  }
  SLUICE_TRY_IN(const auto rows,
                find_text_rows(context, connection, fmt::format("SELECT {}", counts)),
                "counting what a merge did");
  const TextRow& row = rows.at(0);
  Change change;
  SLUICE_TRY(change.inserted, parse_count(row.at(0).value_or("")));
  SLUICE_TRY(const std::int64_t matched, parse_count(row.at(1).value_or("")));
  SLUICE_TRY(change.updated, parse_count(row.at(2).value_or("")));
  SLUICE_TRY(const std::int64_t keys, count_keys(context, connection, request));
  std::int64_t changing = change.updated;
  if (change.inserted + matched != keys) {
    // The table holds a key more than once: rows of the batch are counted, not rows of the table.
    SLUICE_TRY(const std::string positions,
               internal::render_changed_positions(context, request, merge_of(request)));
    SLUICE_TRY(changing,
               load_count(context, connection,
                          fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM ({})", positions)));
  }
  change.unchanged = request.batch.rows - change.inserted - changing;
  return change;
}

void drop_merged_rows(const Context& context, engine::Connection& connection,
                      const MergedRows& merged) {
  Context unstoppable = context;
  unstoppable.stop = {};
  unstoppable.deadline.reset();
  for (const std::string* name : {&merged.inserted, &merged.matched, &merged.updated}) {
    static_cast<void>(connection.execute(
        unstoppable, fmt::format("DROP SEQUENCE IF EXISTS {}", quote_identifier(*name))));
  }
}

}  // namespace sluice::table
