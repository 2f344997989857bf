#include "sluice/contract/read/reader.h"

#include <algorithm>
#include <utility>

#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/source/scalar_map.h"

namespace sluice::contract {
namespace {

/// Keys that people write where they do not belong, and where they do.
struct Misplaced {
  std::string_view shape;
  std::string_view key;
  std::string_view belongs;
};

constexpr std::array kMisplaced{
    Misplaced{"model", "primary_key",
              "'primary_key' is a key of the contract itself, beside 'model'"},
    Misplaced{"model", "name", "the table's name is 'info.table_name'"},
    Misplaced{"model.fields[]", "primary_key",
              "list the column in 'primary_key' of the contract, beside 'model'"},
    Misplaced{"model.fields[]", "unique",
              "write a dataset rule: quality.dataset_rules: [{unique: column}]"},
    Misplaced{"model.fields[]", "regex",
              "write a row rule: quality.row_rules: [{regex_match: {field: ..., pattern: ...}}]"},
    Misplaced{"model.fields[]", "pattern",
              "write a row rule: quality.row_rules: [{regex_match: {field: ..., pattern: ...}}]"},
    Misplaced{"model.fields[]", "default",
              "write a transformation: coalesce: {field: ..., default: ...}"},
    Misplaced{"quality.row_rules[]", "unique", "'unique' is a dataset rule: quality.dataset_rules"},
    Misplaced{"quality.row_rules[]", "null_ratio",
              "'null_ratio' is a dataset rule: quality.dataset_rules"},
    Misplaced{"quality.row_rules[]", "row_count_between",
              "'row_count_between' is a dataset rule: quality.dataset_rules"},
    Misplaced{"quality.dataset_rules[]", "not_null", "'not_null' is a row rule: quality.row_rules"},
    Misplaced{"quality.dataset_rules[]", "range", "'range' is a row rule: quality.row_rules"},
    Misplaced{"quality.dataset_rules[]", "accepted_values",
              "'accepted_values' is a row rule: quality.row_rules"},
    Misplaced{"quality.dataset_rules[]", "regex_match",
              "'regex_match' is a row rule: quality.row_rules"},
    Misplaced{"materialization", "timestamp_field",
              "'timestamp_field' is a key of 'materialization.scd2'"},
    Misplaced{"materialization", "track_columns",
              "'track_columns' is a key of 'materialization.scd2'"},
    Misplaced{"source", "delimiter", "'delimiter' belongs under 'source.options'"},
    Misplaced{"source", "has_header", "'has_header' belongs under 'source.options'"},
    Misplaced{"source", "record_length", "'record_length' belongs under 'source.options'"},
    Misplaced{"source", "encoding", "'encoding' belongs under 'source.options'"},
    Misplaced{"source", "skip_rows", "'skip_rows' belongs under 'source.options'"},
    Misplaced{"source", "skip_footer", "'skip_footer' belongs under 'source.options'"},
    Misplaced{"source", "strip", "'strip' belongs under 'source.options'"},
    Misplaced{"source", "kind", "'kind' belongs under 'source.options'"},
    Misplaced{"contract", "fields", "'fields' belongs under 'model'"},
    Misplaced{"contract", "title", "'title' belongs under 'info'"},
    Misplaced{"contract", "owner", "'owner' belongs under 'info'"},
    Misplaced{"contract", "row_rules", "'row_rules' belongs under 'quality'"},
    Misplaced{"contract", "dataset_rules", "'dataset_rules' belongs under 'quality'"},
    Misplaced{"contract", "freshness", "'freshness' belongs under 'service_levels'"},
    Misplaced{"contract", "strategy", "'strategy' belongs under 'materialization'"},
};

const Misplaced* find_misplaced(std::string_view shape, std::string_view key) {
  const auto found = std::find_if(kMisplaced.begin(), kMisplaced.end(), [&](const Misplaced& each) {
    return each.shape == shape && each.key == key;
  });
  return found == kMisplaced.end() ? nullptr : &*found;
}

std::vector<std::string_view> key_names(const Shape& shape) {
  std::vector<std::string_view> names;
  for (const Key& key : shape.keys) {
    names.push_back(key.name);
  }
  return names;
}

/// True when an unknown key of the map is nearly `name`: it was reported with that suggestion.
bool is_misspelt(const Node& node, const Shape& shape, std::string_view name) {
  const std::array wanted{name};
  return std::any_of(node.entries.begin(), node.entries.end(), [&](const Entry& entry) {
    return shape.find(entry.key) == nullptr && find_near(entry.key, wanted).has_value();
  });
}

/// A setting with several names is what the first of them in the table says. Written out as
/// nothing, a name stands back, unless nothing is a value.
bool is_outdone(const Node& node, const Shape& shape, const Key& key) {
  return std::any_of(&*shape.keys.begin(), &key, [&](const Key& before) {
    const Node* written = before.read == key.read ? node.find(before.name) : nullptr;
    return written != nullptr && (!written->is_null() || before.is_null_a_value);
  });
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// Where a value that holds nothing would have the key: `info:` without lines below it. The path of
/// that key; empty when it is written out, or knows no such key.
std::string empty_block_with(const Node& value, const Key& key, const std::string& path,
                             std::string_view wanted) {
  const Shape* shape = key.child == nullptr ? nullptr : &key.child();
  if (value.is_null()) {
    return shape != nullptr && shape->find(wanted) != nullptr ? path : std::string();
  }
  const Node* last = value.is_sequence() && !value.items.empty() ? &value.items.back() : &value;
  if (shape == nullptr || !last->is_mapping() || last->entries.empty()) {
    return {};
  }
  const Entry& entry = last->entries.back();
  const Key* inner = shape->find(entry.key);
  return inner == nullptr
             ? std::string()
             : empty_block_with(entry.value, *inner,
                                path + (last == &value ? "." : "[].") + entry.key, wanted);
}

/// The nearest of the blocks above an unknown key that is empty and has a key of this name: its
/// lines have lost their indentation.
std::string find_empty_block(const std::vector<std::pair<const Entry*, const Key*>>& above,
                             std::string_view unknown) {
  for (auto each = above.rbegin(); each != above.rend(); ++each) {
    const auto& [entry, key] = *each;
    std::string path = empty_block_with(entry->value, *key, entry->key, unknown);
    if (!path.empty()) {
      return path;
    }
  }
  return {};
}

}  // namespace

std::string_view to_string(Support support) {
  switch (support) {
    case Support::Acted: return "acted on";
    case Support::Recorded: return "recorded";
    case Support::Later: return "not yet";
    case Support::LaterRows: return "not yet, decides rows";
  }
  return {};
}

std::string_view expected_kind(ValueKind kind) {
  switch (kind) {
    case ValueKind::String: return "text";
    case ValueKind::Boolean: return "true or false";
    case ValueKind::Whole: return "a whole number";
    case ValueKind::Real: return "a number";
    case ValueKind::AnyScalar: return "a text, a number or true or false";
    case ValueKind::Sql: return "SQL";
    case ValueKind::Word: return "a word";
    case ValueKind::StringList: return "a list of texts";
    case ValueKind::WholeList: return "a list of whole numbers";
    case ValueKind::RealList: return "a list of numbers";
    case ValueKind::ScalarList: return "a list of values";
    case ValueKind::StringMap: return "a map of texts";
    case ValueKind::WholeMap: return "a map of whole numbers";
    case ValueKind::ScalarMap: return "a map of values";
    case ValueKind::SqlMap: return "a map of SQL expressions";
    case ValueKind::Object: return "a map";
    case ValueKind::ObjectList: return "a list of maps";
    case ValueKind::ObjectMap: return "a map of maps";
    case ValueKind::Anything: return "a value";
  }
  return {};
}

const Key* Shape::find(std::string_view key) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& each) { return each.name == key; });
  return found == keys.end() ? nullptr : &*found;
}

