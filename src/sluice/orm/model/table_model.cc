#include "sluice/orm/model/table_model.h"

#include <utility>

#include "sluice/orm/record/table_name.h"
#include "sluice/orm/rule/lower.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"

namespace sluice::orm {
namespace {

using schema::LogicalType;

plan::PartitionTransform transform_of(Partition by) {
  switch (by) {
    case Partition::Identity: return plan::PartitionTransform::Identity;
    case Partition::Bucket: return plan::PartitionTransform::Bucket;
    case Partition::Truncate: return plan::PartitionTransform::Truncate;
    case Partition::Year: return plan::PartitionTransform::Year;
    case Partition::Month: return plan::PartitionTransform::Month;
    case Partition::Day: return plan::PartitionTransform::Day;
    case Partition::Hour: return plan::PartitionTransform::Hour;
  }
  return plan::PartitionTransform::Identity;
}

void apply_note(const Note& note, TableModel& model, Column& column) {
  switch (note.says) {
    case Note::Says::Key: model.key.push_back(column.name); break;
    case Note::Says::MergeKey: model.merge_key.push_back(column.name); break;
    case Note::Says::Partition:
      model.partition_by.push_back({column.name, note.partition, note.parameter});
      break;
    case Note::Says::Sort: model.sort_by.push_back(column.name); break;
    case Note::Says::CreateTime: column.stamp = Stamp::CreateTime; break;
    case Note::Says::UpdateTime: column.stamp = Stamp::UpdateTime; break;
    case Note::Says::Immutable: column.is_immutable = true; break;
    case Note::Says::Json: column.is_json = true; break;
    case Note::Says::Comment: column.comment = std::string(note.text); break;
    case Note::Says::Default: column.is_defaulted = true; break;
    case Note::Says::Rename: break;  // went first: other notes need the name
  }
}

schema::Struct lower_record(const Record& record) {
  schema::Struct fields;
  for (const Member& member : record.members) {
    // No engine of ours keeps NOT NULL inside a struct; reading refuses a NULL all the same.
    fields.fields.push_back(
        {.name = std::string(member.name), .type = lower_type(*member.type), .comment = {}});
  }
  return fields;
}

LogicalType integer(int bits, bool is_signed) {
  return {schema::Integer{.bits = bits, .is_signed = is_signed}};
}

std::string column_of_member(const void* state, std::string_view member) {
  return static_cast<const TableModel*>(state)->find_member(member)->name;
}

}  // namespace

const Column* TableModel::find_member(std::string_view member) const {
  for (const Column& column : columns) {
    if (column.member->name == member) {
      return &column;
    }
  }
  return nullptr;
}

const Column* TableModel::find_column(std::string_view name) const {
  for (const Column& column : columns) {
    if (schema::same_column(column.name, name)) {
      return &column;
    }
  }
  return nullptr;
}

TableModel make_table_model(const ModelSource& source) {
  TableModel model;
  model.record = source.record;
  model.table =
      source.table.empty() ? derive_table_name(source.record->name) : std::string(source.table);
  for (const Member& member : source.record->members) {
    model.columns.push_back({.name = std::string(member.name),
                             .member = &member,
                             .nullable = member.type->kind == Kind::Optional,
                             .comment = {}});
  }
  const auto column_of = [&](std::string_view member) -> Column& {
    return model
        .columns[static_cast<std::size_t>(model.find_member(member) - model.columns.data())];
  };
  for (const Note& note : source.notes) {
    if (note.says == Note::Says::Rename) {
      column_of(note.member).name = std::string(note.text);
    }
  }
  for (const Note& note : source.notes) {
    apply_note(note, model, column_of(note.member));
  }
  model.checks = make_check_plan(*source.record, source.rules, source.nodes);
  model.checks.checks.insert(model.checks.checks.end(), source.nested.begin(), source.nested.end());
  name_columns(model.checks, source.notes);
  return model;
}

void name_columns(CheckPlan& plan, std::span<const Note> notes) {
  for (const Note& note : notes) {
    for (Check& check : plan.checks) {
      if (note.says == Note::Says::Rename && check.member->name == note.member) {
        check.column = note.text;
      }
    }
  }
}

LogicalType lower_type(const Type& type) {
  switch (type.kind) {
    case Kind::Bool: return {schema::Boolean{}};
    case Kind::Int8: return integer(8, true);
    case Kind::Int16: return integer(16, true);
    case Kind::Int32: return integer(32, true);
    case Kind::Int64: return integer(64, true);
    case Kind::UInt8: return integer(8, false);
    case Kind::UInt16: return integer(16, false);
    case Kind::UInt32: return integer(32, false);
    case Kind::UInt64: return integer(64, false);
    case Kind::Float: return {schema::Float{.bits = 32}};
    case Kind::Double: return {schema::Float{.bits = 64}};
    case Kind::Decimal: return {schema::Decimal{.precision = type.precision, .scale = type.scale}};
    case Kind::Text:
    case Kind::Enum: return {schema::Text{}};
    case Kind::Bytes: return {schema::Bytes{}};
    case Kind::Date:
    case Kind::CalendarDate: return {schema::Date{}};
    case Kind::Time: return {schema::Time{}};
    case Kind::Instant: return {schema::Timestamp{.utc = true}};
    case Kind::LocalTime: return {schema::Timestamp{.utc = false}};
    case Kind::Uuid: return {schema::UuidType{}};
    case Kind::Json: return {schema::Json{}};
    case Kind::Optional: return lower_type(*type.element);
    case Kind::List: return {schema::List{.element = lower_type(*type.element)}};
    case Kind::BoolList: return {schema::List{.element = LogicalType{schema::Boolean{}}}};
    case Kind::Map:
      return {schema::Map{.key = lower_type(*type.key), .value = lower_type(*type.element)}};
    case Kind::Record: return {lower_record(type.record())};
  }
  return {};
}

schema::Schema lower_schema(const TableModel& model) {
  schema::Schema schema;
  for (const Column& column : model.columns) {
    schema.fields.push_back(
        {.name = column.name,
         .type = column.is_json ? LogicalType{schema::Json{}} : lower_type(*column.member->type),
         .nullable = column.nullable,
         .comment = column.comment});
  }
  schema.fields.push_back({.name = std::string(internal::kIngestIdColumn),
                           .type = {schema::Text{}},
                           .nullable = true,
                           .comment = {}});
  return schema;
}

plan::CreateTable lower_create(const TableModel& model) {
  plan::CreateTable create;
  // A model's table name is checked when the session first uses it; here it is one part at worst.
  Result<plan::TableId> target = plan::parse_table_id(model.table);
  create.target = target.has_value() ? *std::move(target) : plan::TableId{{model.table}};
  create.schema = lower_schema(model);
  create.primary_key = model.key;
  for (const PartitionBy& partition : model.partition_by) {
    create.partition_by.push_back({.column = partition.column,
                                   .transform = transform_of(partition.by),
                                   .parameter = partition.parameter});
  }
  create.sort_by = model.sort_by;
  return create;
}

plan::Expr lower_checks(const TableModel& model) {
  std::vector<plan::Expr> conditions;
  for (const Check& check : model.checks.checks) {
    if (check.rule == nullptr) {
      continue;
    }
    const Column& column = *model.find_member(check.member->name);
    const Type& type = *check.member->type;
    const LowerTarget target{.column = column.name,
                             .type = column.nullable ? type.element : &type,
                             .column_of = column_of_member,
                             .state = &model};
    if (std::optional<plan::Expr> lowered = lower_rule(*check.rule, target, column.nullable)) {
      conditions.push_back(*std::move(lowered));
    }
  }
  return plan::all_of(std::move(conditions));
}

}  // namespace sluice::orm
