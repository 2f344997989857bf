#include "sluice/orm/json/write.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sluice/orm/record/enum_value.h"
#include "sluice/orm/record/values.h"

namespace sluice::orm {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

template <class V>
V load(const void* value) {
  V loaded;
  std::memcpy(&loaded, value, sizeof(V));
  return loaded;
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<int>(c));
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

void append_base64(std::string& out, std::string_view bytes) {
  out.push_back('"');
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t taken = bytes.size() - i < 3 ? bytes.size() - i : 3;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < taken ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(k <= taken ? kBase64[group >> (18 - 6 * k) & 63] : '=');
    }
  }
  out.push_back('"');
}

template <class V>
bool append_real(std::string& out, V value) {
  if (!std::isfinite(value)) {
    out += "null";
    return false;
  }
  out += fmt::format("{}", value);
  return true;
}

bool append_elements(std::string& out, const Type& element, const void* data, std::size_t size) {
  bool good = true;
  out.push_back('[');
  const auto* at = static_cast<const std::byte*>(data);
  for (std::size_t i = 0; i < size; ++i, at += element.size) {
    out += i > 0 ? "," : "";
    good = append_json(out, element, at) && good;
  }
  out.push_back(']');
  return good;
}

bool append_map(std::string& out, const Type& type, const void* map) {
  const std::size_t size = type.map->size(map);
  std::vector<const void*> found(size * 2);
  type.map->find_all(map, found.data(), found.data() + size);
  bool good = true;
  out.push_back('{');
  for (std::size_t i = 0; i < size; ++i) {
    out += i > 0 ? "," : "";
    std::string key;
    good = append_json(key, *type.key, found[i]) && good;
    key.starts_with('"') ? out += key : out += '"' + key + '"';
    out.push_back(':');
    good = append_json(out, *type.element, found[size + i]) && good;
  }
  out.push_back('}');
  return good;
}

bool append_record(std::string& out, const Record& record, const void* value) {
  bool good = true;
  bool first = true;
  out.push_back('{');
  for (const Member& member : record.members) {
    out += first ? "" : ",";
    first = false;
    append_quoted(out, member.json_key);
    out.push_back(':');
    good = append_json(out, *member.type, static_cast<const std::byte*>(value) + member.offset) &&
           good;
  }
  out.push_back('}');
  return good;
}

bool append_bits(std::string& out, const std::vector<bool>& bits) {
  out.push_back('[');
  for (std::size_t i = 0; i < bits.size(); ++i) {
    out += i > 0 ? "," : "";
    out += bits[i] ? "true" : "false";
  }
  out.push_back(']');
  return true;
}

bool append_enum(std::string& out, const Type& type, const void* value) {
  const std::string_view name = enum_name(type, value);
  if (name.empty()) {
    out += "null";
    return false;
  }
  append_quoted(out, name);
  return true;
}

}  // namespace

bool append_json(std::string& out, const Type& type, const void* value) {
  const auto whole = [&out](auto number) {
    out += fmt::format("{}", number);
    return true;
  };
  const auto quoted = [&out](std::string_view text) {
    append_quoted(out, text);
    return true;
  };
  switch (type.kind) {
    case Kind::Bool: out += load<bool>(value) ? "true" : "false"; return true;
    case Kind::Int8: return whole(static_cast<int>(load<std::int8_t>(value)));
    case Kind::Int16: return whole(load<std::int16_t>(value));
    case Kind::Int32: return whole(load<std::int32_t>(value));
    case Kind::Int64: return whole(load<std::int64_t>(value));
    case Kind::UInt8: return whole(static_cast<unsigned>(load<std::uint8_t>(value)));
    case Kind::UInt16: return whole(load<std::uint16_t>(value));
    case Kind::UInt32: return whole(load<std::uint32_t>(value));
    case Kind::UInt64: return whole(load<std::uint64_t>(value));
    case Kind::Float: return append_real(out, load<float>(value));
    case Kind::Double: return append_real(out, load<double>(value));
    case Kind::Decimal: out += decimal_text(load<Int128>(value), type.scale); return true;
    case Kind::Text: return quoted(*static_cast<const std::string*>(value));
    case Kind::Bytes:
      append_base64(out,
                    {static_cast<const char*>(type.list->data(value)), type.list->size(value)});
      return true;
    case Kind::Date: return quoted(date_text(load<std::chrono::sys_days>(value)));
    case Kind::CalendarDate:
      return quoted(date_text(std::chrono::sys_days(load<std::chrono::year_month_day>(value))));
    case Kind::Time: return quoted(time_text(load<TimeOfDay>(value)));
    case Kind::Instant: return quoted(to_string(load<sys_micros>(value)));
    case Kind::LocalTime: return quoted(local_text(load<local_micros>(value)));
    case Kind::Uuid: return quoted(to_string(load<Uuid>(value)));
    case Kind::Json: out += static_cast<const JsonText*>(value)->text; return true;
    case Kind::Enum: return append_enum(out, type, value);
    case Kind::Optional: {
      const void* held = type.optional->find(value);
      out += held == nullptr ? "null" : "";
      return held == nullptr || append_json(out, *type.element, held);
    }
    case Kind::List:
      return append_elements(out, *type.element, type.list->data(value), type.list->size(value));
    case Kind::BoolList: return append_bits(out, *static_cast<const std::vector<bool>*>(value));
    case Kind::Map: return append_map(out, type, value);
    case Kind::Record: return append_record(out, type.record(), value);
  }
  return false;
}

std::string shown(const Type& type, const void* value, std::size_t bytes_max) {
  std::string text;
  append_json(text, type, value);
  if (text.size() > bytes_max) {
    std::size_t cut = bytes_max;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) {
      --cut;
    }
    text.resize(cut);
    text += "...";
  }
  return text;
}

}  // namespace sluice::orm
