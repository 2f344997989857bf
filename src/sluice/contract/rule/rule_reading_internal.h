// What reading row rules and reading dataset rules share.
#pragma once

#include <string>
#include <string_view>

#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/rule/rule_words.h"

namespace sluice::contract::internal {

/// Keys that stand beside every rule, and inside the body of every shorthand.
#define SLUICE_RULE_KEYS(Object)                                                        \
  key<&Object::name>("name", "Name of the rule in counts, reasons and reports"),        \
      key<&Object::category>("category", "Kind of defect: completeness, validity ..."), \
      key<&Object::description>("description", "What the rule means, in words"),        \
      key<&Object::severity>("severity", "error quarantines; warning and info count and keep")

/// Reads the body of a shorthand: a column, a list of columns (or of bodies, by `each`), or a map.
bool read_body(Reader& reader, const Node& node, const Shape& shape, bool takes_field_names,
               RuleBody& out);

/// True when the body names a field, after a diagnostic when it does not.
bool has_text(Reader& reader, const RuleBody& body, const MaybeText& text, std::string_view key);

/// A SQL rule that has no name is named after its SQL, on one line.
std::string name_from_sql(std::string_view sql);

/// The columns that the body names, `field` first.
Texts columns_of(const RuleBody& body);

}  // namespace sluice::contract::internal
