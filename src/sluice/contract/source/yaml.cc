#include "sluice/contract/source/yaml.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml.h>

#include "sluice/base/limits.h"
#include "sluice/contract/diagnostic/utf8.h"
#include "sluice/contract/source/syntax_fault.h"
#include "sluice/contract/source/text_index.h"

namespace sluice::contract {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

struct Parser {
  yaml_parser_t raw{};
  Parser() { yaml_parser_initialize(&raw); }
  ~Parser() { yaml_parser_delete(&raw); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
};

struct Event {
  yaml_event_t raw{};
  Event() = default;
  ~Event() { yaml_event_delete(&raw); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
};

std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string{} : std::string(reinterpret_cast<const char*>(text));
}

ScalarStyle style_of(yaml_scalar_style_t style) {
  switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: return ScalarStyle::SingleQuoted;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: return ScalarStyle::DoubleQuoted;
    case YAML_LITERAL_SCALAR_STYLE: return ScalarStyle::Literal;
    case YAML_FOLDED_SCALAR_STYLE: return ScalarStyle::Folded;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE: break;
  }
  return ScalarStyle::Plain;
}

struct Size {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
};

void measure(const Node& node, Size& size) {
  ++size.nodes;
  size.bytes += node.text.size();
  for (const Node& item : node.items) {
    measure(item, size);
  }
  for (const Entry& entry : node.entries) {
    size.bytes += entry.key.size();
    measure(entry.value, size);
  }
}

/// A collection that is still open.
struct Frame {
  Node node;
  std::string anchor;
  std::optional<Entry> pending;  // a key whose value comes next
};

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const TextIndex& index, Diagnostics& out, std::uint32_t file)
      : text_(text), index_(index), out_(out), file_(file) {}

  /// False ends the reading.
  bool take(const yaml_event_t& event);
  void fault(const yaml_parser_t& parser) {
    report_syntax_fault(parser, text_, index_, file_, out_);
    is_complete_ = false;
  }
  Document finish();

 private:
  Span span_of(const yaml_event_t& event) const;
  bool take_alias(const yaml_event_t& event);
  bool take_scalar(const yaml_event_t& event);
  bool open(const yaml_event_t& event, NodeKind kind);
  bool close(const yaml_event_t& event);
  bool place(Node node, const std::string& anchor);
  void place_in_mapping(Frame& frame, Node node);
  bool charge(const Node& node, const Span& span);
  void check_tag(const Node& node);
  void report_duplicate_keys(Node& mapping);
  void apply_merge_keys(Node& mapping);
  void merge_from(Node& mapping, Node source);

  std::string_view text_;
  const TextIndex& index_;
  Diagnostics& out_;
  std::uint32_t file_;
  std::vector<Frame> open_;
  std::vector<std::pair<std::string, Node>> anchors_;
  std::optional<Node> root_;
  Size size_;
  int documents_ = 0;
  bool is_complete_ = true;
};

/// Skips `&anchor` and `!tag` before a value, so that its span begins where it does.
std::size_t skip_properties(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && (text[at] == '&' || text[at] == '!')) {
    at = std::min(text.find_first_of(" \t\r\n,[]{}", at), end);
    while (at < end) {
      if (text[at] == '#') {
        at = std::min(text.find_first_of("\r\n", at), end);
      } else if (std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) {
        ++at;
      } else {
        break;
      }
    }
  }
  return at;
}

Span TreeBuilder::span_of(const yaml_event_t& event) const {
  Span span{.begin = index_.at_character(event.start_mark.index),
            .end = index_.at_character(event.end_mark.index),
            .file = file_};
  return span;
}

bool TreeBuilder::take(const yaml_event_t& event) {
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT:
      if (++documents_ > 1) {
        out_.add(Code::SeveralDocuments, span_of(event),
                 "expected one YAML document in the file, and a second one begins here",
                 "remove the line '---', or put the second contract into a file of its own");
        return false;
      }
      return true;
    case YAML_ALIAS_EVENT: return take_alias(event);
    case YAML_SCALAR_EVENT: return take_scalar(event);
    case YAML_SEQUENCE_START_EVENT: return open(event, NodeKind::Sequence);
    case YAML_MAPPING_START_EVENT: return open(event, NodeKind::Mapping);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close(event);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT: break;
  }
  return true;
}

