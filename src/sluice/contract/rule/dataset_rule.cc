// Dataset rules: their shorthands and how an item is read. Order is the order of the docs.
#include <array>

#include <fmt/format.h>

#include "sluice/contract/read/nullable.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/rule/rule_reading_internal.h"

namespace sluice::contract {
namespace {

using internal::columns_of;
using internal::has_text;

struct DatasetRuleItem {
  MaybeText name;
  MaybeSql sql;
  MaybeText category;
  MaybeText description;
  std::optional<At<RuleSeverity>> severity;
  std::optional<At<Phase>> phase;  // of the standard's rule; a dataset is judged once, at the end
  MaybeNumber less_than;
  MaybeNumber greater_than;
  std::vector<Number> between;
  const Node* body = nullptr;
  std::size_t kind = 0;
  int kinds_written = 0;
};

template <std::size_t Kind>
void take_body(Reader&, const Node& node, DatasetRuleItem& item) {
  item.body = &node;
  item.kind = Kind;
  ++item.kinds_written;
}

template <std::size_t Kind>
const Shape& body_shape() {
  return dataset_rule_kinds()[Kind].body;
}

template <std::size_t Kind>
constexpr Key body_key(std::string_view name, std::string_view summary) {
  return custom<&take_body<Kind>, DatasetRuleItem>(name, summary, ValueKind::Anything,
                                                   Support::Acted, &body_shape<Kind>);
}

constexpr std::array kItemKeys{
    key<&DatasetRuleItem::sql>("sql", "SELECT that gives one number or one boolean"),
    SLUICE_RULE_KEYS(DatasetRuleItem),
    key<&DatasetRuleItem::phase>("phase", "Read and without effect: judged once, at the end"),
    nullable<&DatasetRuleItem::between>("must_be_between", "Bounds of the number, both included"),
    key<&DatasetRuleItem::less_than>("must_be_less_than", "The number lies below this"),
    key<&DatasetRuleItem::greater_than>("must_be_greater_than", "The number lies above this"),
    body_key<1>("unique", "No two rows have the same values in these columns"),
    body_key<2>("null_ratio", "At most this share of the rows has no value"),
    body_key<3>("row_count_between", "The batch has so many rows"),
};

constexpr Shape kItemShape{.name = "quality.dataset_rules[]", .keys = kItemKeys};

DatasetRule with_body(DatasetRule rule, const RuleBody& body, const std::string& made_name) {
  if (!rule.name.is_written()) {
    rule.name = body.name ? *body.name : Text{made_name, {}};
  }
  if (!rule.category) {
    rule.category = body.category;
  }
  if (!rule.description) {
    rule.description = body.description;
  }
  if (!rule.severity.is_written() && body.severity) {
    rule.severity = *body.severity;
  }
  return rule;
}

void make_unique(Reader& reader, const RuleBody& body, DatasetRule base,
                 std::vector<DatasetRule>& out) {
  const Texts columns = columns_of(body);
  if (columns.empty() || (body.field && !body.fields.empty())) {
    reader.out().add(columns.empty() ? Code::EmptyValue : Code::ConflictingKeys, body.span,
                     "expected exactly one of 'field' and 'columns' in 'unique'");
    return;
  }
  std::string name;
  for (const Text& column : columns) {
    name += column.value + "_";
  }
  DatasetRule rule = with_body(std::move(base), body, name + "unique");
  rule.check = UniqueCheck{.columns = columns};
  out.push_back(std::move(rule));
}

void make_null_ratio(Reader& reader, const RuleBody& body, DatasetRule base,
                     std::vector<DatasetRule>& out) {
  if (!has_text(reader, body, body.field, "field")) {
    return;
  }
  if (!body.max) {
    reader.out().add(Code::MissingKey, body.span, "expected the key 'max' in 'null_ratio'");
    return;
  }
  Number max = *body.max;
  if (max.value.value < 0 || max.value.value > 100) {
    reader.out().add(
        Code::OutOfBounds, max.span,
        "expected a share between 0 and 1 for 'max', and came '" + max.value.text + "'");
    return;
  }
  if (max.value.value > 1) {
    max.value.value /= 100;
    max.value.text = fmt::format("{}", max.value.value);
    reader.out().add(Code::ShorthandRead, max.span,
                     "a share above 1 is read as per cent: '" + body.max->value.text + "' as '" +
                         max.value.text + "'");
  }
  DatasetRule rule = with_body(std::move(base), body, body.field->value + "_null_ratio");
  rule.check = NullRatioCheck{.field = *body.field, .max = std::move(max)};
  out.push_back(std::move(rule));
}

void make_row_count(Reader& reader, const RuleBody& body, DatasetRule base,
                    std::vector<DatasetRule>& out) {
  if (!body.min_rows && !body.max_rows) {
    reader.out().add(Code::MissingKey, body.span,
                     "expected the key 'min' or 'max' in 'row_count_between'");
    return;
  }
  DatasetRule rule = with_body(std::move(base), body, "row_count_between");
  rule.check = RowCountCheck{.min = body.min_rows, .max = body.max_rows};
  out.push_back(std::move(rule));
}

constexpr std::array kUniqueKeys{
    key<&RuleBody::field>("field", "The column"),
    key<&RuleBody::fields>("columns", "Several columns together"),
    key<&RuleBody::fields>("fields", "Several columns; same as columns"),
    SLUICE_RULE_KEYS(RuleBody),
};

constexpr std::array kNullRatioKeys{
    key<&RuleBody::field>("field", "The column"),
    key<&RuleBody::field>("column", "The column; same as field"),
    key<&RuleBody::max>("max", "Greatest share of rows without a value, 0 to 1"),
    key<&RuleBody::max>("threshold", "Same as max"),
    SLUICE_RULE_KEYS(RuleBody),
};

constexpr std::array kRowCountKeys{
    key<&RuleBody::min_rows>("min", "Fewest rows, included"),
    key<&RuleBody::max_rows>("max", "Most rows, included"),
    SLUICE_RULE_KEYS(RuleBody),
};

constexpr std::array kDatasetRuleKinds{
    DatasetRuleKind{.key = "sql",
                    .summary = "A SELECT that gives one number for the bounds, or one boolean.",
                    .example = "{name: some, sql: \"SELECT COUNT(*) FROM source\", "
                               "must_be_greater_than: 0}",
                    .body = {.name = "sql", .keys = {}},
                    .make = nullptr,
                    .takes_field_names = false},
    DatasetRuleKind{.key = "unique",
                    .summary = "No two rows have the same values in these columns.",
                    .example = "{unique: trip_id}",
                    .body = {.name = "unique", .keys = kUniqueKeys},
                    .make = &make_unique,
                    .takes_field_names = true},
    DatasetRuleKind{.key = "null_ratio",
                    .summary = "At most this share of the rows has no value in the column.",
                    .example = "{null_ratio: {field: note, max: 0.02}}",
                    .body = {.name = "null_ratio", .keys = kNullRatioKeys},
                    .make = &make_null_ratio,
                    .takes_field_names = false},
    DatasetRuleKind{.key = "row_count_between",
                    .summary = "The batch has between min and max rows, both included.",
                    .example = "{row_count_between: {min: 1, max: 1000000}}",
                    .body = {.name = "row_count_between", .keys = kRowCountKeys},
                    .make = &make_row_count,
                    .takes_field_names = false},
};

void read_sql_rule(Reader& reader, const DatasetRuleItem& item, DatasetRule rule,
                   std::vector<DatasetRule>& out) {
  const std::string made_name = internal::name_from_sql(item.sql->text);
  if (made_name.empty()) {
    reader.out().add(Code::EmptyValue, item.sql->scalar,
                     "expected a SELECT under 'sql', and it is empty");
    return;
  }
  if (!rule.name.is_written()) {
    rule.name.value = made_name;
    reader.out().add(Code::DefaultTaken, rule.span,
                     "a rule without a name is named after what it checks: '" + made_name + "'");
  }
  rule.check = DatasetSqlCheck{.sql = *item.sql};
  out.push_back(std::move(rule));
}

void read_dataset_rule(Reader& reader, const Node& node, std::vector<DatasetRule>& out) {
  if (!internal::begin_object(reader, node)) {
    return;
  }
  DatasetRuleItem item;
  const std::size_t before = reader.out().size();
  reader.read_object(node, kItemShape, &item);
  const int written = item.kinds_written + (item.sql ? 1 : 0);
  if (written == 0 && reader.out().size() > before) {
    return;  // a misspelt check was reported already
  }
  if (written != 1) {
    reader.out().add(written > 1 ? Code::ConflictingKeys : Code::MissingKey, node.span,
                     "expected 'sql' or one of the rule shorthands in '" + reader.path() + "'",
                     "write one list item for each");
    return;
  }
  DatasetRule base{.name = item.name.value_or(Text{}),
                   .check = {},
                   .bounds = {.less_than = item.less_than,
                              .greater_than = item.greater_than,
                              .between = item.between},
                   .category = item.category,
                   .description = item.description,
                   .span = node.span};
  base.severity = item.severity.value_or(base.severity);
  if (item.sql) {
    read_sql_rule(reader, item, std::move(base), out);
    return;
  }
  const DatasetRuleKind& kind = kDatasetRuleKinds[item.kind];
  const Reader::Step step(reader, kind.key);
  RuleBody body;
  if (internal::read_body(reader, *item.body, kind.body, kind.takes_field_names, body)) {
    kind.make(reader, body, std::move(base), out);
  }
}

}  // namespace

std::span<const DatasetRuleKind> dataset_rule_kinds() { return kDatasetRuleKinds; }

const Shape& dataset_rule_shape() { return kItemShape; }

void read_dataset_rules(Reader& reader, const Node& list, std::vector<DatasetRule>& out) {
  if (!internal::begin_list(reader, list, "a list of rules")) {
    return;
  }
  reader.for_each_item(
      list,
      [](Reader& each_reader, const Node& item, void* object) {
        read_dataset_rule(each_reader, item, *static_cast<std::vector<DatasetRule>*>(object));
      },
      &out);
}

}  // namespace sluice::contract
