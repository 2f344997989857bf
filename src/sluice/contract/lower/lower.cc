#include "sluice/contract/lower/lower.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/lower/history.h"
#include "sluice/contract/lower/lower_internal.h"
#include "sluice/contract/rule/row_rules.h"

namespace sluice::contract {
namespace internal {

SourcePosition place(const LowerInput& input, const Span& span) {
  return {.file = input.path, .line = span.begin.line, .column = span.begin.column};
}

plan::RawSql raw_sql(const LowerInput& input, const SqlText& sql) {
  return {.text = sql.text, .reads = {}, .at = place(input, sql.span)};
}

plan::Value lower_number(const Decimal& number) {
  std::int64_t whole = 0;
  const char* end = number.text.data() + number.text.size();
  const auto read = std::from_chars(number.text.data(), end, whole);
  if (read.ec == std::errc{} && read.ptr == end && !number.text.empty()) {
    return whole;
  }
  return number.value;
}

plan::Value lower_value(const Literal& literal) {
  switch (literal.type) {
    case ScalarType::Null: return plan::Null{};
    case ScalarType::Bool: return literal.text == "true";
    case ScalarType::Int:
    case ScalarType::Float: {
      double number = 0;
      std::from_chars(literal.text.data(), literal.text.data() + literal.text.size(), number);
      return lower_number({.value = number, .text = literal.text});
    }
    case ScalarType::String: return literal.text;
  }
  return plan::Null{};
}

Error unsupported(const LowerInput& input, const Span& span, std::string message,
                  std::string hint) {
  // A run refuses a contract that it cannot carry out in full.
  Error error =
      make_error(ErrorCode::InvalidContract, std::move(message)).with_hint(std::move(hint));
  error.at = place(input, span);
  return error;
}

namespace {

Status lower_schema(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  const SchemaPolicy policy = effective_schema_policy(contract);
  switch (policy.unknown_fields.value) {
    case UnknownFields::Allow: out.schema.unknown = plan::UnknownColumns::Allow; break;
    case UnknownFields::Drop: out.schema.unknown = plan::UnknownColumns::Drop; break;
    case UnknownFields::Quarantine: out.schema.unknown = plan::UnknownColumns::Quarantine; break;
  }
  out.schema.refuse_missing = policy.evolution.value == Evolution::Strict;
  if (policy.evolution.value == Evolution::Strict &&
      out.schema.unknown == plan::UnknownColumns::Allow) {
    // Strict means that the batch has the contract's columns, no fewer and no more.
    out.schema.unknown = plan::UnknownColumns::Quarantine;
    out.schema.keeps_refused_columns = true;
  }
  out.schema.cast_to_text = contract.server && contract.server->cast_to_string.value;
  for (const Field& field : contract.model.fields) {
    const auto type = lower_type(field.type.value);
    out.schema.columns.push_back({.name = field.name.value,
                                  .type = type.value_or(schema::LogicalType{schema::Text{}}),
                                  .type_name = field.type.value,
                                  .is_opaque = !type.has_value(),
                                  .is_made_by_write = is_added_at_write(contract, field.name.value),
                                  .at = place(input, field.span)});
  }
  // Rules may read what only the write makes, also where the model does not name it.
  for (const std::string& name : contract.model.fields.empty() ? std::vector<std::string>{}
                                                               : columns_added_at_write(contract)) {
    if (contract.model.find(name) == nullptr) {
      out.schema.columns.push_back({.name = name,
                                    .type = {schema::Text{}},
                                    .type_name = "string",
                                    .is_opaque = true,
                                    .is_made_by_write = true,
                                    .at = {}});
    }
  }
  return {};
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

void lower_lineage(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  const Lineage& lineage = contract.lineage;
  if (!lineage.enabled.value) {
    return;
  }
  const auto add = [&](const Flag& flag, const Text& name, plan::Stamp stamp, std::string text) {
    if (flag.value) {
      out.lineage.push_back({.name = name.value, .stamp = stamp, .text = std::move(text)});
    }
  };
  const bool by_pipeline =
      lineage.run_id_source.value == RunIdSource::PipelineRunId && !input.pipeline_run_id.empty();
  add(lineage.capture_source_path, lineage.source_column_name, plan::Stamp::SourceFile, "");
  add(lineage.capture_timestamp, lineage.timestamp_column_name, plan::Stamp::RunInstant, "");
  add(lineage.capture_run_id, lineage.run_id_column_name,
      by_pipeline ? plan::Stamp::Text : plan::Stamp::RunId, input.pipeline_run_id);
  add(lineage.capture_contract_name, lineage.contract_name_column_name, plan::Stamp::Text,
      fmt::format("{} (v{})", file_name(input.path), contract.info.version.value));
  if (contract.info.domain) {
    add(lineage.capture_domain, lineage.domain_column_name, plan::Stamp::Text,
        contract.info.domain->value);
  }
  if (contract.info.system) {
    add(lineage.capture_system, lineage.system_column_name, plan::Stamp::Text,
        contract.info.system->value);
  }
  add(lineage.capture_created_at, lineage.created_at_column_name, plan::Stamp::RunInstant, "");
  const std::string by =
      lineage.created_by_override ? lineage.created_by_override->value : input.created_by;
  if (!by.empty()) {
    add(lineage.capture_created_by, lineage.created_by_column_name, plan::Stamp::Text, by);
  }
  for (const Text& column : lineage.preserve_upstream) {
    std::string_view name = column.value;
    if (!name.starts_with("_lakelogic_")) {
      name.remove_prefix(std::min(name.find_first_not_of('_'), name.size()));
      out.preserved_upstream.emplace_back(
          column.value, fmt::format("{}_{}", lineage.upstream_prefix.value, name));
    } else {
      out.preserved_upstream.emplace_back(column.value,
                                          lineage.upstream_prefix.value + column.value);
    }
  }
}

}  // namespace
}  // namespace internal

Result<plan::Pipeline> lower_contract(const Contract& contract, const LowerInput& input) {
  plan::Pipeline out;
  SLUICE_CHECK(internal::lower_source(contract, input, out));
  SLUICE_CHECK(internal::lower_links(contract, input, out));
  SLUICE_CHECK(internal::lower_steps(contract, input, out));
  SLUICE_CHECK(internal::lower_schema(contract, input, out));
  SLUICE_CHECK(internal::lower_row_rules(contract, input, out));
  SLUICE_CHECK(internal::lower_dataset_rules(contract, input, out));
  internal::lower_lineage(contract, input, out);
  SLUICE_CHECK(internal::lower_masking(contract, out));
  return out;
}

namespace {

void add_if_absent(schema::Schema& columns, const std::string& name, schema::LogicalType type) {
  if (!name.empty() && columns.find(name) == nullptr) {
    columns.fields.push_back({.name = name, .type = std::move(type)});
  }
}

schema::LogicalType stored_type(const plan::Stamp stamp) {
  return stamp == plan::Stamp::RunInstant ? schema::LogicalType{schema::Timestamp{}}
                                          : schema::LogicalType{schema::Text{}};
}

}  // namespace

Result<schema::Schema> lower_target_columns(const Contract& contract, const LowerInput& input) {
  SLUICE_TRY(const plan::WriteMode mode, lower_strategy(contract));
  schema::Schema columns;
  for (const Field& field : contract.model.fields) {
    if (is_added_at_write(contract, field.name.value)) {
      continue;
    }
    const bool becomes_text = field.masking && field.masking->value != Masking::Nullify;
    const bool may_be_null = !field.required.value || !contract.quality.enforce_required.value ||
                             (field.masking && field.masking->value == Masking::Nullify);
    columns.fields.push_back(
        {.name = field.name.value,
         .type = becomes_text
                     ? schema::LogicalType{schema::Text{}}
                     : lower_type(field.type.value).value_or(schema::LogicalType{schema::Text{}}),
         .nullable = may_be_null});
  }
  plan::Pipeline stamped;
  LowerInput of_someone = input;
  if (of_someone.created_by.empty()) {
    of_someone.created_by = "user";  // the column is there whoever writes
  }
  internal::lower_lineage(contract, of_someone, stamped);
  for (const plan::LineageColumn& column : stamped.lineage) {
    add_if_absent(columns, column.name, stored_type(column.stamp));
  }
  return with_declared_dates(contract, columns, mode, with_kept_columns(columns, mode));
}

}  // namespace sluice::contract
