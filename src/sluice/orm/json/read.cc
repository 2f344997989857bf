#include "sluice/orm/json/read.h"

#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sluice/orm/json/scanner_internal.h"
#include "sluice/orm/record/enum_value.h"
#include "sluice/orm/record/text_values.h"
#include "sluice/orm/record/utf8.h"
#include "sluice/orm/record/values.h"

namespace sluice::orm {
namespace {

template <class V>
bool store(void* out, V value) {
  std::memcpy(out, &value, sizeof(V));
  return true;
}

/// A number of at most 15 digits without an exponent: digits and power of ten are exact as doubles,
/// so their quotient is the nearest double.
bool short_real(std::string_view token, double& number) {
  constexpr std::array kPowers{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const bool is_negative = token.front() == '-';
  token.remove_prefix(is_negative ? 1 : 0);
  if (token.size() > 16) {
    return false;
  }
  std::uint64_t digits = 0;
  std::size_t point = token.size();
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '.') {
      point = i + 1;
    } else if ((token[i] | 0x20) == 'e') {
      return false;
    } else {
      digits = digits * 10 + static_cast<std::uint64_t>(token[i] - '0');
    }
  }
  if (token.size() == 16 && point == token.size()) {
    return false;
  }
  const double value = static_cast<double>(digits) / kPowers[token.size() - point];
  number = is_negative ? -value : value;
  return true;
}

/// Walks the bytes and the descriptor side by side. After a false return `scan` holds the fault.
class Reader {
 public:
  Reader(std::string_view bytes, int depth_max) : scan_(bytes), depth_max_(depth_max) {}

  bool value(const Type& type, void* out);
  bool record(const Record& record, void* out, std::uint64_t may_miss = 0);
  bool end() {
    scan_.skip_blanks();
    return scan_.at_end() || scan_.fail("nothing more was expected");
  }
  Error error() const { return scan_.error(path()); }

 private:
  bool boolean(void* out);
  template <class V>
  bool integer(void* out);
  template <class V>
  bool real(void* out);
  bool decimal(const Type& type, void* out);
  bool text(std::string& out);
  bool has_form(const Type& type, const std::string& text);
  bool short_text(std::string_view& out, std::string_view wanted);
  bool parsed_text(const Type& type, void* out);
  bool bytes(const Type& type, void* out);
  bool raw_json(std::string& out);
  bool optional(const Type& type, void* out);
  bool list(const Type& type, void* out);
  bool bits(std::vector<bool>& out);
  bool map(const Type& type, void* out);
  bool key_of(const Record& record, std::size_t expected, std::size_t& found);
  bool missing(const Record& record, std::uint64_t seen);
  std::string path() const;

  /// One step of the path: a member, or an index when there is no name.
  struct Step {
    const char* name;
    std::size_t name_size;
    std::size_t index;
  };
  static Step member_step(std::string_view name) { return {name.data(), name.size(), 0}; }

  bool enter(Step step) {
    if (depth_ >= depth_max_ || depth_ >= static_cast<int>(steps_.size())) {
      return scan_.fail("the value is nested too deeply");
    }
    steps_[static_cast<std::size_t>(depth_++)] = step;
    return true;
  }
  void leave() { --depth_; }
  Step& step() { return steps_[static_cast<std::size_t>(depth_ - 1)]; }