bool TreeBuilder::take_alias(const yaml_event_t& event) {
  const std::string name = text_of(event.data.alias.anchor);
  const Span span = span_of(event);
  const auto found = std::find_if(anchors_.rbegin(), anchors_.rend(),
                                  [&](const auto& each) { return each.first == name; });
  if (found != anchors_.rend()) {
    if (!charge(found->second, span)) {
      return false;
    }
    return place(found->second, {});
  }
  const bool is_open = std::any_of(open_.begin(), open_.end(),
                                   [&](const Frame& frame) { return frame.anchor == name; });
  out_.add(Code::UnknownAnchor, span,
           is_open ? "a value cannot contain itself: '*" + name + "'"
                   : "no anchor of this name stands before the alias: '*" + name + "'");
  return place(Node{.span = span}, {});
}

bool TreeBuilder::take_scalar(const yaml_event_t& event) {
  const auto& scalar = event.data.scalar;
  Node node{.kind = NodeKind::Scalar,
            .style = style_of(scalar.style),
            .span = span_of(event),
            .text = std::string(reinterpret_cast<const char*>(scalar.value), scalar.length),
            .tag = text_of(scalar.tag)};
  if (scalar.anchor != nullptr || scalar.tag != nullptr) {
    const std::size_t before = node.span.begin.offset - index_.at_byte(0).offset;
    const std::size_t end = node.span.end.offset - index_.at_byte(0).offset;
    node.span.begin = index_.at_byte(skip_properties(text_, before, end));
  }
  check_tag(node);
  return charge(node, node.span) && place(std::move(node), text_of(scalar.anchor));
}

bool TreeBuilder::open(const yaml_event_t& event, NodeKind kind) {
  const bool is_mapping = kind == NodeKind::Mapping;
  Node node{.kind = kind, .span = span_of(event)};
  node.is_flow = is_mapping ? event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                            : event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
  node.tag = text_of(is_mapping ? event.data.mapping_start.tag : event.data.sequence_start.tag);
  const std::string anchor =
      text_of(is_mapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor);
  if (open_.size() >= static_cast<std::size_t>(limits::kDocumentDepthMax)) {
    out_.add(Code::DocumentTooDeep, node.span,
             "expected at most " + std::to_string(limits::kDocumentDepthMax) +
                 " levels of nesting, and here is one more");
    is_complete_ = false;
    return false;
  }
  check_tag(node);
  const bool within_limits = charge(node, node.span);
  open_.push_back({.node = std::move(node), .anchor = anchor});
  return within_limits;
}

/// A block ends with its last child, unless that is an alias, which stands where its anchor does.
void end_with_last_child(Node& node) {
  const Mark last = !node.items.empty()     ? node.items.back().span.end
                    : !node.entries.empty() ? node.entries.back().value.span.end
                                            : node.span.end;
  node.span.end = last.offset < node.span.begin.offset ? node.span.begin : last;
}

bool TreeBuilder::close(const yaml_event_t& event) {
  Frame frame = std::move(open_.back());
  open_.pop_back();
  Node& node = frame.node;
  if (node.is_flow) {
    node.span.end = index_.at_character(event.end_mark.index);
  } else {
    end_with_last_child(node);
  }
  if (node.is_mapping()) {
    report_duplicate_keys(node);
    apply_merge_keys(node);
  }
  return place(std::move(node), frame.anchor);
}

