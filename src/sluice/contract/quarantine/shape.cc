#include "sluice/contract/quarantine/shape.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/sha256.h"
#include "sluice/dialect/duckdb/duckdb.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

bool has_pieces(const plan::BoundPipeline& bound, const std::vector<run::LedgerEntry>& ledger) {
  for (const plan::PlannedStep& step : bound.pipeline.steps) {
    const plan::RowEffect effect = plan::row_effect(step.step);
    if (effect == plan::RowEffect::Aggregates || effect == plan::RowEffect::Opaque) {
      return true;
    }
  }
  bool has_added = false;
  for (const run::LedgerEntry& entry : ledger) {
    if (has_added && entry.quarantined > 0) {
      return true;
    }
    has_added = has_added || entry.added > 0;
  }
  return false;
}

std::vector<std::string> names_in(const Json& json, const char* key) {
  std::vector<std::string> names;
  if (const auto list = json.find(key); list != json.end() && list->is_array()) {
    for (const Json& name : *list) {
      names.push_back(name.is_string() ? name.get<std::string>() : "");
    }
  }
  return names;
}

}  // namespace

std::string render_shape(const RowShape& shape) {
  Json columns = Json::array();
  for (const auto& [name, type] : shape.columns) {
    columns.push_back({name, type});
  }
  const int format = shape.is_stopped || !shape.sealed.empty() ? kRowShapeFormat : 1;
  Json json{{"format", format}, {"columns", std::move(columns)}};
  if (shape.may_lack_columns) {
    json["may_lack_columns"] = true;
  }
  if (shape.is_piece || shape.is_line) {
    json["piece"] = true;  // what a reader that knows no lines goes by
  }
  if (shape.is_line) {
    json["line"] = true;
  }
  if (shape.is_stopped) {
    json["stopped"] = true;
  }
  if (!shape.masked.empty()) {
    json["masked"] = shape.masked;
  }
  if (!shape.sealed.empty()) {
    json["sealed"] = shape.sealed;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<RowShape> parse_shape(std::string_view text) {
  const auto corrupt = [&] {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("this is no shape of a refused row: '{}'", text.substr(0, 80)));
  };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("format") || !json["format"].is_number_integer() ||
      !json.contains("columns") || !json["columns"].is_array()) {
    return corrupt();
  }
  if (json["format"].get<int>() > kRowShapeFormat) {
    return make_error(ErrorCode::Unsupported, "a newer sluice wrote these refused rows")
        .with_hint("use that version to replay them");
  }
  RowShape shape;
  for (const Json& column : json["columns"]) {
    if (!column.is_array() || column.size() != 2 || !column[0].is_string() ||
        !column[1].is_string()) {
      return corrupt();
    }
    shape.columns.emplace_back(column[0].get<std::string>(), column[1].get<std::string>());
  }
  shape.may_lack_columns = json.value("may_lack_columns", false);
  shape.is_line = json.value("line", false);
  shape.is_piece = !shape.is_line && json.value("piece", false);
  shape.is_stopped = json.value("stopped", false);
  shape.masked = names_in(json, "masked");
  shape.sealed = names_in(json, "sealed");
  return shape;
}

Result<RowShape> shape_of(const plan::BoundPipeline& bound,
                          const std::vector<run::LedgerEntry>& ledger) {
  RowShape shape{.columns = {},
                 .may_lack_columns = false,
                 .is_piece = has_pieces(bound, ledger),
                 .is_line = false,
                 .masked = {},
                 .sealed = {}};
  for (const plan::ColumnMask& mask : bound.pipeline.masks) {
    if (mask.is_sealed) {
      shape.sealed.push_back(mask.column);  // one that is not in the source is a NULL of the list
    } else if (bound.source.find(mask.column) != nullptr) {
      shape.masked.push_back(mask.column);
    }
  }
  if (const auto* files = std::get_if<plan::FileScan>(&bound.pipeline.source)) {
    shape.may_lack_columns = std::holds_alternative<plan::JsonFormat>(files->format);
  } else if (const auto* relation = std::get_if<plan::RelationScan>(&bound.pipeline.source)) {
    shape.may_lack_columns = relation->may_lack_columns;
  }
  for (const schema::Field& field : bound.source.fields) {
    SLUICE_TRY(std::string type, dialect::duckdb_dialect().render_type(field.type));
    shape.columns.emplace_back(field.name, std::move(type));
  }
  return shape;
}

std::string rule_set_fingerprint(const plan::Pipeline& pipeline) {
  plan::Pipeline rules = pipeline;
  rules.source = plan::RelationScan{};
  rules.source_label.clear();
  rules.source_names.clear();
  for (plan::Reference& reference : rules.references) {
    reference.scan = plan::RelationScan{};
  }
  rules.lineage.clear();
  rules.target.reset();
  rules.quarantine.reset();
  return "sha256:" + sha256_hex(plan::to_string(rules));
}

}  // namespace sluice::contract