  Scanner scan_;
  int depth_max_;
  int depth_ = 0;
  std::array<Step, 256> steps_;  // not initialised: `depth_` says how many are
  std::string unescaped_;        // of keys and short texts with escapes only
};

std::string Reader::path() const {
  std::string path = "$";
  for (int i = 0; i < depth_; ++i) {
    const Step& step = steps_[static_cast<std::size_t>(i)];
    path += step.name == nullptr ? fmt::format("[{}]", step.index)
                                 : fmt::format(".{}", std::string_view(step.name, step.name_size));
  }
  return path;
}

bool Reader::boolean(void* out) {
  if (scan_.take_word("true")) {
    return store(out, true);
  }
  if (scan_.take_word("false")) {
    return store(out, false);
  }
  return scan_.fail("true or false was expected");
}

template <class V>
bool Reader::integer(void* out) {
  std::string_view token;
  bool is_whole = false;
  if (!scan_.take_number(token, is_whole)) {
    return scan_.fail("a whole number was expected");
  }
  if (!is_whole) {
    return scan_.fail_at(token, "a whole number was expected, without fraction or exponent");
  }
  V number = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (code != std::errc{} || end != token.data() + token.size()) {
    return scan_.fail_at(token, std::is_signed_v<V>
                                    ? "a number that fits the integer was expected"
                                    : "a number that fits the unsigned integer was expected");
  }
  return store(out, number);
}

template <class V>
bool Reader::real(void* out) {
  std::string_view token;
  bool is_whole = false;
  if (!scan_.take_number(token, is_whole)) {
    return scan_.fail("a number was expected");
  }
  V number = 0;
  if constexpr (std::is_same_v<V, double>) {
    if (short_real(token, number)) {
      return store(out, number);
    }
  }
  const auto result = std::from_chars(token.data(), token.data() + token.size(), number);
  if (result.ec != std::errc{}) {
    return scan_.fail_at(token, "a number within the range of the type was expected");
  }
  return store(out, number);
}

bool Reader::decimal(const Type& type, void* out) {
  std::string_view token;
  bool is_whole = false;
  if (scan_.peek() == '"') {
    if (!short_text(token, "a decimal number was expected")) {
      return false;
    }
  } else if (!scan_.take_number(token, is_whole)) {
    return scan_.fail("a decimal number was expected");
  }
  const Result<Int128> unscaled = parse_decimal(token, type.precision, type.scale);
  return unscaled.has_value()
             ? store(out, *unscaled)
             : scan_.fail_at(token, "a decimal number with the digits of the column was expected");
}

bool Reader::text(std::string& out) {
  out.clear();
  return scan_.take_text(out);
}

bool Reader::has_form(const Type& type, const std::string& text) {
  return type.form == nullptr || type.form->holds(text) ||
         scan_.fail_at(scan_.last_token(), type.form->wanted);
}

/// A text that is looked at and not kept: a view of the input, or of `unescaped_`.
bool Reader::short_text(std::string_view& out, std::string_view wanted) {
  if (scan_.peek() != '"') {
    return scan_.fail(wanted);
  }
  return scan_.take_text_view(out, unescaped_);
}

bool Reader::parsed_text(const Type& type, void* out) {
  std::string_view token;
  const auto parsed = [&](bool good, std::string_view wanted) {
    return good || scan_.fail_at(token, wanted);
  };
  if (type.kind == Kind::Enum) {
    return short_text(token, "the name of a value was expected") &&
           parsed(store_enum_by_name(type, out, token), "the name of a value was expected");
  }
  if (type.kind == Kind::Uuid) {
    constexpr std::string_view kWanted = "a UUID was expected";
    if (!short_text(token, kWanted)) {
      return false;
    }
    const Result<Uuid> id = parse_uuid(token);
    return id.has_value() ? store(out, *id) : parsed(false, kWanted);
  }
  if (type.kind == Kind::Instant) {
    constexpr std::string_view kWanted = "an instant as 2026-01-31T23:59:59Z was expected";
    if (!short_text(token, kWanted)) {
      return false;
    }
    const Result<sys_micros> instant = parse_instant(token);
    return instant.has_value() && token.size() > 10 ? store(out, *instant) : parsed(false, kWanted);
  }
  if (type.kind == Kind::Time) {
    constexpr std::string_view kWanted = "a time as 23:59:59 was expected";
    return short_text(token, kWanted) &&
           parsed(parse_time(token, *static_cast<TimeOfDay*>(out)), kWanted);
  }
  if (type.kind == Kind::LocalTime) {
    constexpr std::string_view kWanted = "a local time as 2026-01-31T23:59:59 was expected";
    return short_text(token, kWanted) &&
           parsed(parse_local(token, *static_cast<local_micros*>(out)), kWanted);
  }
  constexpr std::string_view kWanted = "a date as 2026-01-31 was expected";
  std::chrono::sys_days day;
  if (!short_text(token, kWanted) || !parsed(parse_date(token, day), kWanted)) {
    return false;
  }
  return type.kind == Kind::Date ? store(out, day) : store(out, std::chrono::year_month_day(day));
}

bool Reader::bytes(const Type& type, void* out) {
  constexpr std::string_view kWanted = "bytes in base 64 were expected";
  std::string_view token;
  if (!short_text(token, kWanted)) {
    return false;
  }
  const std::size_t padding = token.ends_with("==") ? 2 : token.ends_with('=') ? 1 : 0;
  if (token.size() % 4 != 0) {
    return scan_.fail_at(token, kWanted);
  }
  const std::size_t size = token.size() / 4 * 3 - padding;
  auto* to = static_cast<std::uint8_t*>(type.list->resize(out, size));
  return decode_base64(token.substr(0, token.size() - padding), to) ||
         scan_.fail_at(token, kWanted);
}

bool Reader::raw_json(std::string& out) {
  std::string_view token;
  if (!scan_.skip_value(depth_, depth_max_, token)) {
    return false;
  }
  out.assign(token);
  return true;
}

bool Reader::optional(const Type& type, void* out) {
  if (scan_.take_word("null")) {
    type.optional->reset(out);
    return true;
  }
  return value(*type.element, type.optional->emplace(out));
}

bool Reader::list(const Type& type, void* out) {
  if (!scan_.take('[')) {
    return scan_.fail("a list was expected");
  }
  std::size_t size = 0;
  const bool is_fixed = type.list->resize(out, 0) == nullptr && type.list->size(out) > 0;
  const std::size_t fixed_size = is_fixed ? type.list->size(out) : 0;
  if (scan_.take(']')) {
    return !is_fixed || scan_.fail("as many elements as the array has were expected");
  }
  if (!enter({nullptr, 0, 0})) {
    return false;
  }
  do {
    step().index = size++;
    if (is_fixed && size > fixed_size) {
      return scan_.fail("no more elements were expected");
    }
    void* data = type.list->resize(out, is_fixed ? fixed_size : size);
    if (!value(*type.element, static_cast<std::byte*>(data) + (size - 1) * type.element->size)) {
      return false;
    }
  } while (scan_.take(','));
  leave();
  if (!scan_.take(']')) {
    return scan_.fail("a comma or the end of the list was expected");
  }
  return !is_fixed || size == fixed_size ||
         scan_.fail("as many elements as the array has were expected");
}

bool Reader::bits(std::vector<bool>& out) {
  out.clear();
  if (!scan_.take('[')) {
    return scan_.fail("a list was expected");
  }
  if (scan_.take(']')) {
    return true;
  }
  do {
    bool bit = false;
    if (!boolean(&bit)) {
      return false;
    }
    out.push_back(bit);
  } while (scan_.take(','));
  return scan_.take(']') || scan_.fail("a comma or the end of the list was expected");
}

bool Reader::map(const Type& type, void* out) {
  if (type.key->kind != Kind::Text || type.key->form != nullptr) {
    return scan_.fail("a map whose keys are text was declared for JSON");
  }
  if (!scan_.take('{')) {
    return scan_.fail("an object was expected");
  }
  if (scan_.take('}')) {
    return true;
  }
  do {
    std::string key;
    if (!text(key)) {
      return scan_.fail("a key was expected");
    }
    const std::string_view name = scan_.last_token();
    void* held = type.map->emplace(out, &key);
    if (held == nullptr) {
      return scan_.fail_at(name, "each key once was expected");
    }
    if (!scan_.take(':')) {
      return scan_.fail("a colon was expected");
    }
    if (!enter(member_step(name)) || !value(*type.element, held)) {
      return false;
    }
    leave();
  } while (scan_.take(','));
  return scan_.take('}') || scan_.fail("a comma or the end of the object was expected");
}

/// The member the next key names; the one after the last is tried first.
bool Reader::key_of(const Record& record, std::size_t expected, std::size_t& found) {
  const std::size_t members = record.members.size();
  if (expected < members) {
    const std::string_view usual = record.members[expected].json_key;
    // Of a key with a backslash the same bytes in the input are an escape.
    if (usual.find('\\') == std::string_view::npos && scan_.take_exactly(usual)) {
      found = expected;
      return true;
    }
  }
  std::string_view key;
  if (!short_text(key, "a key was expected")) {
    return false;
  }
  for (std::size_t tried = 0; tried < members; ++tried, ++expected) {
    expected = expected >= members ? 0 : expected;
    if (record.members[expected].json_key == key) {
      found = expected;
      return true;
    }
  }
  return scan_.fail_at(key, "a key that the struct declares was expected");
}

bool Reader::missing(const Record& record, std::uint64_t seen) {
  for (std::size_t i = 0; i < record.members.size(); ++i) {
    if ((seen >> i & 1) == 0 && record.members[i].type->kind != Kind::Optional) {
      return scan_.fail_about(record.members[i].json_key,
                              "a member that is not optional is missing");
    }
  }
  return true;
}

bool Reader::record(const Record& record, void* out, std::uint64_t may_miss) {
  if (!scan_.take('{')) {
    return scan_.fail("an object was expected");
  }
  std::uint64_t seen = 0;
  std::size_t next = 0;
  if (!scan_.take('}')) {
    do {
      std::size_t at = 0;
      if (!key_of(record, next, at)) {
        return false;
      }
      const Member& member = record.members[at];
      if ((seen >> at & 1) != 0) {
        return scan_.fail_at(member.json_key, "each key once was expected");
      }
      seen |= std::uint64_t{1} << at;
      next = at + 1;
      if (!scan_.take(':')) {
        return scan_.fail("a colon was expected");
      }
      if (!enter(member_step(member.json_key)) ||
          !value(*member.type, static_cast<std::byte*>(out) + member.offset)) {
        return false;
      }
      leave();
    } while (scan_.take(','));
    if (!scan_.take('}')) {
      return scan_.fail("a comma or the end of the object was expected");
    }
  }
  return missing(record, seen | may_miss);
}

bool Reader::value(const Type& type, void* out) {
  scan_.skip_blanks();
  switch (type.kind) {
    case Kind::Bool: return boolean(out);
    case Kind::Int8: return integer<std::int8_t>(out);
    case Kind::Int16: return integer<std::int16_t>(out);
    case Kind::Int32: return integer<std::int32_t>(out);
    case Kind::Int64: return integer<std::int64_t>(out);
    case Kind::UInt8: return integer<std::uint8_t>(out);
    case Kind::UInt16: return integer<std::uint16_t>(out);
    case Kind::UInt32: return integer<std::uint32_t>(out);
    case Kind::UInt64: return integer<std::uint64_t>(out);
    case Kind::Float: return real<float>(out);
    case Kind::Double: return real<double>(out);
    case Kind::Decimal: return decimal(type, out);
    case Kind::Text:
      return text(*static_cast<std::string*>(out)) &&
             has_form(type, *static_cast<std::string*>(out));
    case Kind::Bytes: return bytes(type, out);
    case Kind::Date:
    case Kind::CalendarDate:
    case Kind::Time:
    case Kind::Instant:
    case Kind::LocalTime:
    case Kind::Uuid:
    case Kind::Enum: return parsed_text(type, out);
    case Kind::Json: return raw_json(static_cast<JsonText*>(out)->text);
    case Kind::Optional: return optional(type, out);
    case Kind::List: return list(type, out);
    case Kind::BoolList: return bits(*static_cast<std::vector<bool>*>(out));
    case Kind::Map: return map(type, out);
    case Kind::Record: return record(type.record(), out);
  }
  return false;
}

Status too_large(std::size_t size, std::size_t bytes_max) {
  return make_error(ErrorCode::ResourceExhausted,
                    fmt::format("JSON of at most {} bytes was expected, got {}", bytes_max, size))
      .with_hint("send many records as NDJSON, or raise JsonLimits::bytes_max");
}

}  // namespace

