// What is made from a masked column is masked too, or says why it may be clear.
// Shorthands are exact; an expression is judged by the names in it, which errs to the safe side. A
// whole SELECT is judged where it is bound.
#include <algorithm>
#include <map>

#include "sluice/contract/check/checks_internal.h"

namespace sluice::contract::internal {
namespace {

class Taint {
 public:
  explicit Taint(const Checking& checking) : checking_(checking) {
    for (const Field& field : checking.contract.model.fields) {
      if (field.masking) {
        masked_.emplace(field.name.value, field.name.value);
      }
    }
  }

  void take(const Transformation& step) {
    const auto* derive = std::get_if<Derive>(&step.step);
    const bool is_declassified = derive != nullptr && derive->declassify.has_value();
    for (const MadeColumn& made : columns_made(step.step)) {
      for (const Text& source : made.sources) {
        const auto origin = masked_.find(source.value);
        if (origin != masked_.end() && source.value != made.column.value) {
          judge(made.column, origin->second, is_declassified, step);
          break;
        }
      }
    }
  }

 private:
  void judge(const Text& column, const std::string& origin, bool is_declassified,
             const Transformation& step) {
    const Field* field = checking_.contract.model.find(column.value);
    const bool is_masked = field != nullptr && field->masking.has_value();
    if (is_masked || is_declassified || (field != nullptr && field->declassify)) {
      return;
    }
    const Span& span = column.is_written() ? column.span : step.span;
    checking_.out.add(Code::MaskedLeak, span,
                      "the column is made from the masked field " + quoted(origin) +
                          " and stays clear: " + quoted(column.value),
                      "declare it with a masking, or say why: declassify: reason");
    masked_.emplace(column.value, origin);
  }

  const Checking& checking_;
  std::map<std::string, std::string> masked_;  // column -> the masked field it comes from
};

}  // namespace

void check_taint(const Checking& checking) {
  Taint taint(checking);
  for (const Transformation* step : checking.flow.steps()) {
    taint.take(*step);
  }
}

}  // namespace sluice::contract::internal
