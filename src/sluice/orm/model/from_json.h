// sluice::from_json: a payload into a record, strictly, and then its rules. The counterpart of
// validate at the edge of a service: what does not pass is a 400, and nothing was touched.
// Stateless; safe from any thread. The payload is only read, and only during the call; an
// NdjsonReader refers to its text until the end.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "sluice/orm/json/read.h"
#include "sluice/orm/model/table_model.h"
#include "sluice/orm/model/validate.h"

namespace sluice::internal {

/// A bit for each member that keeps its initialiser where JSON does not name it.
template <class T>
constexpr std::uint64_t defaulted_members() {
  std::uint64_t members = 0;
  for (const orm::Note& note : model<T>.notes) {
    if (note.says == orm::Note::Says::Default) {
      members |= std::uint64_t{1} << find_member<T>(note.member);
    }
  }
  return members;
}

}  // namespace sluice::internal

namespace sluice {

using JsonLimits = orm::JsonLimits;

/// Reads one JSON object into a T and checks the rules of its model. InvalidArgument: not the JSON
/// of a T, with path, line and column. DataRejected: a rule failed.
template <class T>
Result<T> from_json(std::string_view bytes, const JsonLimits& limits = {}) {
  T record{};
  SLUICE_CHECK(orm::read_json_record(bytes, orm::record_of<T>(), &record, limits,
                                     internal::defaulted_members<T>()));
  const Verdict verdict = validate(record);
  if (!verdict.passed()) {
    return to_error(verdict);
  }
  return record;
}

/// Records from NDJSON, one by one. Lines hold one object each; blank lines are skipped. The bytes
/// outlive the reader; an error names its line and does not end the reading.
template <class T>
class NdjsonReader {
 public:
  explicit NdjsonReader(std::string_view bytes, const JsonLimits& limits = {})
      : rest_(bytes), limits_(limits) {}

  /// The next record; empty at the end.
  Result<std::optional<T>> next() {
    std::string_view line;
    while (orm::take_line(rest_, line)) {
      ++line_number_;
      if (orm::is_blank(line)) {
        continue;
      }
      Result<T> record = from_json<T>(line, limits_);
      if (!record.has_value()) {
        return orm::in_line(std::move(record).error(), line_number_);
      }
      return std::optional<T>(*std::move(record));
    }
    return std::optional<T>{};
  }

 private:
  std::string_view rest_;
  JsonLimits limits_;
  std::uint32_t line_number_ = 0;
};

}  // namespace sluice