Status read_json(std::string_view bytes, const Type& type, void* out, const JsonLimits& limits) {
  if (bytes.size() > limits.bytes_max) {
    return too_large(bytes.size(), limits.bytes_max);
  }
  Reader reader(bytes, limits.depth_max);
  return reader.value(type, out) && reader.end() ? Status{} : Status(reader.error());
}

Status read_json_record(std::string_view bytes, const Record& record, void* out,
                        const JsonLimits& limits, std::uint64_t may_miss) {
  if (bytes.size() > limits.bytes_max) {
    return too_large(bytes.size(), limits.bytes_max);
  }
  Reader reader(bytes, limits.depth_max);
  return reader.record(record, out, may_miss) && reader.end() ? Status{} : Status(reader.error());
}

Status check_json(std::string_view bytes, const JsonLimits& limits) {
  if (bytes.size() > limits.bytes_max) {
    return too_large(bytes.size(), limits.bytes_max);
  }
  Scanner scan(bytes);
  std::string_view token;
  const bool good = scan.skip_value(0, limits.depth_max, token);
  scan.skip_blanks();
  if (good && (scan.at_end() || scan.fail("nothing more was expected"))) {
    return {};
  }
  return scan.error("$");
}

Error in_line(Error error, std::uint32_t line) {
  if (error.at.has_value()) {
    error.at->line = line;
  }
  return std::move(error).with_context(fmt::format("reading line {}", line));
}

}  // namespace sluice::orm
