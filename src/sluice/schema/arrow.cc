#include "sluice/schema/arrow.h"

#include <charconv>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::schema {
namespace {

constexpr std::string_view kExtensionName = "ARROW:extension:name";
constexpr std::string_view kExtensionMetadata = "ARROW:extension:metadata";
constexpr std::string_view kUuidExtension = "arrow.uuid";
constexpr std::string_view kJsonExtension = "arrow.json";

/// Owns the strings and children that one ArrowSchema points to.
struct Owned {
  std::string format;
  std::string name;
  std::string metadata;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;

  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Owned(Owned&&) = delete;
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    for (ArrowSchema& child : children) {
      if (child.release != nullptr) {
        child.release(&child);
      }
    }
  }
};

void release_owned(ArrowSchema* schema) {
  delete static_cast<Owned*>(schema->private_data);
  schema->release = nullptr;
}

void append_counted(std::string& to, std::string_view text) {
  const auto size = static_cast<std::int32_t>(text.size());
  to.append(reinterpret_cast<const char*>(&size), sizeof(size));
  to.append(text);
}

std::string extension_metadata(std::string_view extension) {
  const std::int32_t pairs = 2;
  std::string metadata(reinterpret_cast<const char*>(&pairs), sizeof(pairs));
  append_counted(metadata, kExtensionName);
  append_counted(metadata, extension);
  append_counted(metadata, kExtensionMetadata);
  append_counted(metadata, "");
  return metadata;
}

ArrowSchema finish(std::unique_ptr<Owned> owned, std::int64_t flags) {
  for (ArrowSchema& child : owned->children) {
    owned->child_pointers.push_back(&child);
  }
  ArrowSchema raw{};
  raw.format = owned->format.c_str();
  raw.name = owned->name.c_str();
  raw.metadata = owned->metadata.empty() ? nullptr : owned->metadata.c_str();
  raw.flags = flags;
  raw.n_children = static_cast<std::int64_t>(owned->children.size());
  raw.children = owned->child_pointers.empty() ? nullptr : owned->child_pointers.data();
  raw.release = release_owned;
  raw.private_data = owned.release();
  return raw;
}

std::string_view integer_format(const Integer& integer) {
  switch (integer.bits) {
    case 8: return integer.is_signed ? "c" : "C";
    case 16: return integer.is_signed ? "s" : "S";
    case 32: return integer.is_signed ? "i" : "I";
    default: return integer.is_signed ? "l" : "L";
  }
}

ArrowSchema export_field(const Field& field);

ArrowSchema map_entries(const Map& map) {
  auto entries = std::make_unique<Owned>();
  entries->format = "+s";
  entries->name = "entries";
  entries->children.push_back(
      export_field(Field{.name = "key", .type = *map.key, .nullable = false, .comment = {}}));
  entries->children.push_back(
      export_field(Field{.name = "value", .type = *map.value, .comment = {}}));
  return finish(std::move(entries), 0);
}

void fill_type(const LogicalType& type, Owned& owned) {
  std::visit(
      overloaded{
          [&](const Boolean&) { owned.format = "b"; },
          [&](const Integer& integer) { owned.format = integer_format(integer); },
          [&](const Float& number) { owned.format = number.bits == 32 ? "f" : "g"; },
          [&](const Decimal& decimal) {
            owned.format = fmt::format("d:{},{}", decimal.precision, decimal.scale);
          },
          [&](const Text&) { owned.format = "u"; },
          [&](const Bytes&) { owned.format = "z"; },
          [&](const Date&) { owned.format = "tdD"; },
          [&](const Time&) { owned.format = "ttu"; },
          [&](const Timestamp& timestamp) { owned.format = timestamp.utc ? "tsu:UTC" : "tsu:"; },
          [&](const UuidType&) {
            owned.format = "w:16";
            owned.metadata = extension_metadata(kUuidExtension);
          },
          [&](const Json&) {
            owned.format = "u";
            owned.metadata = extension_metadata(kJsonExtension);
          },
          [&](const List& list) {
            owned.format = "+l";
            owned.children.push_back(
                export_field(Field{.name = "item", .type = *list.element, .comment = {}}));
          },
          [&](const Map& map) {
            owned.format = "+m";
            owned.children.push_back(map_entries(map));
          },
          [&](const Struct& inner) {
            owned.format = "+s";
            for (const Field& field : inner.fields) {
              owned.children.push_back(export_field(field));
            }
          },
      },
      type.kind);
}

ArrowSchema export_field(const Field& field) {
  auto owned = std::make_unique<Owned>();
  owned->name = field.name;
  fill_type(field.type, *owned);
  return finish(std::move(owned), field.nullable ? ARROW_FLAG_NULLABLE : 0);
}

std::string extension_of(const ArrowSchema& arrow) {
  if (arrow.metadata == nullptr) {
    return {};
  }
  const char* at = arrow.metadata;
  const auto take_count = [&at] {
    std::int32_t count = 0;
    std::memcpy(&count, at, sizeof(count));
    at += sizeof(count);
    return count;
  };
  const auto take_text = [&] {
    const auto size = static_cast<std::size_t>(take_count());
    const std::string_view text(at, size);
    at += size;
    return text;
  };
  for (std::int32_t pairs = take_count(); pairs > 0; --pairs) {
    const std::string_view key = take_text();
    const std::string_view value = take_text();
    if (key == kExtensionName) {
      return std::string(value);
    }
  }
  return {};
}

