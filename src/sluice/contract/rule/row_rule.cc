#include <algorithm>
#include <array>

#include "sluice/contract/read/nullable.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/rule/rule_reading_internal.h"

namespace sluice::contract {
namespace {

constexpr std::size_t kNoKind = 0;  // `sql` is the first kind and has no body

/// One item of quality.row_rules as written.
struct RowRuleItem {
  MaybeText name;
  MaybeSql sql;
  MaybeText category;
  MaybeText description;
  std::optional<At<RuleSeverity>> severity;
  std::optional<At<Phase>> phase;
  MaybeNumber less_than;
  MaybeNumber greater_than;
  std::vector<Number> between;
  const Node* body = nullptr;
  std::size_t kind = kNoKind;
  int kinds_written = 0;
};

template <std::size_t Kind>
void take_body(Reader&, const Node& node, RowRuleItem& item) {
  item.body = &node;
  item.kind = Kind;
  ++item.kinds_written;
}

template <std::size_t Kind>
const Shape& body_shape() {
  return row_rule_kinds()[Kind].body;
}

template <std::size_t Kind>
constexpr Key body_key(std::string_view name, std::string_view summary) {
  return custom<&take_body<Kind>, RowRuleItem>(name, summary, ValueKind::Anything, Support::Acted,
                                               &body_shape<Kind>);
}

constexpr std::array kItemKeys{
    key<&RowRuleItem::sql>("sql", "Boolean SQL expression that each row must fulfil"),
    SLUICE_RULE_KEYS(RowRuleItem),
    key<&RowRuleItem::phase>("phase", "pre or post; absent: where its columns are"),
    nullable<&RowRuleItem::between>("must_be_between",
                                    "Bounds of what the SQL gives, both included"),
    key<&RowRuleItem::less_than>("must_be_less_than", "What the SQL gives lies below this"),
    key<&RowRuleItem::greater_than>("must_be_greater_than", "What the SQL gives lies above this"),
    body_key<1>("not_null", "The column has a value"),
    body_key<2>("accepted_values", "The value is one of a list"),
    body_key<3>("regex_match", "The text holds a match of a pattern"),
    body_key<4>("range", "The value lies between min and max"),
    body_key<5>("referential_integrity", "The value exists in a link"),
    body_key<6>("lifecycle_window", "The time is recent, or within a life"),
};

constexpr Shape kItemShape{.name = "quality.row_rules[]", .keys = kItemKeys};

void read_bodies(Reader& reader, const RowRuleItem& item, const RowRule& base,
                 std::vector<RowRule>& out) {
  const RowRuleKind& kind = row_rule_kinds()[item.kind];
  const Reader::Step step(reader, kind.key);
  const bool is_list_of_maps =
      kind.takes_field_names && item.body->is_sequence() &&
      std::ranges::any_of(item.body->items, [](const Node& each) { return each.is_mapping(); });
  if (!is_list_of_maps) {
    RuleBody body;
    if (internal::read_body(reader, *item.body, kind.body, kind.takes_field_names, body)) {
      kind.make(reader, body, base, out);
    }
    return;
  }
  for (const Node& each : item.body->items) {
    RuleBody body;
    if (internal::read_body(reader, each, kind.body, true, body)) {
      kind.make(reader, body, base, out);
    }
  }
}

void read_sql_rule(Reader& reader, const RowRuleItem& item, RowRule rule,
                   std::vector<RowRule>& out) {
  const std::string made_name = internal::name_from_sql(item.sql->text);
  if (made_name.empty()) {
    reader.out().add(Code::EmptyValue, item.sql->scalar,
                     "expected an expression under 'sql', and it is empty");
    return;
  }
  if (!rule.name.is_written()) {
    rule.name.value = made_name;
    reader.out().add(Code::DefaultTaken, rule.span,
                     "a rule without a name is named after what it checks: '" + made_name + "'");
  }
  rule.check = SqlCheck{.sql = *item.sql};
  out.push_back(std::move(rule));
}

void report_kinds(Reader& reader, const Node& node, const RowRuleItem& item) {
  if (item.kinds_written + (item.sql ? 1 : 0) > 1) {
    reader.out().add(Code::ConflictingKeys, node.span,
                     "expected one check in a rule, and here are several",
                     "write one list item for each");
  } else if (reader.is_complete()) {
    reader.out().add(Code::MissingKey, node.span,
                     "expected 'sql' or one of the rule shorthands in '" + reader.path() + "'");
  }
}

void read_row_rule(Reader& reader, const Node& node, RuleOrigin origin, std::vector<RowRule>& out) {
  if (!internal::begin_object(reader, node)) {
    return;
  }
  RowRuleItem item;
  const std::size_t before = reader.out().size();
  reader.read_object(node, kItemShape, &item);
  RowRule base{.name = item.name.value_or(Text{}),
               .check = {},
               .bounds = {.less_than = item.less_than,
                          .greater_than = item.greater_than,
                          .between = item.between},
               .category = item.category,
               .description = item.description,
               .phase = item.phase,
               .origin = origin,
               .span = node.span};
  base.severity = item.severity.value_or(base.severity);
  const int written = item.kinds_written + (item.sql ? 1 : 0);
  if (written != 1) {
    const bool is_explained = written == 0 && reader.out().size() > before;
    if (!is_explained) {  // a misspelt check was reported already
      report_kinds(reader, node, item);
    }
    return;
  }
  if (item.sql) {
    read_sql_rule(reader, item, std::move(base), out);
  } else {
    read_bodies(reader, item, base, out);
  }
}

struct RuleList {
  std::vector<RowRule>* out;
  RuleOrigin origin;
};

}  // namespace

const Shape& row_rule_shape() { return kItemShape; }

void read_row_rules(Reader& reader, const Node& list, std::vector<RowRule>& out,
                    RuleOrigin origin) {
  if (!internal::begin_list(reader, list, "a list of rules")) {
    return;
  }
  RuleList target{&out, origin};
  reader.for_each_item(
      list,
      [](Reader& each_reader, const Node& item, void* object) {
        const RuleList& rules = *static_cast<RuleList*>(object);
        read_row_rule(each_reader, item, rules.origin, *rules.out);
      },
      &target);
}

}  // namespace sluice::contract
