#include "sluice/run/pipeline/json_nulls.h"

#include <fstream>

namespace sluice::run {
namespace {

constexpr std::string_view kNull = "null";
constexpr std::string_view kBlanks = " \t\r\n\f\v";
/// Longer runs of blanks around it are taken for a reason to look closer.
constexpr std::size_t kAroundMax = 64;

/// Behind a key it is a value of a record, and behind anything else a part of a text, or one of
/// other records that are no objects.
bool is_perhaps_record(std::string_view text, std::size_t at) {
  constexpr std::string_view kBefore = "[,}]\xBF";  // the last: of a byte order mark
  const std::size_t from = at < kAroundMax ? 0 : at - kAroundMax;
  const std::string_view before = text.substr(from, at - from);
  const std::size_t last = before.find_last_not_of(kBlanks);
  return last == std::string_view::npos || kBefore.find(before[last]) != std::string_view::npos;
}

}  // namespace

bool may_be_null_record(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find(kNull, from); at != std::string_view::npos;
       at = text.find(kNull, at + kNull.size())) {
    if (is_perhaps_record(text, at)) {
      return true;
    }
  }
  return false;
}

Result<bool> may_hold_null_record(const Context& context, const std::string& path) {
  constexpr std::size_t kPart = std::size_t{1} << 20;
  constexpr std::size_t kKept = kAroundMax + kNull.size();
  if (path.ends_with(".gz") || path.ends_with(".zst")) {
    return true;
  }
  std::ifstream in(path, std::ios::binary);
  std::string part;
  while (in) {
    SLUICE_CHECK(context.check());
    const std::size_t kept = part.size();
    part.resize(kept + kPart);
    in.read(part.data() + kept, kPart);
    part.resize(kept + static_cast<std::size_t>(in.gcount()));
    if (may_be_null_record(part, kept < kNull.size() ? 0 : kept - kNull.size() + 1)) {
      return true;
    }
    part.erase(0, part.size() < kKept ? 0 : part.size() - kKept);
  }
  return !in.eof();
}

}  // namespace sluice::run