Result<LogicalType> import_type(const ArrowSchema& arrow);

Result<Field> import_field(const ArrowSchema& arrow) {
  const std::string name = arrow.name == nullptr ? "" : arrow.name;
  SLUICE_TRY_IN(LogicalType type, import_type(arrow), fmt::format("reading column '{}'", name));
  return Field{.name = name,
               .type = std::move(type),
               .nullable = (arrow.flags & ARROW_FLAG_NULLABLE) != 0,
               .comment = {}};
}

Result<LogicalType> import_decimal(std::string_view format) {
  Decimal decimal;
  const std::string_view numbers = format.substr(2);
  const char* end = numbers.data() + numbers.size();
  const auto precision = std::from_chars(numbers.data(), end, decimal.precision);
  if (precision.ec == std::errc{} && precision.ptr != end && *precision.ptr == ',') {
    const auto scale = std::from_chars(precision.ptr + 1, end, decimal.scale);
    const std::string_view width(scale.ptr, static_cast<std::size_t>(end - scale.ptr));
    if (scale.ec == std::errc{} && (width.empty() || width == ",128") && decimal.precision <= 38) {
      return LogicalType{decimal};
    }
  }
  return make_error(
      ErrorCode::Unsupported,
      fmt::format("a decimal of up to 38 digits was expected, got Arrow type '{}'", format));
}

Result<LogicalType> import_nested(const ArrowSchema& arrow, std::string_view format) {
  if (format == "+s") {
    Struct inner;
    for (std::int64_t i = 0; i < arrow.n_children; ++i) {
      SLUICE_TRY(Field field, import_field(*arrow.children[i]));
      inner.fields.push_back(std::move(field));
    }
    return LogicalType{std::move(inner)};
  }
  if (format == "+m") {
    const ArrowSchema& entries = *arrow.children[0];
    SLUICE_TRY(LogicalType key, import_type(*entries.children[0]));
    SLUICE_TRY(LogicalType value, import_type(*entries.children[1]));
    return LogicalType{Map{.key = std::move(key), .value = std::move(value)}};
  }
  SLUICE_TRY(LogicalType element, import_type(*arrow.children[0]));
  return LogicalType{List{.element = std::move(element)}};
}

struct PlainFormat {
  std::string_view format;
  LogicalType type;
};

const std::vector<PlainFormat>& plain_formats() {
  static const std::vector<PlainFormat> formats{
      {"b", {Boolean{}}},
      {"c", {Integer{.bits = 8}}},
      {"C", {Integer{.bits = 8, .is_signed = false}}},
      {"s", {Integer{.bits = 16}}},
      {"S", {Integer{.bits = 16, .is_signed = false}}},
      {"i", {Integer{.bits = 32}}},
      {"I", {Integer{.bits = 32, .is_signed = false}}},
      {"l", {Integer{.bits = 64}}},
      {"L", {Integer{.bits = 64, .is_signed = false}}},
      {"f", {Float{.bits = 32}}},
      {"g", {Float{.bits = 64}}},
      {"u", {Text{}}},
      {"U", {Text{}}},
      {"vu", {Text{}}},
      {"z", {Bytes{}}},
      {"Z", {Bytes{}}},
      {"vz", {Bytes{}}},
      {"tdD", {Date{}}},
      {"ttu", {Time{}}},
  };
  return formats;
}

Result<LogicalType> import_type(const ArrowSchema& arrow) {
  if (arrow.dictionary != nullptr) {
    return import_type(*arrow.dictionary);
  }
  const std::string_view format = arrow.format;
  const std::string extension = extension_of(arrow);
  if (extension == kJsonExtension) {
    return LogicalType{Json{}};
  }
  if (extension == kUuidExtension) {
    return LogicalType{UuidType{}};
  }
  for (const PlainFormat& plain : plain_formats()) {
    if (plain.format == format) {
      return plain.type;
    }
  }
  if (format.starts_with("d:")) {
    return import_decimal(format);
  }
  if (format.starts_with("ts") && format.size() >= 4) {
    return LogicalType{Timestamp{.utc = format.size() > 4}};
  }
  if (format.starts_with("w:")) {
    return LogicalType{Bytes{}};
  }
  for (const std::string_view nested : {"+s", "+m", "+l", "+L", "+vl", "+vL"}) {
    if (format == nested) {
      return import_nested(arrow, format);
    }
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("no column type stands for Arrow type '{}'", format));
}

}  // namespace

ArrowSchemaOwned to_arrow(const Schema& schema) {
  auto root = std::make_unique<Owned>();
  root->format = "+s";
  for (const Field& field : schema.fields) {
    root->children.push_back(export_field(field));
  }
  return ArrowSchemaOwned(finish(std::move(root), 0));
}

Result<Schema> from_arrow(const ArrowSchema& arrow) {
  if (std::string_view(arrow.format) != "+s") {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("expected a stream of records, got Arrow type '{}'", arrow.format));
  }
  Schema schema;
  for (std::int64_t i = 0; i < arrow.n_children; ++i) {
    SLUICE_TRY(Field field, import_field(*arrow.children[i]));
    schema.fields.push_back(std::move(field));
  }
  return schema;
}

}  // namespace sluice::schema
