#include "sluice/table/open/folder_table.h"

#include <utility>
#include <variant>

#include "sluice/table/module.h"

namespace sluice::table {
namespace {

using schema::LogicalType;

LogicalType with_texts(const LogicalType& type) {
  if (std::holds_alternative<schema::Json>(type.kind)) {
    return {schema::Text{}};
  }
  if (const auto* list = std::get_if<schema::List>(&type.kind)) {
    return {schema::List{with_texts(*list->element)}};
  }
  if (const auto* map = std::get_if<schema::Map>(&type.kind)) {
    return {schema::Map{with_texts(*map->key), with_texts(*map->value)}};
  }
  if (const auto* inner = std::get_if<schema::Struct>(&type.kind)) {
    schema::Struct texts = *inner;
    for (schema::Field& member : texts.fields) {
      member.type = with_texts(member.type);
    }
    return {std::move(texts)};
  }
  return type;
}

}  // namespace

Result<std::unique_ptr<Table>> open_folder_table(std::string_view format,
                                                 engine::Connection& connection,
                                                 storage::Storage& storage,
                                                 const ParquetOptions& parquet) {
  return format == "parquet" ? make_parquet_table(connection, storage, parquet)
                             : open_format(format, connection, storage);
}

bool fit_format(std::string_view format, schema::Schema& columns) {
  bool is_changed = false;
  for (schema::Field& field : columns.fields) {
    LogicalType fitting = format == "delta" ? with_texts(field.type) : field.type;
    is_changed = is_changed || fitting != field.type;
    field.type = std::move(fitting);
  }
  return is_changed;
}

}  // namespace sluice::table