bool TreeBuilder::place(Node node, const std::string& anchor) {
  if (!anchor.empty()) {
    if (!charge(node, node.span)) {
      return false;
    }
    anchors_.emplace_back(anchor, node);
  }
  if (open_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Frame& top = open_.back();
  if (top.node.is_sequence()) {
    top.node.items.push_back(std::move(node));
  } else {
    place_in_mapping(top, std::move(node));
  }
  return true;
}

void TreeBuilder::place_in_mapping(Frame& frame, Node node) {
  if (frame.pending) {
    frame.pending->value = std::move(node);
    if (frame.pending->key_span.is_written()) {
      frame.node.entries.push_back(*std::move(frame.pending));
    }
    frame.pending.reset();
    return;
  }
  frame.pending.emplace();
  if (!node.is_scalar()) {
    out_.add(Code::KeyNotText, node.span,
             "expected a word as key, and came " + std::string(kind_name(node)),
             "a template such as {name} must stand in quotes");
    return;  // a pending key without a place drops its value
  }
  frame.pending->key = std::move(node.text);
  frame.pending->key_span = node.span;
  frame.pending->key_style = node.style;
}

bool TreeBuilder::charge(const Node& node, const Span& span) {
  measure(node, size_);
  if (size_.nodes <= limits::kDocumentNodesMax && size_.bytes <= limits::kContractBytesMax) {
    return true;
  }
  out_.add(Code::TooManyNodes, span,
           "expected at most " + std::to_string(limits::kDocumentNodesMax) +
               " values with aliases expanded, and the limit is passed here");
  is_complete_ = false;
  return false;
}

void TreeBuilder::check_tag(const Node& node) {
  if (node.tag.empty() || node.tag == "!") {
    return;
  }
  constexpr std::string_view kKnown[] = {"str", "int", "float", "bool", "null", "seq", "map"};
  const std::string_view tag = node.tag;
  const bool is_known =
      tag.starts_with(kCoreTag) && std::find(std::begin(kKnown), std::end(kKnown),
                                             tag.substr(kCoreTag.size())) != std::end(kKnown);
  if (!is_known) {
    out_.add(Code::UnknownTag, node.span, "a tag that contracts do not know: '" + node.tag + "'",
             "write the value without a tag");
  }
}

void TreeBuilder::report_duplicate_keys(Node& mapping) {
  std::vector<std::size_t> order(mapping.entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return mapping.entries[left].key < mapping.entries[right].key;
  });
  std::vector<bool> is_hidden(order.size(), false);
  bool has_duplicates = false;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Entry& first = mapping.entries[order[i - 1]];
    const Entry& second = mapping.entries[order[i]];
    if (first.key == second.key) {
      out_.add(Code::DuplicateKey, second.key_span,
               "this key stands in the map already (line " +
                   std::to_string(first.key_span.begin.line) + "): '" + second.key + "'");
      is_hidden[order[i - 1]] = true;
      has_duplicates = true;
    }
  }
  if (!has_duplicates) {
    return;
  }
  std::vector<Entry> kept;
  for (std::size_t i = 0; i < mapping.entries.size(); ++i) {
    if (!is_hidden[i]) {
      kept.push_back(std::move(mapping.entries[i]));
    }
  }
  mapping.entries = std::move(kept);
}

void TreeBuilder::apply_merge_keys(Node& mapping) {
  const auto found =
      std::find_if(mapping.entries.begin(), mapping.entries.end(), [](const Entry& entry) {
        return entry.key == "<<" && entry.key_style == ScalarStyle::Plain;
      });
  if (found == mapping.entries.end()) {
    return;
  }
  Node merged = std::move(found->value);
  mapping.entries.erase(found);
  if (merged.is_mapping()) {
    merge_from(mapping, std::move(merged));
    return;
  }
  const bool is_list_of_maps =
      merged.is_sequence() && std::all_of(merged.items.begin(), merged.items.end(),
                                          [](const Node& item) { return item.is_mapping(); });
  if (!is_list_of_maps) {
    out_.add(Code::BadMergeKey, merged.span,
             "expected a map or a list of maps under '<<', and came " + describe(merged));
    return;
  }
  for (Node& item : merged.items) {
    merge_from(mapping, std::move(item));
  }
}

void TreeBuilder::merge_from(Node& mapping, Node source) {
  std::vector<std::string_view> present;
  present.reserve(mapping.entries.size());
  for (const Entry& entry : mapping.entries) {
    present.push_back(entry.key);
  }
  std::sort(present.begin(), present.end());
  std::vector<Entry> added;
  for (Entry& entry : source.entries) {
    if (!std::binary_search(present.begin(), present.end(), entry.key)) {
      entry.is_merged = true;
      added.push_back(std::move(entry));
    }
  }
  std::move(added.begin(), added.end(), std::back_inserter(mapping.entries));
}

