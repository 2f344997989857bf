#include "sluice/table/evolve.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::table {
namespace {

Error wrong(std::string message) {
  return make_error(ErrorCode::InvalidArgument, std::move(message));
}

/// Applies one change after the other to the columns of a schema.
class Evolving {
 public:
  Evolving(const schema::Schema& before, const std::vector<std::string>& layout)
      : before_(&before), layout_(&layout) {
    evolved_.schema = before;
    for (const schema::Field& field : before.fields) {
      evolved_.from.push_back(field.name);
    }
  }

  Status add(const schema::AddColumn& add);
  Status drop(const schema::DropColumn& drop);
  Status rename(const schema::RenameColumn& rename);
  Status widen(const schema::WidenColumn& widen);
  Status retype(const schema::RetypeColumn& retype);
  Status set_nullable(const schema::ChangeNullability& change);
  Evolved take();

 private:
  Result<std::size_t> load_place(std::string_view name) const;
  Status check_no_layout(std::string_view name) const;
  Status check_new_name(std::string_view name) const;

  const schema::Schema* before_;
  const std::vector<std::string>* layout_;
  Evolved evolved_;
};

Result<std::size_t> Evolving::load_place(std::string_view name) const {
  const auto& fields = evolved_.schema.fields;
  const auto found = std::ranges::find_if(
      fields, [&](const schema::Field& field) { return schema::same_column(field.name, name); });
  if (found == fields.end()) {
    return wrong(fmt::format("the table has no column to change: '{}'", name));
  }
  return static_cast<std::size_t>(found - fields.begin());
}

Status Evolving::check_no_layout(std::string_view name) const {
  const bool is_layout = std::ranges::any_of(
      *layout_, [&](const std::string& column) { return schema::same_column(column, name); });
  if (is_layout) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("the rows are laid out by this column, so it stays as it is: "
                                  "'{}'",
                                  name))
        .with_hint("Make a new table with the column as it shall be, and write the rows into it.");
  }
  return {};
}

Status Evolving::check_new_name(std::string_view name) const {
  constexpr std::string_view kOurs = "_sluice_";
  if (evolved_.schema.find(name) != nullptr) {
    return wrong(fmt::format("the table has this column already: '{}'", name));
  }
  if (name.starts_with(kOurs) || schema::same_column(name, "rowid") ||
      schema::same_column(name, "file_row_number")) {
    return wrong(fmt::format("this column name is reserved: '{}'", name))
        .with_hint("Choose another name.");
  }
  return {};
}

Status Evolving::add(const schema::AddColumn& add) {
  SLUICE_CHECK(check_new_name(add.field.name));
  if (!add.field.nullable) {
    return wrong(fmt::format("the rows that are there have no value of a new column, so it cannot "
                             "be one that is never NULL: '{}'",
                             add.field.name))
        .with_hint("Add it as optional, fill it, then make it required.");
  }
  evolved_.schema.fields.push_back(add.field);
  evolved_.from.emplace_back();
  evolved_.adds_columns = true;
  return {};
}

Status Evolving::drop(const schema::DropColumn& drop) {
  SLUICE_TRY(const std::size_t place, load_place(drop.field.name));
  SLUICE_CHECK(check_no_layout(drop.field.name));
  const auto at = static_cast<std::ptrdiff_t>(place);
  evolved_.schema.fields.erase(evolved_.schema.fields.begin() + at);
  evolved_.from.erase(evolved_.from.begin() + at);
  evolved_.changes_files = true;
  return {};
}

Status Evolving::rename(const schema::RenameColumn& rename) {
  SLUICE_TRY(const std::size_t place, load_place(rename.from));
  SLUICE_CHECK(check_no_layout(rename.from));
  if (!schema::same_column(rename.from, rename.to)) {
    SLUICE_CHECK(check_new_name(rename.to));
  }
  evolved_.schema.fields[place].name = rename.to;
  evolved_.changes_files = true;
  return {};
}

Status Evolving::widen(const schema::WidenColumn& widen) {
  SLUICE_TRY(const std::size_t place, load_place(widen.name));
  SLUICE_CHECK(check_no_layout(widen.name));
  schema::Field& field = evolved_.schema.fields[place];
  if (field.type == widen.to || !schema::widens(field.type, widen.to)) {
    return wrong(fmt::format("column '{}' is {} and cannot be widened to {}", field.name,
                             schema::to_string(field.type), schema::to_string(widen.to)));
  }
  field.type = widen.to;
  evolved_.changes_files = true;
  return {};
}

