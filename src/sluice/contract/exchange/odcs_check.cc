// The keys of ODCS 3.1 and what each holds, as tables; a document is checked against them before
// anything is taken from it, and each export of ours is in the tests.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/exchange/odcs_internal.h"

namespace sluice::contract::internal {
namespace {

enum class Holds : std::uint8_t {
  Text,
  Id,
  Truth,
  Whole,
  Number,
  Plain,
  Anything,
  Map,
  Maps,
  Texts
};

struct Shape;

struct Key {
  std::string_view name;
  Holds holds = Holds::Text;
  const Shape* shape = nullptr;  // of a map, or of each item of a list
  bool is_required = false;
  std::span<const std::string_view> words{};
};

struct Shape {
  std::string_view what;  // for messages
  std::span<const Key> keys;
  bool is_open = false;     // other keys may stand there
  bool needs_names = true;  // false where nothing is required
};

constexpr std::array<std::string_view, 1> kKinds{"DataContract"};
constexpr std::array<std::string_view, 4> kCheckTypes{"text", "library", "sql", "custom"};
constexpr std::array<std::string_view, 7> kDimensions{"accuracy",    "completeness", "conformity",
                                                      "consistency", "coverage",     "timeliness",
                                                      "uniqueness"};
constexpr std::array<std::string_view, 5> kMetrics{"nullValues", "missingValues", "invalidValues",
                                                   "duplicateValues", "rowCount"};
constexpr std::array<std::string_view, 1> kTableTypes{"object"};
constexpr std::array<std::string_view, 9> kTypes{
    "string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"};
constexpr std::array<std::string_view, 8> kOperators{
    "mustBe",         "mustNotBe",           "mustBeGreaterThan", "mustBeGreaterOrEqualTo",
    "mustBeLessThan", "mustBeLessOrEqualTo", "mustBeBetween",     "mustNotBeBetween"};

constexpr Shape kOpen{.what = "", .keys = {}, .is_open = true};

constexpr Key kCustomKeys[] = {{"id", Holds::Id},
                               {"property", Holds::Text, nullptr, true},
                               {"value", Holds::Anything, nullptr, true},
                               {"description"}};
constexpr Shape kCustom{"a custom property", kCustomKeys};

constexpr Key kDefinitionKeys[] = {{"id", Holds::Id},
                                   {"url", Holds::Text, nullptr, true},
                                   {"type", Holds::Text, nullptr, true},
                                   {"description"}};
constexpr Shape kDefinition{"an authoritative definition", kDefinitionKeys};

constexpr Key kRelationKeys[] = {{"type"},
                                 {"from", Holds::Anything},
                                 {"to", Holds::Anything, nullptr, true},
                                 {"customProperties", Holds::Maps, &kCustom}};
constexpr Shape kRelation{"a relationship", kRelationKeys};

constexpr Key kCheckKeys[] = {
    {"id", Holds::Id},
    {"name"},
    {"description"},
    {"type", Holds::Text, nullptr, false, kCheckTypes},
    {"dimension", Holds::Text, nullptr, false, kDimensions},
    {"severity"},
    {"businessImpact"},
    {"method"},
    {"schedule"},
    {"scheduler"},
    {"unit"},
    {"tags", Holds::Texts},
    {"metric", Holds::Text, nullptr, false, kMetrics},
    {"rule"},
    {"arguments", Holds::Map, &kOpen},
    {"query"},
    {"engine"},
    {"implementation", Holds::Anything},
    {"mustBe", Holds::Anything},
    {"mustNotBe", Holds::Anything},
    {"mustBeGreaterThan", Holds::Number},
    {"mustBeGreaterOrEqualTo", Holds::Number},
    {"mustBeLessThan", Holds::Number},
    {"mustBeLessOrEqualTo", Holds::Number},
    {"mustBeBetween", Holds::Anything},
    {"mustNotBeBetween", Holds::Anything},
    {"authoritativeDefinitions", Holds::Maps, &kDefinition},
    {"customProperties", Holds::Maps, &kCustom},
};
constexpr Shape kCheck{"a check", kCheckKeys};

extern const Shape kProperty;
extern const Shape kItem;

constexpr Key kPropertyKeys[] = {
    {"id", Holds::Id},
    {"name", Holds::Text, nullptr, true},
    {"physicalName"},
    {"physicalType"},
    {"logicalType", Holds::Text, nullptr, false, kTypes},
    {"logicalTypeOptions", Holds::Map, &kOpen},
    {"description"},
    {"businessName"},
    {"required", Holds::Truth},
    {"unique", Holds::Truth},
    {"primaryKey", Holds::Truth},
    {"primaryKeyPosition", Holds::Whole},
    {"partitioned", Holds::Truth},
    {"partitionKeyPosition", Holds::Whole},
    {"classification"},
    {"encryptedName"},
    {"transformSourceObjects", Holds::Texts},
    {"transformLogic"},
    {"transformDescription"},
    {"examples", Holds::Anything},
    {"criticalDataElement", Holds::Truth},
    {"tags", Holds::Texts},
    {"properties", Holds::Maps, &kProperty},
    {"items", Holds::Map, &kItem},
    {"relationships", Holds::Maps, &kRelation},
    {"quality", Holds::Maps, &kCheck},
    {"authoritativeDefinitions", Holds::Maps, &kDefinition},
    {"customProperties", Holds::Maps, &kCustom},
};
constexpr Shape kProperty{"a property", kPropertyKeys};
constexpr Shape kItem{.what = "an item", .keys = kPropertyKeys, .needs_names = false};

constexpr Key kTableKeys[] = {
    {"id", Holds::Id},
    {"name", Holds::Text, nullptr, true},
    {"physicalName"},
    {"physicalType"},
    {"logicalType", Holds::Text, nullptr, false, kTableTypes},
    {"description"},
    {"businessName"},
    {"dataGranularityDescription"},
    {"tags", Holds::Texts},
    {"properties", Holds::Maps, &kProperty},
    {"relationships", Holds::Maps, &kRelation},
    {"quality", Holds::Maps, &kCheck},
    {"authoritativeDefinitions", Holds::Maps, &kDefinition},
    {"customProperties", Holds::Maps, &kCustom},
};
constexpr Shape kTable{"an object of the schema", kTableKeys};

constexpr Key kLevelKeys[] = {{"id", Holds::Id},
                              {"property", Holds::Text, nullptr, true},
                              {"value", Holds::Plain, nullptr, true},
                              {"valueExt", Holds::Plain},
                              {"unit"},
                              {"element"},
                              {"driver"},
                              {"description"},
                              {"scheduler"},
                              {"schedule"}};
constexpr Shape kLevel{"a service level", kLevelKeys};

constexpr Key kDescriptionKeys[] = {{"usage"},
                                    {"purpose"},
                                    {"limitations"},
                                    {"authoritativeDefinitions", Holds::Maps, &kDefinition},
                                    {"customProperties", Holds::Maps, &kCustom}};
constexpr Shape kDescription{"the description", kDescriptionKeys};

constexpr Key kServerKeys[] = {{"server", Holds::Text, nullptr, true},
                               {"type", Holds::Text, nullptr, true}};
constexpr Shape kServer{"a server", kServerKeys, true};

constexpr Key kPriceKeys[] = {
    {"id", Holds::Id}, {"priceAmount", Holds::Number}, {"priceCurrency"}, {"priceUnit"}};
constexpr Shape kPrice{"the price", kPriceKeys};

constexpr Key kSupportKeys[] = {{"channel", Holds::Text, nullptr, true}};
constexpr Shape kSupport{"a support channel", kSupportKeys, true};

constexpr Key kRoleKeys[] = {{"role", Holds::Text, nullptr, true}};
constexpr Shape kRole{"a role", kRoleKeys, true};

constexpr Key kRootKeys[] = {
    {"apiVersion", Holds::Text, nullptr, true},
    {"kind", Holds::Text, nullptr, true, kKinds},
    {"id", Holds::Text, nullptr, true},
    {"version", Holds::Text, nullptr, true},
    {"status", Holds::Text, nullptr, true},
    {"name"},
    {"tenant"},
    {"domain"},
    {"dataProduct"},
    {"description", Holds::Map, &kDescription},
    {"tags", Holds::Texts},
    {"servers", Holds::Maps, &kServer},
    {"schema", Holds::Maps, &kTable},
    {"support", Holds::Maps, &kSupport},
    {"price", Holds::Map, &kPrice},
    {"team", Holds::Anything},  // a list of members before 3.1
    {"roles", Holds::Maps, &kRole},
    {"slaDefaultElement"},
    {"slaProperties", Holds::Maps, &kLevel},
    {"authoritativeDefinitions", Holds::Maps, &kDefinition},
    {"customProperties", Holds::Maps, &kCustom},
    {"contractCreatedTs"},
};
constexpr Shape kRoot{"a data contract of ODCS", kRootKeys};

/// The options of a logical type, and whether its bounds are texts.
struct TypeOptions {
  std::string_view type;
  std::span<const Key> keys;
};
constexpr Key kTextOptions[] = {
    {"minLength", Holds::Whole}, {"maxLength", Holds::Whole}, {"pattern"}, {"format"}};
constexpr Key kTimeOptions[] = {{"format"},           {"minimum"},
                                {"maximum"},          {"exclusiveMinimum"},
                                {"exclusiveMaximum"}, {"timezone", Holds::Truth},
                                {"defaultTimezone"}};
constexpr Key kNumberOptions[] = {{"format"},
                                  {"minimum", Holds::Number},
                                  {"maximum", Holds::Number},
                                  {"exclusiveMinimum", Holds::Number},
                                  {"exclusiveMaximum", Holds::Number},
                                  {"multipleOf", Holds::Number}};
constexpr Key kObjectOptions[] = {
    {"minProperties", Holds::Whole}, {"maxProperties", Holds::Whole}, {"required", Holds::Texts}};
constexpr Key kListOptions[] = {
    {"minItems", Holds::Whole}, {"maxItems", Holds::Whole}, {"uniqueItems", Holds::Truth}};
constexpr TypeOptions kOptions[] = {
    {"string", kTextOptions},   {"date", kTimeOptions},      {"timestamp", kTimeOptions},
    {"time", kTimeOptions},     {"integer", kNumberOptions}, {"number", kNumberOptions},
    {"object", kObjectOptions}, {"array", kListOptions},     {"boolean", {}},
};

std::string_view wanted(Holds holds) {
  switch (holds) {
    case Holds::Text: return "text";
    case Holds::Id: return "letters, digits, '-' and '_'";
    case Holds::Truth: return "true or false";
    case Holds::Whole: return "a whole number";
    case Holds::Number: return "a number";
    case Holds::Plain: return "a text, a number or a truth";
    case Holds::Anything: return "a value";
    case Holds::Map: return "a map";
    case Holds::Maps: return "a list of maps";
    case Holds::Texts: return "a list of texts";
  }
  return "";
}

bool is_text(const Node& node) {
  return node.is_scalar() &&
         (node.style != ScalarStyle::Plain || scalar_type(node) == ScalarType::String);
}

bool is_id(const Node& node) { return node.is_scalar() && is_stable_id(node.text); }

bool fits(const Node& node, Holds holds) {
  switch (holds) {
    case Holds::Text: return is_text(node);
    case Holds::Id: return is_id(node);
    case Holds::Truth: return as_bool(node).has_value();
    case Holds::Whole: return as_integer(node).has_value();
    case Holds::Number: return as_number(node).has_value();
    case Holds::Plain: return node.is_scalar();
    case Holds::Anything: return true;
    case Holds::Map: return node.is_mapping();
    case Holds::Maps:
      return node.is_sequence() &&
             std::ranges::all_of(node.items, [](const Node& item) { return item.is_mapping(); });
    case Holds::Texts: return node.is_sequence() && std::ranges::all_of(node.items, is_text);
  }
  return false;
}

class Checker {
 public:
  explicit Checker(Diagnostics& out) : out_(out) {}