Reader::Step::Step(Reader& reader, std::string_view part)
    : reader_(reader), length_(reader.path_.size()) {
  if (!reader.path_.empty() && !part.starts_with('[')) {
    reader.path_ += '.';
  }
  reader.path_ += part;
}

std::string Reader::key_name() const {
  const std::size_t dot = path_.find_last_of('.');
  return dot == std::string::npos ? path_ : path_.substr(dot + 1);
}

void Reader::read_object(const Node& node, const Shape& shape, void* object) {
  std::vector<std::pair<const Entry*, const Key*>> known;
  for (const Entry& entry : node.entries) {
    const Key* key = shape.find(entry.key);
    if (key != nullptr) {
      if (!is_outdone(node, shape, *key)) {
        read_entry(entry, *key, object);
      }
      if (known.size() < shape.keys.size()) {
        known.emplace_back(&entry, key);
      }
    } else if (!entry.key.starts_with("x-")) {
      const std::string block = find_empty_block(known, entry.key);
      if (block.empty()) {
        report_unknown_key(entry, shape);
      } else {
        report_lost_indentation(entry, block);
      }
    }
  }
  if (!is_complete()) {
    return;
  }
  for (const Key& key : shape.keys) {
    if (key.need != Need::Optional && node.find(key.name) == nullptr &&
        !is_misspelt(node, shape, key.name)) {
      report_missing(node, key);
    }
  }
}

