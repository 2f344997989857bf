#include "sluice/orm/session/query.h"

#include "sluice/orm/session/value_internal.h"
#include "sluice/plan/expr.h"
#include "sluice/plan/read.h"
#include "sluice/plan/write.h"

namespace sluice {

template class Opaque<orm::BoundValue>;
template class Opaque<plan::Expr>;
template class Opaque<plan::Read>;

}  // namespace sluice

namespace sluice::orm {
namespace {

std::vector<plan::Value> values_of(std::initializer_list<Parameter> parameters) {
  std::vector<plan::Value> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    values.push_back(parameter->value);
  }
  return values;
}

}  // namespace

Parameter null_value() { return BoundValue{plan::Null{}}; }
Parameter bool_value(bool value) { return BoundValue{value}; }
Parameter integer_value(std::int64_t value) { return BoundValue{value}; }
Parameter unsigned_value(std::uint64_t value) { return BoundValue{value}; }
Parameter real_value(double value) { return BoundValue{value}; }
Parameter text_value(std::string_view value) { return BoundValue{std::string(value)}; }
Parameter bytes_value(std::span<const std::uint8_t> value) {
  return BoundValue{plan::BytesValue(value.begin(), value.end())};
}
Parameter time_value(TimeOfDay time) {
  return BoundValue{plan::TimeValue{.micros_of_day = time.since_midnight.count()}};
}
Parameter date_value(std::chrono::sys_days day) {
  return BoundValue{plan::DateValue{static_cast<std::int32_t>(day.time_since_epoch().count())}};
}
Parameter timestamp_value(sys_micros time) { return BoundValue{time}; }
Parameter uuid_value(const Uuid& value) { return BoundValue{value}; }
Parameter decimal_value(Int128 unscaled, int scale) {
  return BoundValue{plan::DecimalValue{decimal_text(unscaled, scale)}};
}

Expression column_of(const TableModel& model, std::string_view member) {
  return plan::column(model.find_member(member)->name);
}

Expression compared(plan::BinaryOp op, Expression left, Parameter right) {
  return plan::binary(op, std::move(*left), plan::literal(std::move(right->value)));
}

Expression combined(plan::BinaryOp op, Expression left, Expression right) {
  return plan::binary(op, std::move(*left), std::move(*right));
}

Expression applied(plan::UnaryOp op, Expression operand) {
  return plan::unary(op, std::move(*operand));
}

Expression listed(Expression left, std::initializer_list<Parameter> values) {
  return plan::Expr{plan::In{.operand = std::move(*left), .values = values_of(values)}};
}

Expression starting_with(Expression left, std::string_view text) {
  std::string pattern = "^";
  for (const char c : text) {
    const bool is_sign = std::string_view{"\\.+*?()[]{}^$|"}.find(c) != std::string_view::npos;
    pattern += is_sign ? std::string{'\\', c} : std::string(1, c);
  }
  return compared(plan::BinaryOp::RegexMatches, std::move(left), text_value(pattern));
}

ReadPlan read_of(const TableModel& model) {
  plan::Read read{.from = lower_create(model).target, .columns = {}, .where = {}, .order_by = {}};
  for (const Column& column : model.columns) {
    read.columns.push_back(column.name);
  }
  return read;
}

void add_condition(plan::Read& read, Expression condition) {
  read.where = read.where.has_value() ? plan::binary(plan::BinaryOp::And, *std::move(read.where),
                                                     std::move(*condition))
                                      : std::move(*condition);
}

void add_ordering(plan::Read& read, Expression by, bool descending) {
  read.order_by.push_back({.by = std::move(*by), .descending = descending});
}

void limit_rows(plan::Read& read, std::uint64_t rows) { read.limit = rows; }
void skip_rows(plan::Read& read, std::uint64_t rows) { read.offset = rows; }

plan::Statement statement_of(std::string text, std::initializer_list<Parameter> parameters) {
  return {std::move(text), values_of(parameters)};
}

}  // namespace sluice::orm