  void check(const Node& map, const Shape& shape);

 private:
  void check_entry(const Entry& entry, const Key& key);
  void check_unknown(const Entry& entry, const Shape& shape);
  void check_ids(const Node& list);
  void check_quality(const Node& check);
  void check_property(const Node& property);

  Diagnostics& out_;
};

void Checker::check_unknown(const Entry& entry, const Shape& shape) {
  std::vector<std::string_view> names;
  for (const Key& key : shape.keys) {
    names.push_back(key.name);
  }
  out_.add(Code::UnknownKey, Severity::Warning, entry.key_span,
           fmt::format("no key of {}: '{}'", shape.what, entry.key),
           did_you_mean(entry.key, names));
}

void Checker::check_entry(const Entry& entry, const Key& key) {
  const Node& value = entry.value;
  // A number where a text is wanted can be read all the same: `version: 1.0`.
  const bool reads = key.holds == Holds::Text && value.is_scalar() && !value.is_null();
  if (!fits(value, key.holds)) {
    out_.add(
        Code::WrongType, reads ? Severity::Warning : Severity::Error, value.span,
        fmt::format("expected {} for '{}', got {}", wanted(key.holds), key.name, describe(value)));
    if (!reads) {
      return;
    }
  }
  if (!key.words.empty() && std::ranges::find(key.words, value.text) == key.words.end()) {
    out_.add(Code::UnknownWord, value.span,
             fmt::format("expected {} for '{}', got '{}'", fmt::join(key.words, ", "), key.name,
                         value.text));
  }
  if (key.holds == Holds::Map) {
    check(value, *key.shape);
  }
  if (key.holds == Holds::Maps) {
    check_ids(value);
    for (const Node& item : value.items) {
      check(item, *key.shape);
    }
  }
}

void Checker::check_ids(const Node& list) {
  std::set<std::string> seen;
  for (const Node& item : list.items) {
    const std::string id = text_of(item, "id");
    if (!id.empty() && !seen.insert(id).second) {
      out_.add(Code::ConflictingKeys, item.find("id")->span,
               fmt::format("two of this id in one list: '{}'", id));
    }
  }
}

void Checker::check(const Node& map, const Shape& shape) {
  for (const Entry& entry : map.entries) {
    const auto key = std::ranges::find(shape.keys, entry.key, &Key::name);
    if (key != shape.keys.end()) {
      check_entry(entry, *key);
    } else if (!shape.is_open) {
      check_unknown(entry, shape);
    }
  }
  for (const Key& key : shape.keys) {
    if (shape.needs_names && key.is_required && map.find(key.name) == nullptr) {
      out_.add(Code::MissingKey, map.span,
               fmt::format("{} needs the key '{}'", shape.what, key.name));
    }
  }
  if (&shape == &kCheck) {
    check_quality(map);
  }
  if (&shape == &kProperty || &shape == &kItem) {
    check_property(map);
  }
}

void Checker::check_quality(const Node& check) {
  const std::string type = text_of(check, "type");
  const auto need = [&](std::string_view key) {
    if (check.find(key) == nullptr) {
      out_.add(Code::MissingKey, check.span, fmt::format("this check needs the key '{}'", key));
    }
  };
  const bool is_library = type == "library" || (type.empty() && check.find("rule") == nullptr);
  if (is_library && check.find("rule") == nullptr) {
    need("metric");
  }
  if (type == "sql") {
    need("query");
  }
  if (type == "custom") {
    need("engine");
    need("implementation");
  }
  const auto count = std::ranges::count_if(
      kOperators, [&](std::string_view key) { return check.find(key) != nullptr; });
  const bool is_compared = check.find("metric") != nullptr || type == "sql" || type == "library";
  if (is_compared && count != 1 && check.find("rule") == nullptr) {
    out_.add(count == 0 ? Code::MissingKey : Code::ConflictingKeys, Severity::Warning, check.span,
             fmt::format("expected one of {}, got {}", fmt::join(kOperators, ", "), count));
  }
  for (const std::string_view key : {"mustBeBetween", "mustNotBeBetween"}) {
    const Node* range = check.find(key);
    const bool is_range =
        range == nullptr || (range->items.size() == 2 && as_number(range->items[0]).has_value() &&
                             as_number(range->items[1]).has_value());
    if (!is_range) {
      out_.add(Code::WrongType, range->span,
               fmt::format("expected two numbers for '{}', got {}", key, describe(*range)));
    }
  }
}

void Checker::check_property(const Node& property) {
  const std::string type = text_of(property, "logicalType");
  const auto* options = std::ranges::find(kOptions, type, &TypeOptions::type);
  const Node* written = property.find("logicalTypeOptions");
  if (written == nullptr || !written->is_mapping() || options == std::end(kOptions)) {
    return;
  }
  check(*written, Shape{.what = "the options of this type", .keys = options->keys});
}

}  // namespace

bool is_stable_id(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

void check_odcs(const Node& document, Diagnostics& out) { Checker(out).check(document, kRoot); }

}  // namespace sluice::contract::internal
