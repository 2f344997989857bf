// Any bytes: from_json takes exactly what an independent parser and a hand-written check of the
// struct take, and what it took is written back as JSON that reads as the same record.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "sluice/base/assert.h"
#include "sluice/base/limits.h"
#include "sluice/orm/json/write.h"
#include "sluice/orm/model/from_json.h"

namespace fuzzed {

struct Inner {
  std::int8_t small;
  std::optional<std::string> note;
};

struct Payload {
  std::int64_t id;
  std::string name;
  std::optional<double> score;
  bool good;
  std::vector<std::uint16_t> numbers;
  std::map<std::string, std::string> labels;
  std::optional<Inner> inner;
};

}  // namespace fuzzed

namespace {

using nlohmann::json;

/// Where the other parser is lenient: it skips a byte order mark and takes a NUL for the end.
bool is_lenient_there(std::string_view bytes) {
  return bytes.starts_with("\xef\xbb\xbf") || bytes.find('\0') != bytes.npos;
}

/// The document, unless it is none or a key comes twice in one object.
std::optional<json> parse(std::string_view bytes) {
  if (is_lenient_there(bytes)) {
    return std::nullopt;
  }
  std::vector<std::set<std::string>> keys;
  bool is_unique = true;
  const json::parser_callback_t watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == json::parse_event_t::key) {
      is_unique &= keys.back().insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  json document = json::parse(bytes.begin(), bytes.end(), watch, false);
  return document.is_discarded() || !is_unique ? std::nullopt : std::optional(std::move(document));
}

bool is_integer(const json& value, std::int64_t low, std::int64_t high) {
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return false;
  }
  return value.is_number_integer() && value.get<std::int64_t>() >= low &&
         value.get<std::int64_t>() <= high;
}

/// Which keys an object has: all of `required`, any of `optional`, no others.
bool has_keys(const json& object, const std::set<std::string>& required,
              const std::set<std::string>& optional) {
  std::size_t found = 0;
  for (const auto& [key, value] : object.items()) {
    found += required.contains(key) ? 1U : 0U;
    if (!required.contains(key) && !optional.contains(key)) {
      return false;
    }
  }
  return found == required.size();
}

bool is_inner(const json& value) {
  if (!value.is_object() || !has_keys(value, {"small"}, {"note"})) {
    return false;
  }
  const json note = value.value("note", json());
  return is_integer(value["small"], -128, 127) && (note.is_null() || note.is_string());
}

bool is_payload(const json& value) {
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  if (!value.is_object() ||
      !has_keys(value, {"id", "name", "good", "numbers", "labels"}, {"score", "inner"})) {
    return false;
  }
  const json score = value.value("score", json());
  const json inner = value.value("inner", json());
  bool good = is_integer(value["id"], kLow, kHigh) && value["name"].is_string() &&
              value["good"].is_boolean() && value["numbers"].is_array() &&
              value["labels"].is_object() && (score.is_null() || score.is_number()) &&
              (inner.is_null() || is_inner(inner));
  if (good) {
    for (const json& number : value["numbers"]) {
      good &= is_integer(number, 0, 65'535);
    }
    for (const json& label : value["labels"]) {
      good &= label.is_string();
    }
  }
  return good;
}

/// A fraction too small for a double is refused here and zero there.
bool has_vanished(const json& value) {
  const json score = value.is_object() ? value.value("score", json()) : json();
  return score.is_number_float() && score.get<double>() == 0.0;
}

std::string written(const fuzzed::Payload& payload) {
  const sluice::orm::Record& record = sluice::orm::record_of<fuzzed::Payload>();
  std::string text = "{";
  for (const sluice::orm::Member& member : record.members) {
    text += (text.size() > 1 ? ",\"" : "\"") + std::string(member.name) + "\":";
    const auto* at = reinterpret_cast<const std::byte*>(&payload) + member.offset;
    SLUICE_ASSERT(sluice::orm::append_json(text, *member.type, at), "a record is written");
  }
  return text + "}";
}

/// What we read, written as JSON, is what the other parser read: a member that is missing there is
/// null here, numbers are compared by value.
bool is_same(const json& ours, const json& theirs) {
  if (ours.is_object() && theirs.is_object()) {
    bool same = true;
    for (const auto& [key, value] : ours.items()) {
      same &= is_same(value, theirs.value(key, json()));
    }
    for (const auto& [key, value] : theirs.items()) {
      same &= ours.contains(key) || value.is_null();
    }
    return same;
  }
  if (ours.is_array() && theirs.is_array()) {
    bool same = ours.size() == theirs.size();
    for (std::size_t i = 0; same && i < ours.size(); ++i) {
      same = is_same(ours[i], theirs[i]);
    }
    return same;
  }
  return ours == theirs ||
         (ours.is_number() && theirs.is_number() && ours.get<double>() == theirs.get<double>());
}

/// Of any shape: what only one of both takes has a number beyond doubles or is nested too deeply.
void check_any(std::string_view bytes) {
  const bool ours = sluice::orm::check_json(bytes).has_value();
  const bool theirs = !is_lenient_there(bytes) && json::accept(bytes.begin(), bytes.end());
  const bool may_overflow = bytes.find_first_of("eE") != bytes.npos || bytes.size() > 300;
  std::size_t opened = 0;
  for (const char c : bytes) {
    opened += c == '[' || c == '{' ? 1U : 0U;
  }
  const bool may_be_deep = opened >= static_cast<std::size_t>(sluice::limits::kDocumentDepthMax);
  SLUICE_ASSERT(ours == theirs || (ours && may_overflow) || (theirs && may_be_deep),
                "both parsers agree on JSON of any shape");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_any(bytes);
  const sluice::Result<fuzzed::Payload> ours = sluice::from_json<fuzzed::Payload>(bytes);
  const std::optional<json> theirs = parse(bytes);
  if (theirs.has_value() && has_vanished(*theirs)) {
    return 0;
  }
  SLUICE_ASSERT(ours.has_value() == (theirs.has_value() && is_payload(*theirs)),
                "from_json takes what the other parser takes");
  if (ours.has_value()) {
    const std::string text = written(*ours);
    SLUICE_ASSERT(is_same(json::parse(text), *theirs), "both read the same values");
    SLUICE_ASSERT(ours->id == (*theirs)["id"].get<std::int64_t>(), "both read the same id");
    const sluice::Result<fuzzed::Payload> again = sluice::from_json<fuzzed::Payload>(text);
    SLUICE_ASSERT(again.has_value() && written(*again) == text, "what is written reads the same");
  }
  return 0;
}
