#include "sluice/contract/evolution/evolution.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/run/write/write.h"

namespace sluice::contract {
namespace {

using schema::Change;

std::string words(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    text += (text.empty() ? "" : "; ") + schema::to_string(change);
  }
  return text;
}

std::string columns_in(const std::vector<plan::PartitionField>& fields) {
  std::string text;
  for (const plan::PartitionField& field : fields) {
    text += (text.empty() ? "" : ", ") + field.column;
  }
  return text.empty() ? "no column" : text;
}

std::string find_other_layout(const std::vector<plan::PartitionField>& there,
                              const std::vector<plan::PartitionField>& wanted) {
  const bool is_same = std::ranges::equal(there, wanted, [](const auto& one, const auto& other) {
    return schema::same_column(one.column, other.column);
  });
  return is_same ? ""
                 : fmt::format("the table is partitioned by {}, the contract says {}",
                               columns_in(there), columns_in(wanted));
}

std::vector<plan::PartitionField> partitions_of(const Contract& contract) {
  std::vector<plan::PartitionField> fields;
  for (const Text& column :
       contract.materialization ? contract.materialization->partition_by : Texts{}) {
    fields.push_back({.column = column.value});
  }
  return fields;
}

std::string_view word_of(Evolution evolution) {
  switch (evolution) {
    case Evolution::Strict: return "strict";
    case Evolution::Append: return "append";
    case Evolution::Merge: return "merge";
    case Evolution::Overwrite: return "overwrite";
    case Evolution::Compatible: return "compatible";
    case Evolution::Allow: return "allow";
  }
  return "strict";
}

bool makes_optional(const std::vector<Change>& changes) {
  return std::ranges::any_of(changes, [](const Change& change) {
    return std::holds_alternative<schema::ChangeNullability>(change);
  });
}

/// A key is never empty, whatever its field says.
bool is_key(const Contract& contract, std::string_view column) {
  return std::ranges::any_of(contract.primary_key, [&](const Text& key) {
    return schema::same_column(key.value, column);
  });
}

bool is_retyped(const std::vector<Change>& changes, std::string_view column) {
  return std::ranges::any_of(changes, [&](const Change& change) {
    const auto* retype = std::get_if<schema::RetypeColumn>(&change);
    return retype != nullptr && schema::same_column(retype->name, column);
  });
}

/// Of a column that the contract says may be empty, not of one that the table alone has.
bool is_loosening(const Drift& drift, const Change& change) {
  const auto* nullability = std::get_if<schema::ChangeNullability>(&change);
  return nullability != nullptr &&
         std::ranges::find(drift.kept, nullability->name) == drift.kept.end();
}

/// That a column of the table alone may be empty is its owner's to say: only what allows anything
/// says it.
bool is_allowed(Evolution evolution, const Change& change) {
  if (std::holds_alternative<schema::ChangeNullability>(change)) {
    return evolution == Evolution::Allow;
  }
  switch (evolution) {
    case Evolution::Strict: return false;
    case Evolution::Append: return std::holds_alternative<schema::AddColumn>(change);
    case Evolution::Merge:
    case Evolution::Compatible:
    case Evolution::Allow:
    case Evolution::Overwrite: return true;
  }
  return false;
}

/// True when each value of `from` is stored as one of `to` as it would be had both come in one
/// batch: whole numbers among fractions, objects that lack a member, anything among texts.
bool is_stored_as(const schema::LogicalType& from, const schema::LogicalType& to) {
  using schema::List;
  using schema::Map;
  using schema::Struct;
  if (schema::widens(from, to) || std::holds_alternative<schema::Text>(to.kind) ||
      std::holds_alternative<schema::Json>(to.kind)) {
    return true;
  }
  if (std::holds_alternative<schema::Integer>(from.kind)) {
    return std::holds_alternative<schema::Float>(to.kind);
  }
  if (from.kind.index() != to.kind.index()) {
    return false;
  }
  if (const auto* list = std::get_if<List>(&from.kind)) {
    return is_stored_as(*list->element, *std::get<List>(to.kind).element);
  }
  if (const auto* map = std::get_if<Map>(&from.kind)) {
    const auto& other = std::get<Map>(to.kind);
    return is_stored_as(*map->key, *other.key) && is_stored_as(*map->value, *other.value);
  }
  const auto* narrow = std::get_if<Struct>(&from.kind);
  return narrow != nullptr && std::ranges::all_of(narrow->fields, [&](const schema::Field& member) {
           const auto& members = std::get<Struct>(to.kind).fields;
           const auto there = std::ranges::find_if(members, [&](const schema::Field& one) {
             return schema::same_column(one.name, member.name);
           });
           return there != members.end() && is_stored_as(member.type, there->type);
         });
}

/// True when both differ at most in what a table calls its times: a contract's timestamps are UTC,
/// and so are the instants of a table.
bool is_same_in_utc(const schema::LogicalType& rows, const schema::LogicalType& table) {
  if (rows == table || rows.kind.index() != table.kind.index()) {
    return rows == table;
  }
  if (std::holds_alternative<schema::Timestamp>(rows.kind)) {
    return std::get<schema::Timestamp>(table.kind).utc;
  }
  if (const auto* list = std::get_if<schema::List>(&rows.kind)) {
    return is_same_in_utc(*list->element, *std::get<schema::List>(table.kind).element);
  }
  if (const auto* map = std::get_if<schema::Map>(&rows.kind)) {
    const auto& other = std::get<schema::Map>(table.kind);
    return is_same_in_utc(*map->key, *other.key) && is_same_in_utc(*map->value, *other.value);
  }
  const auto* members = std::get_if<schema::Struct>(&rows.kind);
  return members != nullptr &&
         std::ranges::equal(members->fields, std::get<schema::Struct>(table.kind).fields,
                            [](const schema::Field& one, const schema::Field& other) {
                              return schema::same_column(one.name, other.name) &&
                                     is_same_in_utc(one.type, other.type);
                            });
}

/// True when the column's type is the contract's word.
bool is_declared(const Contract& contract, const schema::Field& column) {
  const Field* field = contract.model.find(column.name);
  return field != nullptr && lower_type(field->type.value) == column.type;
}

/// Any value is a text, where the contract says that the column is one.
bool becomes_text(const Contract& contract, const table::Table& table,
                  const schema::RetypeColumn& retype) {
  const std::string_view format = table.describe().format;
  return effective_schema_policy(contract).evolution.value == Evolution::Allow &&
         (format == "parquet" || format == "duckdb") &&
         std::holds_alternative<schema::Text>(retype.to.kind) &&
         is_declared(contract, {.name = retype.name, .type = retype.to});
}

/// What no table does to rows that are there is told before one is asked.
Status check_retypes(const Contract& contract, const table::Table& table,
                     const std::vector<Change>& changes) {
  std::string faults;
  for (const Change& change : changes) {
    const auto* retype = std::get_if<schema::RetypeColumn>(&change);
    if (retype != nullptr && !becomes_text(contract, table, *retype)) {
      faults +=
          fmt::format("{}'{}' is {} in the table and {} in the rows", faults.empty() ? "" : "; ",
                      retype->name, schema::to_string(retype->from), schema::to_string(retype->to));
    }
  }
  if (!faults.empty()) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("a column has values that the table's type cannot hold, and "
                                  "rows that another type may not hold: {}",
                                  faults))
        .with_hint(
            "declare the column in the model with the table's type, so that values of another are "
            "refused row by row; leave it out with schema_policy: {unknown_fields: drop}; or give "
            "it another name");
  }
  return {};
}