Document TreeBuilder::finish() {
  while (!open_.empty()) {  // cut off: what is open is closed as it is
    Frame frame = std::move(open_.back());
    open_.pop_back();
    end_with_last_child(frame.node);
    if (frame.node.is_mapping()) {
      report_duplicate_keys(frame.node);
      apply_merge_keys(frame.node);
    }
    const bool is_key = !open_.empty() && open_.back().node.is_mapping() && !open_.back().pending;
    if (!is_key) {
      place(std::move(frame.node), {});
    }
  }
  return {.root = std::move(root_), .is_complete = is_complete_};
}

/// A run of bytes that YAML does not allow.
struct BadBytes {
  std::size_t begin;
  std::size_t end;
  Code code;
};

/// Reads every byte that YAML does not allow as '_'; says where they were, neighbours as one.
std::vector<BadBytes> clean_bytes(std::string& text) {
  std::vector<BadBytes> bad;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_character_bytes(text, i);
    const std::size_t step = length == 0 ? 1 : length;
    if (length == 0 || !is_yaml_character(std::string_view(text).substr(i, length))) {
      if (!bad.empty() && bad.back().end == i) {
        bad.back().end += step;
      } else {
        bad.push_back({i, i + step, length == 0 ? Code::InvalidUtf8 : Code::ControlCharacter});
      }
    }
    i += step;
  }
  for (const BadBytes& each : bad) {
    text.replace(each.begin, each.end - each.begin, each.end - each.begin, '_');
  }
  return bad;
}

void report_bad_bytes(const std::vector<BadBytes>& bad, const TextIndex& index, std::uint32_t file,
                      Diagnostics& out) {
  for (const BadBytes& each : bad) {
    out.add(each.code, Span{index.at_byte(each.begin), index.at_byte(each.end), file},
            each.code == Code::InvalidUtf8 ? "expected UTF-8, and here is a byte that is none"
                                           : "a control character stands here");
  }
}

bool needs_cleaning(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_character_bytes(text, i);
    if (length == 0 || !is_yaml_character(text.substr(i, length))) {
      return true;
    }
    i += length;
  }
  return false;
}

/// A byte order mark of UTF-16 or UTF-32: one fault says it all.
bool begins_as_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
         text.starts_with(std::string_view("\0\0\xFE\xFF", 4));
}

}  // namespace

Document read_yaml(std::string_view text, Diagnostics& out, std::uint32_t file) {
  if (begins_as_utf16(text)) {
    out.add(Code::InvalidUtf8, Span{.file = file},
            "expected UTF-8, and the file begins as UTF-16 or UTF-32", "save it as UTF-8");
    return {.root = std::nullopt, .is_complete = false};
  }
  if (text.size() > limits::kContractBytesMax) {
    out.add(Code::DocumentTooLarge, Span{.file = file},
            "expected at most " + std::to_string(limits::kContractBytesMax) +
                " bytes, and the document has " + std::to_string(text.size()));
    return {.root = std::nullopt, .is_complete = false};
  }
  const bool has_mark = text.starts_with(kByteOrderMark);
  if (has_mark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const auto bytes_before = static_cast<std::uint32_t>(has_mark ? kByteOrderMark.size() : 0);
  std::string clean;
  std::vector<BadBytes> bad;
  if (needs_cleaning(text)) {
    clean = text;
    bad = clean_bytes(clean);
    text = clean;
  }
  const TextIndex index(text, bytes_before);
  report_bad_bytes(bad, index, file, out);
  Parser parser;
  yaml_parser_set_encoding(&parser.raw, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser.raw, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  TreeBuilder builder(text, index, out, file);
  for (;;) {
    Event event;
    if (yaml_parser_parse(&parser.raw, &event.raw) == 0) {
      builder.fault(parser.raw);
      break;
    }
    if (!builder.take(event.raw) || event.raw.type == YAML_STREAM_END_EVENT) {
      break;
    }
  }
  return builder.finish();
}

}  // namespace sluice::contract
