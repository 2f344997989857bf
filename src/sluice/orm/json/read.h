// Strict JSON into records. What is not exactly what the struct declares is an error with its path,
// line and column: an unknown key at any depth, a key twice, a key in other letters, a value of
// another type, a number that does not fit, a fraction in an integer, a lone surrogate, bytes that
// are not UTF-8, anything behind the value, a missing or null member that is not optional, too
// deep, too large. Nothing is allocated but what the record itself holds.
//
// One pass over the bytes, no tree. Stateless; safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/base/limits.h"
#include "sluice/base/result.h"
#include "sluice/orm/record/type.h"

namespace sluice::orm {

struct JsonLimits {
  std::size_t bytes_max = limits::kJsonBytesMax;
  int depth_max = limits::kDocumentDepthMax;
};

/// Reads one JSON value into `out`, a fresh value of `type`. After an error `out` is half filled.
Status read_json(std::string_view bytes, const Type& type, void* out,
                 const JsonLimits& limits = {});

/// As read_json for an aggregate. `may_miss`: a bit for each member that need not be there.
Status read_json_record(std::string_view bytes, const Record& record, void* out,
                        const JsonLimits& limits = {}, std::uint64_t may_miss = 0);

/// One JSON value of any shape; keys that come twice are not looked for.
Status check_json(std::string_view bytes, const JsonLimits& limits = {});

/// `error` as one of line number `line` of a longer text.
Error in_line(Error error, std::uint32_t line);

}  // namespace sluice::orm