/// Rows of a table without a history have no place in one: nothing says since when they hold.
Status check_history(const plan::WriteMode& mode, const std::vector<Change>& changes) {
  const auto* scd2 = std::get_if<plan::Scd2>(&mode);
  std::string missing;
  for (const Change& change : changes) {
    const auto* add = std::get_if<schema::AddColumn>(&change);
    if (scd2 == nullptr || add == nullptr) {
      continue;
    }
    for (const std::string* column :
         {&scd2->effective_from_column, &scd2->effective_to_column, &scd2->current_column}) {
      if (schema::same_column(add->field.name, *column)) {
        missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", *column);
      }
    }
  }
  if (!missing.empty()) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the table has no SCD2 history, and a run makes none of the rows "
                                  "that are there: it lacks {}",
                                  missing))
        .with_hint(
            "name another target_path and run the rows of this table into it first; or let sluice "
            "ddl --apply add the columns, and fill them for each row");
  }
  return {};
}

/// All columns that differ go and come anew: no row of theirs stays.
std::vector<Change> replacing(const Drift& drift, const schema::Schema& table) {
  std::vector<Change> changes;
  for (const Change& change : drift.changes) {
    if (const auto* retype = std::get_if<schema::RetypeColumn>(&change)) {
      const schema::Field* there = table.find(retype->name);
      changes.emplace_back(schema::DropColumn{.field = *there});
      changes.emplace_back(schema::AddColumn{.field = {.name = retype->name, .type = retype->to}});
    } else {
      changes.push_back(change);
    }
  }
  for (const std::string& name : drift.kept) {
    changes.emplace_back(schema::DropColumn{.field = *table.find(name)});
  }
  return changes;
}

}  // namespace

