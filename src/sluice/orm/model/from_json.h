// sluice::from_json: a payload into a record, strictly, and then its rules. The counterpart of
// validate at the edge of a service: what does not pass is a 400, and nothing was touched.
// Stateless; safe from any thread. The payload is only read, and only during the call. An
// NdjsonReader refers to its text until the end, or holds one line of its source at a time; it is
// used by one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "sluice/orm/json/line_reader.h"
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

/// Records from NDJSON, one by one. Lines hold one object each; blank lines are skipped. An error
/// names its line and does not end the reading, unless it is the source's own.
template <class T>
class NdjsonReader {
 public:
  /// The bytes outlive the reader.
  explicit NdjsonReader(std::string_view bytes, const JsonLimits& limits = {})
      : lines_(bytes), limits_(limits) {}
  /// Of any length, read as it comes: memory is one line, of at most limits.bytes_max.
  explicit NdjsonReader(ByteSource source, const JsonLimits& limits = {})
      : lines_(std::move(source), limits.bytes_max), limits_(limits) {}

  /// The next record; empty at the end.
  Result<std::optional<T>> next() {
    Result<std::optional<std::string_view>> line = lines_.next();
    if (!line.has_value()) {
      return orm::in_line(std::move(line).error(), lines_.number());
    }
    if (!line->has_value()) {
      return std::optional<T>{};
    }
    Result<T> record = from_json<T>(**line, limits_);
    if (!record.has_value()) {
      return orm::in_line(std::move(record).error(), lines_.number());
    }
    return std::optional<T>(*std::move(record));
  }

 private:
  orm::LineReader lines_;
  JsonLimits limits_;
};

}  // namespace sluice
