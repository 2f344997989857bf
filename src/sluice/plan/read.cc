#include "sluice/plan/read.h"

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::plan {

std::string to_string(const Read& read) {
  std::string text = fmt::format(
      "read {} from {}",
      read.columns.empty() ? "*" : fmt::format("{}", fmt::join(read.columns, ", ")),
      std::visit(overloaded{[](const TableId& id) { return to_string(id); },
                            [](const Statement& sql) { return fmt::format("({})", sql.text); }},
                 read.from));
  if (read.where.has_value()) {
    text += " where " + to_string(*read.where);
  }
  for (std::size_t i = 0; i < read.order_by.size(); ++i) {
    text += fmt::format("{}{}{}", i == 0 ? " order by " : ", ", to_string(read.order_by[i].by),
                        read.order_by[i].descending ? " descending" : "");
  }
  if (read.limit.has_value()) {
    text += fmt::format(" limit {}", *read.limit);
  }
  if (read.offset != 0) {
    text += fmt::format(" offset {}", read.offset);
  }
  return text;
}

}  // namespace sluice::plan
