// One check of ODCS and one rule of a contract, each made of the other. A rule that ODCS has no
// word for is a custom check whose implementation is the rule itself.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/exchange/odcs_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array<std::string_view, 4> kAround{"name", "category", "severity", "description"};
constexpr std::array<std::string_view, 7> kDimensions{"accuracy",    "completeness", "conformity",
                                                      "consistency", "coverage",     "timeliness",
                                                      "uniqueness"};

/// The one key of a rule that says what it checks; nullptr when there is more to it.
const Entry* body_of(const Node& rule) {
  const Entry* body = nullptr;
  for (const Entry& entry : rule.entries) {
    if (std::ranges::find(kAround, entry.key) != kAround.end()) {
      continue;
    }
    if (body != nullptr) {
      return nullptr;
    }
    body = &entry;
  }
  return body;
}

bool has_only(const Node& map, std::initializer_list<std::string_view> keys) {
  return std::ranges::all_of(map.entries, [&](const Entry& entry) {
    return std::ranges::find(keys, entry.key) != keys.end();
  });
}

Node library(std::string_view metric) {
  Node item = make_map();
  put(item, "type", make_text("library"));
  put(item, "metric", make_text(metric));
  return item;
}

/// One operator: ODCS allows no second one beside it.
Node row_count_of(const Node* min, const Node* max) {
  Node item = library("rowCount");
  if (min != nullptr && max != nullptr && min->text == max->text) {
    put(item, "mustBe", *min);
  } else if (min != nullptr && max != nullptr) {
    list_under(item, "mustBeBetween").items = {*min, *max};
  } else if (min != nullptr) {
    put(item, "mustBeGreaterOrEqualTo", *min);
  } else if (max != nullptr) {
    put(item, "mustBeLessOrEqualTo", *max);
  } else {
    return make_map();
  }
  return item;
}

/// Empty when ODCS has no word for it.
Node native_of(const Entry& body) {
  const Node& value = body.value;
  Node item = make_map();
  const auto about = [&](std::string_view metric, const Node& field) {
    item = library(metric);
    put(map_under(item, "arguments"), "field", field);
    put(item, "mustBe", make_word("0"));
  };
  if (body.key == "not_null" && value.is_scalar()) {
    about("nullValues", value);
  } else if (body.key == "accepted_values" && has_only(value, {"field", "values"}) &&
             value.find("field") != nullptr && value.find("values") != nullptr) {
    about("invalidValues", *value.find("field"));
    put(map_under(item, "arguments"), "validValues", *value.find("values"));
  } else if (body.key == "regex_match" && has_only(value, {"field", "pattern"}) &&
             value.find("field") != nullptr && value.find("pattern") != nullptr) {
    about("invalidValues", *value.find("field"));
    put(map_under(item, "arguments"), "pattern", *value.find("pattern"));
  } else if (body.key == "unique" && value.is_scalar()) {
    about("duplicateValues", value);
  } else if (body.key == "unique" && value.is_sequence()) {
    item = library("duplicateValues");
    put(map_under(item, "arguments"), "properties", value);
    put(item, "mustBe", make_word("0"));
  } else if (body.key == "row_count_between" && has_only(value, {"min", "max"})) {
    item = row_count_of(value.find("min"), value.find("max"));
  }
  return item;
}

std::string first_of(const Node& map, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (std::string text = text_of(map, key); !text.empty()) {
      return text;
    }
  }
  return {};
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

/// A number that a query gives, held to the operators of the check. The bounds of a contract are
/// strict but for `between`, so the comparisons stand in the query.
std::string comparison(const Node& quality, const std::string& query) {
  struct Operator {
    std::string_view key;
    std::string_view sign;
  };
  static constexpr std::array<Operator, 6> kOperators{{{"mustBe", "="},
                                                       {"mustNotBe", "<>"},
                                                       {"mustBeGreaterThan", ">"},
                                                       {"mustBeGreaterOrEqualTo", ">="},
                                                       {"mustBeLessThan", "<"},
                                                       {"mustBeLessOrEqualTo", "<="}}};
  std::string conditions;
  const auto add = [&](const std::string& condition) {
    conditions += (conditions.empty() ? "" : " AND ") + condition;
  };
  for (const Operator& each : kOperators) {
    if (const std::string bound = text_of(quality, each.key); !bound.empty()) {
      add(fmt::format("({}) {} {}", query, each.sign, bound));
    }
  }
  for (const auto& [key, sign] : {std::pair{"mustBeBetween", ""}, {"mustNotBeBetween", "NOT "}}) {
    const Node* range = quality.find(key);
    if (range != nullptr && range->items.size() == 2) {
      add(fmt::format("({}) {}BETWEEN {} AND {}", query, sign, range->items[0].text,
                      range->items[1].text));
    }
  }
  return conditions.empty() ? "" : "SELECT " + conditions;
}

RuleOf sql_rule(const Node& quality, std::string_view property) {
  std::string query = text_of(quality, "query");
  for (const std::string_view name : {"${object}", "${table}", "{object}", "{table}"}) {
    replace_all(query, name, "source");
  }
  for (const std::string_view name : {"${property}", "${column}", "{property}", "{column}"}) {
    replace_all(query, name, property);
  }
  RuleOf out{.is_dataset = true, .rule = make_list()};
  if (const std::string sql = comparison(quality, query); !query.empty() && !sql.empty()) {
    out.rule = make_map();
    put(out.rule, "sql", make_text(sql));
  }
  return out;
}