Drift find_drift(const schema::Schema& table, const schema::Schema& wanted) {
  Drift drift;
  for (const Change& change : schema::diff(table, wanted)) {
    std::visit(overloaded{
                   [&](const schema::AddColumn& add) {
                     schema::AddColumn optional = add;
                     optional.field.nullable = true;
                     drift.changes.emplace_back(std::move(optional));
                   },
                   [&](const schema::DropColumn& drop) {
                     drift.kept.push_back(drop.field.name);
                     if (!drop.field.nullable) {
                       drift.changes.emplace_back(
                           schema::ChangeNullability{.name = drop.field.name, .nullable = true});
                     }
                   },
                   [&](const schema::RenameColumn& rename) { drift.changes.emplace_back(rename); },
                   [&](const schema::WidenColumn& widen) { drift.changes.emplace_back(widen); },
                   [&](const schema::RetypeColumn& retype) {
                     if (!schema::widens(retype.to, retype.from) &&
                         !is_same_in_utc(retype.to, retype.from)) {
                       drift.changes.emplace_back(retype);
                     }
                   },
                   [](const schema::ChangeNullability&) {},  // the table judges the rows
               },
               change);
  }
  return drift;
}

Result<Drift> find_drift(const Contract& contract, const table::TableState& state,
                         const schema::Schema& wanted) {
  schema::Schema asked = state.schema;
  for (schema::Field& field : asked.fields) {
    const bool is_filled = std::ranges::find(state.filled, field.name) != state.filled.end();
    field.nullable = field.nullable || is_filled;  // it may be lacking
  }
  Drift drift = find_drift(asked, wanted);
  SLUICE_TRY(const schema::Schema declared, lower_target_columns(contract, {}));
  for (const schema::Field& there : state.schema.fields) {
    const schema::Field* field = declared.find(there.name);
    const bool is_loosened = !there.nullable && field != nullptr && field->nullable &&
                             contract.model.find(there.name) != nullptr &&
                             wanted.find(there.name) != nullptr && !is_key(contract, there.name);
    if (is_loosened && !is_retyped(drift.changes, there.name)) {
      drift.changes.emplace_back(schema::ChangeNullability{.name = there.name, .nullable = true});
    }
  }
  return drift;
}

Differences find_differences(const table::TableState& state, const plan::CreateTable& wanted,
                             const table::Properties& properties) {
  Differences found;
  if (std::string other = find_other_layout(state.partition_by, wanted.partition_by);
      !other.empty()) {
    found.layout.push_back(std::move(other));
  }
  for (const auto& [name, value] : properties) {
    const auto there = state.properties.find(name);
    if (there != state.properties.end() && there->second == value) {
      continue;
    }
    found.told.properties.emplace(name, value);
    found.notes.push_back(
        there == state.properties.end()
            ? fmt::format("the table has no property {} = {}", name, value)
            : fmt::format("the property {} is {} in the table, the contract says {}", name,
                          there->second, value));
  }
  for (const schema::Field& field : wanted.schema.fields) {
    const schema::Field* there = state.schema.find(field.name);
    if (there != nullptr && !field.comment.empty() && there->comment != field.comment) {
      found.told.comments.emplace(field.name, field.comment);
      found.notes.push_back(
          fmt::format("the comment of column {} is '{}' in the table, the "
                      "contract says '{}'",
                      field.name, there->comment, field.comment));
    }
  }
  return found;
}

Result<std::vector<Change>> allowed_changes(const Contract& contract, const Drift& drift) {
  const Evolution evolution = effective_schema_policy(contract).evolution.value;
  const bool loosens = evolution != Evolution::Strict && evolution != Evolution::Append;
  std::vector<Change> allowed;
  std::vector<Change> refused;
  for (const Change& change : drift.changes) {
    if (is_loosening(drift, change)) {
      allowed.insert(allowed.end(), loosens ? 1 : 0, change);
    } else {
      (is_allowed(evolution, change) ? allowed : refused).push_back(change);
    }
  }
  if (makes_optional(refused)) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the table requires columns that the contract does not have, "
                                  "and its schema policy '{}' makes none of them optional: {}",
                                  word_of(evolution), words(refused)))
        .with_hint(
            "declare these columns in the model, or let sluice ddl --apply change the table");
  }
  if (!refused.empty()) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the table does not have the columns of the contract, and its "
                                  "schema policy ({}) lets a run not change them: {}",
                                  word_of(evolution), words(refused)))
        .with_hint(
            "sluice ddl --apply changes the table, or write schema_policy: {evolution: "
            "compatible}");
  }
  return allowed;
}