void Reader::report_missing(const Node& node, const Key& key) {
  const std::string place = path_.empty() ? "the contract" : quoted(path_);
  if (key.need == Need::Required || is_olc()) {
    out_.add(Code::MissingKey, node.span, "expected the key " + quoted(key.name) + " in " + place);
  } else {
    out_.add(Code::DefaultTaken, node.span,
             quoted(key.name) + " is not written in " + place + "; " + std::string(key.fallback));
  }
}

void Reader::read_entry(const Entry& entry, const Key& key, void* object) {
  const Step step(*this, entry.key);
  const bool must_be_there = key.need == Need::Required || (key.need == Need::Standard && is_olc());
  if (entry.value.is_null() && must_be_there) {
    out_.add(Code::EmptyValue, entry.key_span,
             "expected " + std::string(expected_kind(key.kind)) + " for " + quoted(key.name) +
                 ", and it is empty");
    return;
  }
  if (key.need == Need::Required && entry.value.is_sequence() && entry.value.items.empty()) {
    out_.add(Code::EmptyValue, entry.value.span,
             "expected at least one value under " + quoted(key.name) + ", and the list is empty");
  }
  key.read(*this, entry.value, object);
  const bool is_off = entry.value.is_null() || as_bool(entry.value) == false ||
                      (entry.value.is_sequence() && entry.value.items.empty());
  if (!is_off && (key.support == Support::Later || key.support == Support::LaterRows)) {
    note_unsupported(entry.key_span, key.support == Support::LaterRows);
  }
}

void Reader::note_unsupported(const Span& span, bool decides_rows) {
  unsupported_.push_back({.path = path_, .decides_rows = decides_rows, .span = span});
  out_.add(Code::NotSupportedYet, span,
           decides_rows
               ? "no run executes this key yet and it decides which rows are read or "
                 "written, so a run refuses it: " +
                     quoted(path_)
               : "no run executes this key yet; a run warns and goes on: " + quoted(path_));
}

void Reader::for_each_item(const Node& list, void (*read)(Reader&, const Node&, void*),
                           void* object) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Step step(*this, "[" + std::to_string(i) + "]");
    read(*this, list.items[i], object);
  }
}

void Reader::report_wrong_type(const Node& node, std::string_view expected) {
  if (is_placeholder(node)) {
    return;
  }
  std::string suggestion;
  const bool is_unquoted = node.is_scalar() && node.style == ScalarStyle::Plain;
  if (is_unquoted && expected == "text" && !node.is_null()) {
    suggestion = "put it in quotes: \"" + node.text + "\"";
  }
  const bool is_bool_word = node.is_scalar() && expected == "true or false" &&
                            (node.text == "yes" || node.text == "on" || node.text == "no" ||
                             node.text == "off" || node.text == "true" || node.text == "false");
  if (is_bool_word) {
    const bool is_true = node.text == "yes" || node.text == "on" || node.text == "true";
    suggestion = is_true ? "write true" : "write false";
    suggestion += is_unquoted ? "; yes, no, on and off are texts" : " without quotes";
  }
  out_.add(Code::WrongType, node.span,
           "expected " + std::string(expected) + " for " + quoted(key_name()) + ", and came " +
               describe(node),
           std::move(suggestion));
}

void Reader::report_unknown_key(const Entry& entry, const Shape& shape) {
  const Severity severity = is_lenient() ? Severity::Warning : Severity::Error;
  const std::vector<std::string_view> names = key_names(shape);
  if (const Misplaced* place = find_misplaced(shape.name, entry.key)) {
    out_.add(Code::MisplacedKey, severity, entry.key_span,
             "this key has no effect here: " + quoted(entry.key), std::string(place->belongs));
    return;
  }
  std::string suggestion = did_you_mean(entry.key, names);
  if (suggestion.empty() && names.size() <= 12) {
    suggestion = "known keys: " + quoted_list(names);
  }
  out_.add(Code::UnknownKey, severity, entry.key_span,
           "no such key in " + quoted(shape.name) + ": " + quoted(entry.key),
           std::move(suggestion));
}

void Reader::report_lost_indentation(const Entry& entry, const std::string& block) {
  out_.add(Code::MisplacedKey, is_lenient() ? Severity::Warning : Severity::Error, entry.key_span,
           "this key has no effect here: " + quoted(entry.key),
           "the block " + quoted(block) + " above is empty and has such a key: indent this line, " +
               "as in the source that it was copied from");
}

void Reader::report_unknown_word(const Node& node, std::span<const std::string_view> words) {
  std::string suggestion = did_you_mean(node.text, words);
  out_.add(Code::UnknownWord, node.span,
           "expected " + quoted_list(words) + " for " + quoted(key_name()) + ", and came " +
               describe(node),
           std::move(suggestion));
}