/// Every value of the type has a text of its own, which gives it back.
bool is_spelled_as_text(const schema::LogicalType& type) {
  return !std::holds_alternative<schema::Bytes>(type.kind) &&
         !std::holds_alternative<schema::List>(type.kind) &&
         !std::holds_alternative<schema::Map>(type.kind) &&
         !std::holds_alternative<schema::Struct>(type.kind);
}

Status Evolving::retype(const schema::RetypeColumn& retype) {
  SLUICE_TRY(const std::size_t place, load_place(retype.name));
  schema::Field& field = evolved_.schema.fields[place];
  if (std::holds_alternative<schema::Text>(retype.to.kind) && is_spelled_as_text(field.type)) {
    SLUICE_CHECK(check_no_layout(retype.name));
    field.type = retype.to;
    evolved_.changes_files = true;
    return {};
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("not every value of a column is one of the other type: {}",
                                schema::to_string(schema::Change{retype})))
      .with_hint("Add a column of the new type, fill it, and drop the old one.");
}

Status Evolving::set_nullable(const schema::ChangeNullability& change) {
  SLUICE_TRY(const std::size_t place, load_place(change.name));
  schema::Field& field = evolved_.schema.fields[place];
  if (field.nullable == change.nullable) {
    return wrong(fmt::format("column '{}' is {} already", field.name,
                             change.nullable ? "optional" : "required"));
  }
  field.nullable = change.nullable;
  return {};
}

Evolved Evolving::take() {
  for (std::size_t i = 0; i < evolved_.from.size(); ++i) {
    const schema::Field& after = evolved_.schema.fields[i];
    const schema::Field* source = before_->find(evolved_.from[i]);
    if (!after.nullable && (source == nullptr || source->nullable)) {
      evolved_.newly_required.push_back(after.name);
    }
  }
  return std::move(evolved_);
}

}  // namespace

Result<Evolved> evolve_schema(const schema::Schema& before,
                              const std::vector<schema::Change>& changes,
                              const std::vector<std::string>& layout_columns) {
  if (changes.empty()) {
    return wrong("expected changes of columns, got none");
  }
  Evolving evolving(before, layout_columns);
  for (const schema::Change& change : changes) {
    SLUICE_CHECK(std::visit(
        overloaded{
            [&](const schema::AddColumn& one) { return evolving.add(one); },
            [&](const schema::DropColumn& one) { return evolving.drop(one); },
            [&](const schema::RenameColumn& one) { return evolving.rename(one); },
            [&](const schema::WidenColumn& one) { return evolving.widen(one); },
            [&](const schema::RetypeColumn& one) { return evolving.retype(one); },
            [&](const schema::ChangeNullability& one) { return evolving.set_nullable(one); },
        },
        change));
  }
  Evolved evolved = evolving.take();
  if (evolved.schema.fields.empty()) {
    return wrong("a table keeps one column at least: none would be left");
  }
  SLUICE_CHECK(schema::validate(evolved.schema));
  return evolved;
}

Status apply_description(TableState& state, const Describe& told) {
  for (const auto& [column, comment] : told.comments) {
    const auto field = std::ranges::find_if(state.schema.fields, [&](const schema::Field& one) {
      return schema::same_column(one.name, column);
    });
    if (field == state.schema.fields.end()) {
      return wrong(fmt::format("the table has no column to comment on: '{}'", column));
    }
    field->comment = comment;
  }
  for (const auto& [name, value] : told.properties) {
    state.properties[name] = value;
  }
  return {};
}

Error cannot_evolve(std::string_view format, const schema::Change& change) {
  const auto* retype = std::get_if<schema::RetypeColumn>(&change);
  const bool is_refused_everywhere =
      retype != nullptr && !std::holds_alternative<schema::Text>(retype->to.kind);
  return make_error(ErrorCode::Unsupported,
                    fmt::format("a {} does not do this: {}", format, schema::to_string(change)))
      .with_hint(fmt::format(
          "Make a new table with these columns and overwrite it with the rows of this one{}.",
          is_refused_everywhere ? "" : "; a Parquet folder or a DuckDB table changes in place"));
}

}  // namespace sluice::table