bool replaces_columns(const Contract& contract, const plan::WriteMode& mode) {
  return std::holds_alternative<plan::Overwrite>(mode) &&
         effective_schema_policy(contract).evolution.value == Evolution::Overwrite;
}

Status check_replacing(const table::Table& table, const table::TableState& state,
                       const Contract& contract, const schema::Schema& wanted,
                       const plan::WriteMode& mode) {
  if (!replaces_columns(contract, mode) || table.describe().format != "delta") {
    return {};
  }
  std::vector<Change> replaced;
  for (const Change& change : replacing(find_drift(state.schema, wanted), state.schema)) {
    if (!std::holds_alternative<schema::AddColumn>(change) &&
        !std::holds_alternative<schema::ChangeNullability>(change)) {
      replaced.push_back(change);
    }
  }
  if (!replaced.empty()) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("evolution: overwrite does not replace the columns of a Delta "
                                  "table, which takes rows and other columns in no one commit: {}",
                                  words(replaced)))
        .with_hint(
            "name another target_path, or move this table away, and the run makes a new one; "
            "evolution: compatible keeps the columns that go; a Parquet folder, a DuckDB or a "
            "DuckLake table replaces them");
  }
  return {};
}

bool take_stored_types(const Contract& contract, const schema::Schema& table,
                       schema::Schema& rows) {
  const bool is_strict = effective_schema_policy(contract).evolution.value == Evolution::Strict;
  bool is_taken = false;
  for (schema::Field& field : rows.fields) {
    const schema::Field* there = table.find(field.name);
    if (there == nullptr || field.type == there->type) {
      continue;
    }
    if (is_same_in_utc(field.type, there->type) ||
        (!is_strict && !is_declared(contract, field) && is_stored_as(field.type, there->type))) {
      field.type = there->type;
      is_taken = true;
    }
  }
  return is_taken;
}

namespace {

/// Takes out what only lets columns of the rows be NULL: rows without one fit the table as it is.
bool leave_required(const schema::Schema& table, const schema::Schema& wanted,
                    std::vector<Change>& changes) {
  return std::erase_if(changes, [&](const Change& change) {
           const auto* loose = std::get_if<schema::ChangeNullability>(&change);
           return loose != nullptr && loose->nullable && table.find(loose->name) != nullptr &&
                  wanted.find(loose->name) != nullptr;
         }) > 0;
}

}  // namespace

Status evolve_table(const Context& context, table::Table& table, const table::TableState& state,
                    const Contract& contract, const schema::Schema& wanted,
                    const plan::WriteMode& mode) {
  if (const std::string other = find_other_layout(state.partition_by, partitions_of(contract));
      !other.empty()) {
    context.say(LogLevel::Warning,
                fmt::format("{}: its layout stays until the table is made anew", other));
  }
  SLUICE_TRY(const Drift drift, find_drift(contract, state, wanted));
  SLUICE_CHECK(check_history(mode, drift.changes));
  std::vector<Change> changes;
  if (replaces_columns(contract, mode)) {
    SLUICE_CHECK(check_replacing(table, state, contract, wanted, mode));
    changes = replacing(drift, state.schema);
  } else {
    SLUICE_TRY(changes, allowed_changes(contract, drift));
    if (!drift.kept.empty()) {
      context.say(LogLevel::Warning,
                  fmt::format("columns of the table that the contract does not have are kept: '{}'",
                              fmt::join(drift.kept, "', '")));
    }
  }
  if (changes.empty()) {
    return {};
  }
  SLUICE_CHECK(check_retypes(contract, table, changes));
  const auto change = [&] {
    return run::maintain(context, table, table::Evolve{.changes = changes},
                         {.commit_retry_max = 0});
  };
  auto changed = change();
  // A table may have what depends on its columns, as an index does.
  if (!changed && changed.error().code == ErrorCode::Unsupported &&
      leave_required(state.schema, wanted, changes)) {
    context.say(LogLevel::Warning,
                "a column that the contract makes optional stays required in the table, which "
                "cannot be changed: " +
                    changed.error().message);
    changed = changes.empty() ? Result<table::Maintained>(table::Maintained{}) : change();
  }
  if (!changed) {
    return std::move(changed).error().with_context("changing the columns of the target");
  }
  if (changes.empty()) {
    return {};
  }
  context.say(makes_optional(changes) ? LogLevel::Warning : LogLevel::Info,
              fmt::format("the target was changed: {}", words(changes)));
  return {};
}

}  // namespace sluice::contract
