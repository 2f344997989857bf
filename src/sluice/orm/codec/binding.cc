#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "sluice/orm/codec/binding_internal.h"
#include "sluice/schema/arrow.h"

namespace sluice::orm {
namespace {

struct Source {
  Layout layout = Layout::Null;
  enum class Means : std::uint8_t {
    Nothing,
    Number,
    Text,
    Bytes,
    Date,
    Time,
    Instant,
    Local,
    Uuid
  };
  Means means = Means::Nothing;
  int scale = 0;
  std::int64_t width = 0;
  std::int64_t micros_up = 1;
  std::int64_t micros_down = 1;
};

using Means = Source::Means;

struct PlainSource {
  std::string_view format;
  Source source;
};

constexpr std::int64_t kMicrosOfSecond = 1'000'000;

const PlainSource kPlainSources[] = {
    {"n", {.layout = Layout::Null}},
    {"b", {.layout = Layout::Bit, .means = Means::Number}},
    {"c", {.layout = Layout::Int8, .means = Means::Number}},
    {"s", {.layout = Layout::Int16, .means = Means::Number}},
    {"i", {.layout = Layout::Int32, .means = Means::Number}},
    {"l", {.layout = Layout::Int64, .means = Means::Number}},
    {"C", {.layout = Layout::UInt8, .means = Means::Number}},
    {"S", {.layout = Layout::UInt16, .means = Means::Number}},
    {"I", {.layout = Layout::UInt32, .means = Means::Number}},
    {"L", {.layout = Layout::UInt64, .means = Means::Number}},
    {"f", {.layout = Layout::Float, .means = Means::Number}},
    {"g", {.layout = Layout::Double, .means = Means::Number}},
    {"u", {.layout = Layout::Text, .means = Means::Text}},
    {"U", {.layout = Layout::LargeText, .means = Means::Text}},
    {"vu", {.layout = Layout::TextView, .means = Means::Text}},
    {"z", {.layout = Layout::Text, .means = Means::Bytes}},
    {"Z", {.layout = Layout::LargeText, .means = Means::Bytes}},
    {"vz", {.layout = Layout::TextView, .means = Means::Bytes}},
    {"tdD", {.layout = Layout::Int32, .means = Means::Date}},
    {"tts", {.layout = Layout::Int32, .means = Means::Time, .micros_up = kMicrosOfSecond}},
    {"ttm", {.layout = Layout::Int32, .means = Means::Time, .micros_up = 1000}},
    {"ttu", {.layout = Layout::Int64, .means = Means::Time}},
    {"ttn", {.layout = Layout::Int64, .means = Means::Time, .micros_down = 1000}},
    {"+l", {.layout = Layout::List}},
    {"+L", {.layout = Layout::LargeList}},
    {"+m", {.layout = Layout::List}},
    {"+s", {.layout = Layout::Struct}},
};

std::optional<Source> timestamp_source(std::string_view format) {
  // "ts" unit ":" zone
  if (format.size() < 4 || !format.starts_with("ts") || format[3] != ':') {
    return std::nullopt;
  }
  Source source{.layout = Layout::Int64,
                .means = format.size() > 4 ? Means::Instant : Means::Local};
  switch (format[2]) {
    case 's': source.micros_up = kMicrosOfSecond; return source;
    case 'm': source.micros_up = 1000; return source;
    case 'u': return source;
    case 'n': source.micros_down = 1000; return source;
    default: return std::nullopt;
  }
}

std::optional<Source> source_of(const ArrowSchema& arrow) {
  const std::string_view format = arrow.format;
  for (const PlainSource& plain : kPlainSources) {
    if (plain.format == format) {
      return plain.source;
    }
  }
  if (const std::optional<Source> timestamp = timestamp_source(format)) {
    return timestamp;
  }
  if (format.starts_with("w:")) {
    const std::int64_t width = std::stoll(std::string(format.substr(2)));
    return Source{.layout = Layout::FixedBytes,
                  .means = width == 16 ? Means::Uuid : Means::Bytes,
                  .width = width};
  }
  if (format.starts_with("d:")) {
    const std::string_view numbers = format.substr(2);
    const std::size_t comma = numbers.find(',');
    const std::string_view width = numbers.substr(numbers.find_last_of(','));
    if (comma == std::string_view::npos || width == ",256" || width == ",64" || width == ",32") {
      return std::nullopt;
    }
    return Source{.layout = Layout::Decimal128,
                  .means = Means::Number,
                  .scale = std::stoi(std::string(numbers.substr(comma + 1)))};
  }
  return std::nullopt;
}

bool is_integer_kind(Kind kind) { return kind >= Kind::Int8 && kind <= Kind::UInt64; }

/// True when no value of the source loses anything in the member, or each is checked.
bool reads(Kind kind, const Source& source) {
  const bool is_real = source.layout == Layout::Float || source.layout == Layout::Double;
  const bool is_whole = source.means == Means::Number && source.layout != Layout::Bit && !is_real;
  switch (kind) {
    case Kind::Bool: return source.layout == Layout::Bit;
    case Kind::Int8:
    case Kind::Int16:
    case Kind::Int32:
    case Kind::Int64:
    case Kind::UInt8:
    case Kind::UInt16:
    case Kind::UInt32:
    case Kind::UInt64: return is_whole;
    case Kind::Float: return source.layout == Layout::Float || (is_whole && source.scale == 0);
    case Kind::Double: return is_real || (is_whole && source.scale == 0);
    case Kind::Decimal: return is_whole;
    case Kind::Text: return source.means == Means::Text || source.means == Means::Uuid;
    case Kind::Json:
    case Kind::Enum: return source.means == Means::Text;
    case Kind::Bytes: return source.means == Means::Bytes || source.means == Means::Uuid;
    case Kind::Date:
    case Kind::CalendarDate: return source.means == Means::Date;
    case Kind::Time: return source.means == Means::Time;
    case Kind::Instant: return source.means == Means::Instant;
    case Kind::LocalTime: return source.means == Means::Local;
    case Kind::Uuid: return source.means == Means::Uuid || source.means == Means::Text;
    case Kind::List:
    case Kind::BoolList:
    case Kind::Map: return source.layout == Layout::List || source.layout == Layout::LargeList;
    case Kind::Record: return source.layout == Layout::Struct;
    case Kind::Optional: return false;  // was unwrapped
  }
  return false;
}

std::string_view hint_for(Kind kind, const Source& source) {
  if (kind == Kind::Instant && source.means == Means::Local) {
    return "a timestamp without a zone is no instant: read it into sluice::local_micros, or CAST "
           "it "
           "to TIMESTAMPTZ";
  }
  if (kind == Kind::LocalTime && source.means == Means::Instant) {
    return "an instant is no local time: read it into sluice::sys_micros";
  }
  if (kind == Kind::Double || kind == Kind::Float) {
    return "read it into sluice::Decimal, or CAST it to DOUBLE in the query";
  }
  if (is_integer_kind(kind)) {
    return "CAST it in the query, or declare the member as the column's type";
  }
  return "declare the member as the column's type, or CAST it in the query";
}

Error cannot_read(const std::string& path, const ArrowSchema& arrow, std::string_view hint) {
  std::string column = arrow.format;
  ArrowSchema* child = const_cast<ArrowSchema*>(&arrow);  // read only
  ArrowSchema wrapper{};
  wrapper.format = "+s";
  wrapper.n_children = 1;
  wrapper.children = &child;
  const Result<schema::Schema> schema = schema::from_arrow(wrapper);
  if (schema.has_value() && !(*schema).fields.empty()) {
    column = schema::to_string((*schema).fields.front().type);
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("the member cannot hold what its column has, got {} for '{}'",
                                column, path))
      .with_hint(std::string(hint));
}

const ArrowSchema* find_child(const ArrowSchema& arrow, std::string_view name,
                              std::int64_t& index) {
  for (std::int64_t i = 0; i < arrow.n_children; ++i) {
    if (schema::same_column(arrow.children[i]->name, name)) {
      index = i;
      return arrow.children[i];
    }
  }
  return nullptr;
}

Status bind_record(Binding& binding, const ArrowSchema& arrow) {
  for (const Member& member : binding.type->record().members) {
    std::int64_t index = 0;
    const ArrowSchema* child = find_child(arrow, member.name, index);
    const std::string path = fmt::format("{}.{}", binding.path, member.name);
    if (child == nullptr) {
      return make_error(
          ErrorCode::InvalidArgument,
          fmt::format("every member needs a field of its column, got none for '{}'", path));
    }
    SLUICE_TRY(Binding inner, bind_type(*member.type, *child, path, false));
    inner.offset = member.offset;
    inner.child = index;
    binding.inner.push_back(std::move(inner));
  }
  return {};
}

Status bind_inner(Binding& binding, const ArrowSchema& arrow) {
  const Type& type = *binding.type;
  if (type.kind == Kind::Record) {
    return bind_record(binding, arrow);
  }
  if (type.kind == Kind::List) {
    SLUICE_TRY(Binding element,
               bind_type(*type.element, *arrow.children[0], binding.path + "[]", false));
    binding.inner.push_back(std::move(element));
  } else if (type.kind == Kind::BoolList) {
    if (std::string_view(arrow.children[0]->format) != "b") {
      return cannot_read(binding.path + "[]", *arrow.children[0], hint_for(type.kind, {}));
    }
  } else if (type.kind == Kind::Map) {
    const ArrowSchema& entries = *arrow.children[0];
    if (std::string_view(entries.format) != "+s" || entries.n_children != 2) {
      return cannot_read(binding.path, arrow, hint_for(type.kind, {}));
    }
    SLUICE_TRY(Binding key, bind_type(*type.key, *entries.children[0], binding.path, false));
    SLUICE_TRY(Binding value,
               bind_type(*type.element, *entries.children[1], binding.path + "[]", false));
    binding.inner.push_back(std::move(key));
    binding.inner.push_back(std::move(value));
  }
  return {};
}

}  // namespace

Result<Binding> bind_type(const Type& type, const ArrowSchema& arrow, std::string path,
                          bool is_json) {
  Binding binding{.type = &type, .is_json = is_json, .path = std::move(path), .inner = {}};
  if (type.kind == Kind::Optional) {
    SLUICE_TRY(Binding element, bind_type(*type.element, arrow, binding.path, is_json));
    binding.layout = element.layout;
    binding.inner.push_back(std::move(element));
    return binding;
  }
  const std::optional<Source> source = source_of(arrow);
  if (arrow.dictionary != nullptr) {
    SLUICE_TRY(Binding values, bind_type(type, *arrow.dictionary, binding.path, is_json));
    binding.layout = source.has_value() ? source->layout : Layout::Int32;
    binding.dictionary = std::make_unique<Binding>(std::move(values));
    return binding;
  }
  const bool is_null = source.has_value() && source->layout == Layout::Null;
  const bool good =
      source.has_value() &&
      (is_null || (is_json ? source->means == Means::Text : reads(type.kind, *source)));
  if (!good) {
    return cannot_read(binding.path, arrow, hint_for(type.kind, source.value_or(Source{})));
  }
  binding.layout = source->layout;
  binding.scale = source->scale;
  binding.width = source->width;
  binding.micros_up = source->micros_up;
  binding.micros_down = source->micros_down;
  if (!is_null && !is_json) {
    SLUICE_CHECK(bind_inner(binding, arrow));
  }
  return binding;
}

}  // namespace sluice::orm