Node row_count_rule(const Node& quality) {
  Node bounds = make_map();
  const auto bound = [&](std::string_view key, std::string_view to) {
    if (const Node* value = quality.find(key)) {
      put(bounds, to, *value);
    }
  };
  bound("mustBeGreaterOrEqualTo", "min");
  bound("mustBeLessOrEqualTo", "max");
  bound("mustBe", "min");
  bound("mustBe", "max");
  if (const Node* range = quality.find("mustBeBetween");
      range != nullptr && range->items.size() == 2) {
    put(bounds, "min", range->items[0]);
    put(bounds, "max", range->items[1]);
  }
  Node rule = make_map();
  if (!bounds.entries.empty()) {
    put(rule, "row_count_between", std::move(bounds));
    return rule;
  }
  const std::string sql = comparison(quality, "SELECT COUNT(*) FROM source");
  if (!sql.empty()) {
    put(rule, "sql", make_text(sql));
    return rule;
  }
  return make_list();
}

/// invalidValues: what is valid becomes the rule.
Node validity_rule(const Node& arguments, const std::string& field) {
  Node rule = make_map();
  Node body = make_map();
  put(body, "field", make_text(field));
  if (const Node* values = arguments.find("validValues")) {
    put(body, "values", *values);
    put(rule, "accepted_values", std::move(body));
  } else if (const Node* pattern = arguments.find("pattern")) {
    put(body, "pattern", *pattern);
    put(rule, "regex_match", std::move(body));
  } else {
    return make_list();
  }
  return rule;
}

RuleOf library_rule(const Node& quality, std::string_view property) {
  const std::string metric = first_of(quality, {"metric", "rule"});
  const Node none = make_map();
  const Node* written = quality.find("arguments");
  const Node& arguments = written == nullptr ? none : *written;
  const std::string argument = text_of(arguments, "field");
  const std::string field = argument.empty() ? std::string(property) : argument;
  const bool is_none = text_of(quality, "mustBe") == "0" || metric == "nullCheck" ||
                       metric == "unique" || metric == "duplicateCheck" || metric == "validValues";
  RuleOf out{.is_dataset = false, .rule = make_list()};
  if (metric == "rowCount") {
    return {.is_dataset = true, .rule = row_count_rule(quality)};
  }
  if (!is_none) {
    return out;
  }
  if ((metric == "nullValues" || metric == "nullCheck") && !field.empty()) {
    out.rule = make_map();
    put(out.rule, "not_null", make_text(field));
  } else if (metric == "duplicateValues" || metric == "unique" || metric == "duplicateCheck") {
    const Node* several = arguments.find("properties");
    if (several != nullptr || !field.empty()) {
      out = {.is_dataset = true, .rule = make_map()};
      put(out.rule, "unique", several != nullptr ? *several : make_text(field));
    }
  } else if ((metric == "invalidValues" || metric == "validValues") && !field.empty()) {
    out.rule =
        validity_rule(metric == "validValues" && written == nullptr ? quality : arguments, field);
  }
  return out;
}

RuleOf custom_rule(const Node& quality) {
  RuleOf out{.is_dataset = text_of(quality, "id").starts_with("dataset_rules"),
             .rule = make_list()};
  if (text_of(quality, "engine") != kNamespace) {
    return out;
  }
  const auto parsed = parse_root(text_of(quality, "implementation"), "implementation");
  if (parsed) {
    out.rule = *parsed;
  }
  return out;
}

}  // namespace

Node quality_of(const Node& rule, std::string_view id) {
  Node item = make_map();
  put(item, "id", make_text(id));
  const Entry* body = rule.is_mapping() ? body_of(rule) : nullptr;
  Node native = body == nullptr ? make_map() : native_of(*body);
  if (native.entries.empty()) {
    put(item, "type", make_text("custom"));
    put(item, "engine", make_text(kNamespace));
    put(item, "implementation", make_text(render_flow(rule)));
    return item;
  }
  const std::string category = text_of(rule, "category");
  const bool is_dimension = std::ranges::find(kDimensions, category) != kDimensions.end();
  for (const auto& [from, to] :
       {std::pair{"name", "name"}, {"description", "description"}, {"severity", "severity"}}) {
    if (const std::string text = text_of(rule, from); !text.empty()) {
      put(item, to, make_text(text));
    }
  }
  if (is_dimension) {
    put(item, "dimension", make_text(category));
  }
  for (Entry& entry : native.entries) {
    put(item, entry.key, std::move(entry.value));
  }
  if (!category.empty() && !is_dimension) {
    Node own = make_map();
    put(own, "property", make_text("category"));
    put(own, "value", make_text(category));
    list_under(item, "customProperties").items.push_back(std::move(own));
  }
  return item;
}

RuleOf rule_of(const Node& quality, std::string_view property) {
  const std::string type = text_of(quality, "type");
  RuleOf out = type == "sql"      ? sql_rule(quality, property)
               : type == "custom" ? custom_rule(quality)
               : type == "text"   ? RuleOf{.is_dataset = false, .rule = make_list()}
                                  : library_rule(quality, property);
  if (!out.rule.is_mapping() || type == "custom") {
    return out;
  }
  for (const auto& [from, to] :
       {std::pair{"name", "name"}, {"description", "description"}, {"dimension", "category"}}) {
    if (const std::string text = text_of(quality, from); !text.empty()) {
      put(out.rule, to, make_text(text));
    }
  }
  if (const Node* own = quality.find("customProperties")) {
    for (const Node& each : own->items) {
      if (text_of(each, "property") == "category") {
        put(out.rule, "category", make_text(text_of(each, "value")));
      }
    }
  }
  const std::string severity = text_of(quality, "severity");
  if (severity == "error" || severity == "warning" || severity == "info") {
    put(out.rule, "severity", make_text(severity));
  }
  return out;
}

}  // namespace sluice::contract::internal