bool Reader::is_placeholder(const Node& node) {
  if (!node.is_scalar()) {
    return false;
  }
  const std::string_view text = node.text;
  const bool is_braced = text.size() > 2 && text.front() == '{' && text.back() == '}';
  const bool is_variable = text.size() > 3 && text.starts_with("${") && text.back() == '}';
  if (!is_braced && !is_variable) {
    return false;
  }
  out_.add(Code::Placeholder, node.span,
           "a placeholder stands for the value of " + quoted(key_name()) +
               "; it is checked when it is filled in: " + quoted(text));
  return true;
}

namespace internal {

std::size_t find_word(Reader& reader, const Node& node, std::span<const std::string_view> words) {
  if (!node.is_scalar() || node.is_null()) {
    reader.report_wrong_type(node, "one of the words " + quoted_list(words));
    return std::string_view::npos;
  }
  const auto found = std::find(words.begin(), words.end(), node.text);
  if (found != words.end()) {
    return static_cast<std::size_t>(found - words.begin());
  }
  if (!reader.is_placeholder(node)) {
    reader.report_unknown_word(node, words);
  }
  return std::string_view::npos;
}

bool begin_list(Reader& reader, const Node& node, std::string_view expected) {
  if (node.is_sequence()) {
    return true;
  }
  reader.report_wrong_type(node, expected);
  return false;
}

bool begin_map(Reader& reader, const Node& node, std::string_view expected) {
  if (node.is_mapping()) {
    return true;
  }
  reader.report_wrong_type(node, expected);
  return false;
}

bool begin_object(Reader& reader, const Node& node) {
  return begin_map(reader, node, expected_kind(ValueKind::Object));
}

}  // namespace internal

void read_value(Reader& reader, const Node& node, Text& out) {
  if (node.is_scalar() && scalar_type(node) == ScalarType::String) {
    out = {node.text, node.span};
    return;
  }
  reader.report_wrong_type(node, expected_kind(ValueKind::String));
  if (node.is_scalar() && !node.is_null()) {
    out = {node.text, node.span};  // what was meant is plain enough for the checks that follow
  }
}

void read_value(Reader& reader, const Node& node, Flag& out) {
  if (const std::optional<bool> value = as_bool(node)) {
    out = {*value, node.span};
  } else {
    reader.report_wrong_type(node, expected_kind(ValueKind::Boolean));
  }
}

void read_value(Reader& reader, const Node& node, Integer& out) {
  if (const std::optional<std::int64_t> value = as_integer(node)) {
    out = {*value, node.span};
  } else if (node.is_scalar() && scalar_type(node) == ScalarType::Int) {
    reader.report_wrong_type(node, "a whole number of at most 64 bits");
  } else {
    reader.report_wrong_type(node, expected_kind(ValueKind::Whole));
  }
}

void read_value(Reader& reader, const Node& node, Number& out) {
  if (const std::optional<double> value = as_number(node)) {
    out = {{*value, node.text}, node.span};
  } else if (node.is_scalar() && scalar_type(node) == ScalarType::Float) {
    reader.report_wrong_type(node, "a finite number");
  } else {
    reader.report_wrong_type(node, expected_kind(ValueKind::Real));
  }
}

void read_value(Reader& reader, const Node& node, Value& out) {
  if (node.is_scalar()) {
    out = {{scalar_type(node), node.text}, node.span};
  } else {
    reader.report_wrong_type(node, expected_kind(ValueKind::AnyScalar));
  }
}

/// Without the semicolons that end it, unless nothing else is there.
std::size_t length_of_statement(std::string_view sql) {
  const std::size_t last = sql.find_last_not_of("; \t\r\n");
  return last == std::string_view::npos || sql.find(';', last) == std::string_view::npos
             ? sql.size()
             : last + 1;
}

void read_value(Reader& reader, const Node& node, SqlText& out) {
  Text text;
  read_value(reader, node, text);
  if (node.is_scalar()) {
    out = make_sql(reader.text(), node, 0, length_of_statement(text.value));
  }
}

void read_value(Reader&, const Node& node, Node& out) { out = node; }

SqlText make_sql(std::string_view document, const Node& node, std::size_t offset,
                 std::size_t length) {
  const auto begin = static_cast<std::uint32_t>(offset);
  const bool is_of_document = node.span.file == 0;  // else `document` is another file's text
  return {.text = node.text.substr(offset, length),
          .span = is_of_document ? span_in_scalar(document, node.span, node.style, begin,
                                                  static_cast<std::uint32_t>(length))
                                 : node.span,
          .scalar = node.span,
          .style = node.style,
          .offset = begin,
          .written = {},
          .origins = {}};
}

}  // namespace sluice::contract
