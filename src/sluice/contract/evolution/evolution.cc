#include "sluice/contract/evolution/evolution.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
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

bool is_allowed(Evolution evolution, const Change& change) {
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
                     if (!schema::widens(retype.to, retype.from)) {
                       drift.changes.emplace_back(retype);
                     }
                   },
                   [](const schema::ChangeNullability&) {},  // the table judges the rows
               },
               change);
  }
  return drift;
}

Result<std::vector<Change>> allowed_changes(const Contract& contract, const Drift& drift) {
  const Evolution evolution = effective_schema_policy(contract).evolution.value;
  std::vector<Change> refused;
  for (const Change& change : drift.changes) {
    if (!is_allowed(evolution, change)) {
      refused.push_back(change);
    }
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
  return drift.changes;
}

Status evolve_table(const Context& context, table::Table& table, const table::TableState& state,
                    const Contract& contract, const schema::Schema& wanted,
                    const plan::WriteMode& mode) {
  const Drift drift = find_drift(state.schema, wanted);
  SLUICE_TRY(std::vector<Change> changes, allowed_changes(contract, drift));
  const bool replaces = std::holds_alternative<plan::Overwrite>(mode) &&
                        effective_schema_policy(contract).evolution.value == Evolution::Overwrite;
  if (replaces) {
    changes = replacing(drift, state.schema);
  } else if (!drift.kept.empty()) {
    context.say(LogLevel::Warning,
                fmt::format("columns of the table that the contract does not have are kept: '{}'",
                            fmt::join(drift.kept, "', '")));
  }
  if (changes.empty()) {
    return {};
  }
  SLUICE_TRY_IN([[maybe_unused]] const auto changed,
                run::maintain(context, table, table::Evolve{.changes = changes}),
                "changing the columns of the target");
  context.say(LogLevel::Info, fmt::format("the target was changed: {}", words(changes)));
  return {};
}

}  // namespace sluice::contract
