#include "sluice/orm/session/query.h"

#include "sluice/plan/write.h"

namespace sluice::orm {

plan::Value null_value() { return plan::Null{}; }
plan::Value bool_value(bool value) { return value; }
plan::Value integer_value(std::int64_t value) { return value; }
plan::Value unsigned_value(std::uint64_t value) { return value; }
plan::Value real_value(double value) { return value; }
plan::Value text_value(std::string_view value) { return std::string(value); }
plan::Value time_value(TimeOfDay time) {
  return plan::TimeValue{.micros_of_day = time.since_midnight.count()};
}

plan::Value date_value(std::chrono::sys_days day) {
  return plan::DateValue{static_cast<std::int32_t>(day.time_since_epoch().count())};
}

plan::Value decimal_value(Int128 unscaled, int scale) {
  return plan::DecimalValue{decimal_text(unscaled, scale)};
}

plan::Expr column_of(const TableModel& model, std::string_view member) {
  return plan::column(model.find_member(member)->name);
}

plan::Expr compared(plan::BinaryOp op, plan::Expr left, plan::Value right) {
  return plan::binary(op, std::move(left), plan::literal(std::move(right)));
}

plan::Expr listed(plan::Expr left, std::vector<plan::Value> values) {
  return plan::Expr{plan::In{.operand = std::move(left), .values = std::move(values)}};
}

plan::Expr starting_with(plan::Expr left, std::string_view text) {
  std::string pattern = "^";
  for (const char c : text) {
    const bool is_sign = std::string_view{"\\.+*?()[]{}^$|"}.find(c) != std::string_view::npos;
    pattern += is_sign ? std::string{'\\', c} : std::string(1, c);
  }
  return compared(plan::BinaryOp::RegexMatches, std::move(left), pattern);
}

plan::Read read_of(const TableModel& model) {
  plan::Read read{.from = lower_create(model).target, .columns = {}, .where = {}, .order_by = {}};
  for (const Column& column : model.columns) {
    read.columns.push_back(column.name);
  }
  return read;
}

}  // namespace sluice::orm
