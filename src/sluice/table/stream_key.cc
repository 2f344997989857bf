#include "sluice/table/stream_key.h"

#include <algorithm>
#include <map>

namespace sluice::table {
namespace {

bool is_lower_number(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

std::optional<StreamKey> split_key(std::string_view key) {
  const std::size_t mark = key.rfind('#');
  if (mark == std::string_view::npos || mark + 1 == key.size()) {
    return std::nullopt;
  }
  const std::string_view number = key.substr(mark + 1);
  const bool digits = std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::optional(StreamKey{.stream = key.substr(0, mark), .number = number})
                : std::nullopt;
}

std::set<std::string, std::less<>> find_newest_of_streams(const std::vector<std::string>& keys) {
  std::map<std::string_view, std::string_view> newest;  // stream -> key
  for (const std::string& key : keys) {
    const auto parts = split_key(key);
    if (!parts.has_value()) {
      continue;
    }
    const auto [seen, is_first] = newest.try_emplace(parts->stream, key);
    if (!is_first && is_lower_number(split_key(seen->second)->number, parts->number)) {
      seen->second = key;
    }
  }
  std::set<std::string, std::less<>> found;
  for (const auto& [stream, key] : newest) {
    found.emplace(key);
  }
  return found;
}

}  // namespace sluice::table
