#include "sluice/contract/rule/rule_reading_internal.h"

namespace sluice::contract::internal {

bool read_body(Reader& reader, const Node& node, const Shape& shape, bool takes_field_names,
               RuleBody& out) {
  out.span = node.span;
  const bool is_text = node.is_scalar() && scalar_type(node) == ScalarType::String;
  if (takes_field_names && is_text) {
    read_value(reader, node, out.field);
    return true;
  }
  if (takes_field_names && node.is_sequence()) {
    read_value(reader, node, out.fields);
    return true;
  }
  if (node.is_mapping()) {
    reader.read_object(node, shape, &out);
    return true;
  }
  reader.report_wrong_type(node,
                           takes_field_names ? "a column, a list of columns or a map" : "a map");
  return false;
}

bool has_text(Reader& reader, const RuleBody& body, const MaybeText& text, std::string_view key) {
  if (!text) {
    if (reader.is_complete()) {
      reader.out().add(
          Code::MissingKey, body.span,
          "expected the key '" + std::string(key) + "' in '" + reader.key_name() + "'");
    }
    return false;
  }
  if (text->value.empty()) {
    reader.out().add(Code::EmptyValue, text->span,
                     "expected a name for '" + std::string(key) + "', and it is empty");
    return false;
  }
  return true;
}

std::string name_from_sql(std::string_view sql) {
  std::string name;
  bool is_gap = false;
  for (const char c : sql) {
    const bool is_space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!is_space && is_gap && !name.empty()) {
      name += ' ';
    }
    if (!is_space) {
      name += c;
    }
    is_gap = is_space;
  }
  return name;
}

Texts columns_of(const RuleBody& body) {
  Texts columns;
  if (body.field) {
    columns.push_back(*body.field);
  }
  columns.insert(columns.end(), body.fields.begin(), body.fields.end());
  return columns;
}

}  // namespace sluice::contract::internal
