// Where values leave a run: as they are, or masked.
#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {

using std::string;

string mask_function(std::size_t position) { return fmt::format("_sluice_mask_{}", position); }

string leaving_value(const plan::Pipeline& pipeline, std::string_view column, const string& value,
                     const schema::LogicalType& type) {
  const plan::ColumnMask* mask = plan::find_mask(pipeline, column);
  if (mask == nullptr) {
    return value;
  }
  switch (mask->kind) {
    case plan::MaskKind::Nullify: {
      const auto name = duckdb_dialect().render_type(type);
      return fmt::format("CAST(NULL AS {})", name ? *name : "VARCHAR");
    }
    case plan::MaskKind::Redact:
      return fmt::format("CASE WHEN {} IS NOT NULL THEN '***REDACTED***' END", value);
    case plan::MaskKind::Hash:
    case plan::MaskKind::Partial:
    case plan::MaskKind::Encrypt:
    case plan::MaskKind::EncryptEqual: break;
  }
  const auto position = static_cast<std::size_t>(mask - pipeline.masks.data());
  return fmt::format("{}({})", mask_function(position), render_as_text(value, type));
}

string sealed_values(const plan::Pipeline& pipeline, const schema::Schema& raw,
                     std::string_view raw_column) {
  string list;
  for (const plan::ColumnMask& mask : pipeline.masks) {
    if (!mask.is_sealed) {
      continue;
    }
    const schema::Field* field = raw.find(mask.column);
    const string value = field == nullptr
                             ? "CAST(NULL AS VARCHAR)"
                             : render_as_text(fmt::format("struct_extract({}, {})", raw_column,
                                                          quote_literal(field->name)),
                                              field->type);
    list += (list.empty() ? "" : ", ") + value;
  }
  return list.empty() ? list
                      : fmt::format("{}(CAST(to_json([{}]) AS VARCHAR))", kSealFunction, list);
}

string told_value(const plan::Pipeline& pipeline, std::string_view column,
                  const schema::LogicalType& type) {
  return plan::find_mask(pipeline, column) != nullptr
             ? "'***'"
             : render_as_text(quote_identifier(column), type);
}

}  // namespace sluice::dialect
