#include <algorithm>

#include <fmt/format.h>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/exchange/tree_internal.h"

namespace sluice::contract::internal {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Words that need no quotes anywhere.
bool is_plain(std::string_view text) {
  const bool has_plain_signs = std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '/';
  });
  if (text.empty() || !is_letter(text.front()) || text.back() == ' ' || !has_plain_signs) {
    return false;
  }
  // Older readers take these words for truths.
  static constexpr std::string_view kTruths[] = {"y", "n", "yes", "no", "on", "off"};
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (std::ranges::find(kTruths, small) != std::end(kTruths)) {
    return false;
  }
  const Node plain{.text = std::string(text)};
  return scalar_type(plain) == ScalarType::String;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  // Some readers take these for line ends.
  for (const auto& [sign, escape] : {std::pair{"\xC2\x85", "\\u0085"},
                                     {"\xE2\x80\xA8", "\\u2028"},
                                     {"\xE2\x80\xA9", "\\u2029"},
                                     {"\xEF\xBB\xBF", "\\uFEFF"}}) {
    for (std::size_t at = 0; (at = out.find(sign, at)) != std::string::npos;) {
      out.replace(at, std::string_view(sign).size(), escape);
    }
  }
  return out + "\"";
}

/// A literal block keeps the text readable; one that a block cannot hold is quoted.
bool fits_block(std::string_view text) {
  const bool is_printable = std::ranges::all_of(text, [](char c) {
    return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  });
  return text.find('\n') != std::string_view::npos && is_printable &&
         text.find_first_not_of(" \n") != std::string_view::npos &&
         text.find("\xEF\xBB\xBF") == std::string_view::npos &&
         text.find("\xC2\x85") == std::string_view::npos &&
         text.find("\xE2\x80\xA8") == std::string_view::npos &&
         text.find("\xE2\x80\xA9") == std::string_view::npos;
}

std::string scalar_text(const Node& node) {
  const bool is_text = node.style != ScalarStyle::Plain || node.tag == "tag:yaml.org,2002:str";
  if (!is_text) {
    if (node.is_null()) {
      return "null";
    }
    return scalar_type(node) != ScalarType::String || is_plain(node.text) ? node.text
                                                                          : quoted(node.text);
  }
  return is_plain(node.text) ? node.text : quoted(node.text);
}

std::string key_text(const Entry& entry) {
  return is_plain(entry.key) && entry.key.find(' ') == std::string::npos ? entry.key
                                                                         : quoted(entry.key);
}

std::string block_text(std::string_view text, std::size_t indent) {
  std::string out = text.ends_with('\n') ? "|2+\n" : "|2-\n";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) {
      out += std::string(indent, ' ') + std::string(text.substr(begin, end - begin));
    }
    out += "\n";
    begin = end + 1;
  }
  return out;
}

bool is_block(const Node& node) {
  return (node.is_mapping() && !node.entries.empty()) ||
         (node.is_sequence() && !node.items.empty());
}

void write(const Node& node, std::size_t indent, std::string& out);

/// What stands behind "key:" or "-".
void write_value(const Node& node, std::size_t indent, std::string& out) {
  if (node.is_scalar()) {
    const bool is_block_text = node.style != ScalarStyle::Plain && fits_block(node.text);
    out += " " + (is_block_text ? block_text(node.text, indent + 2) : scalar_text(node) + "\n");
  } else if (!is_block(node)) {
    out += node.is_mapping() ? " {}\n" : " []\n";
  } else {
    out += "\n";
    write(node, indent + 2, out);
  }
}

void write(const Node& node, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  for (const Entry& entry : node.entries) {
    out += margin + key_text(entry) + ":";
    write_value(entry.value, indent, out);
  }
  for (const Node& item : node.items) {
    out += margin + "-";
    if (is_block(item)) {
      std::string inner;
      write(item, indent + 2, inner);
      out += " " + inner.substr(indent + 2);
    } else {
      write_value(item, indent, out);
    }
  }
}

}  // namespace

Node make_map() { return Node{.kind = NodeKind::Mapping}; }
Node make_list() { return Node{.kind = NodeKind::Sequence}; }
Node make_text(std::string_view text) {
  return Node{.style = ScalarStyle::DoubleQuoted, .text = std::string(text)};
}
Node make_word(std::string_view text) { return Node{.text = std::string(text)}; }

void put(Node& map, std::string_view key, Node value) {
  for (Entry& entry : map.entries) {
    if (entry.key == key) {
      entry.value = std::move(value);
      return;
    }
  }
  map.entries.push_back(Entry{.key = std::string(key), .key_span = {}, .value = std::move(value)});
}

void remove(Node& map, std::string_view key) {
  std::erase_if(map.entries, [&](const Entry& entry) { return entry.key == key; });
}

Node& map_under(Node& map, std::string_view key) {
  const Node* there = map.find(key);
  if (there == nullptr || !there->is_mapping()) {
    put(map, key, make_map());
  }
  return *const_cast<Node*>(map.find(key));
}

Node& list_under(Node& map, std::string_view key) {
  const Node* there = map.find(key);
  if (there == nullptr || !there->is_sequence()) {
    put(map, key, make_list());
  }
  return *const_cast<Node*>(map.find(key));
}

std::string text_of(const Node& map, std::string_view key) {
  const Node* value = map.find(key);
  return value != nullptr && value->is_scalar() && !value->is_null() ? value->text : "";
}

bool is_true(const Node& map, std::string_view key) {
  const Node* value = map.find(key);
  return value != nullptr && as_bool(*value).value_or(false);
}

bool is_same(const Node* left, const Node* right) {
  return left == nullptr || right == nullptr ? left == right : *left == *right;
}

bool is_one_of(std::string_view key, std::span<const std::string_view> list) {
  return std::ranges::find(list, key) != list.end();
}

const Node& map_or_none(const Node* node) {
  static const Node kNone = make_map();
  return node == nullptr ? kNone : *node;
}

const std::vector<Node>& items_of(const Node& map, std::string_view key) {
  static const std::vector<Node> kNone;
  const Node* list = map.find(key);
  return list == nullptr ? kNone : list->items;
}

const Node* find_item(const std::vector<Node>& items, std::string_view key,
                      std::string_view value) {
  const auto at = std::ranges::find_if(
      items, [&](const Node& item) { return !value.empty() && text_of(item, key) == value; });
  return at == items.end() ? nullptr : &*at;
}

void append(Node& list, const std::vector<Node>& more) {
  list.items.insert(list.items.end(), more.begin(), more.end());
}

std::string render_yaml(const Node& node) {
  std::string out;
  write(node, 0, out);
  return out;
}

std::string render_flow(const Node& node) {
  if (node.is_scalar()) {
    const bool is_text = node.style != ScalarStyle::Plain || !node.tag.empty() ||
                         scalar_type(node) == ScalarType::String;
    return is_text ? quoted(node.text) : scalar_text(node);
  }
  std::string out;
  for (const Entry& entry : node.entries) {
    out += (out.empty() ? "" : ", ") + quoted(entry.key) + ": " + render_flow(entry.value);
  }
  for (const Node& item : node.items) {
    out += (out.empty() ? "" : ", ") + render_flow(item);
  }
  return node.is_mapping() ? "{" + out + "}" : "[" + out + "]";
}

Result<Node> parse_root(std::string_view text, std::string_view path) {
  Diagnostics found{std::string(path)};
  Document document = read_yaml(text, found);
  if (found.has_errors()) {
    return to_error(found);
  }
  if (!document.root || !document.root->is_mapping()) {
    Error error = make_error(ErrorCode::InvalidContract, "expected a map of keys");
    error.at = SourcePosition{std::string(path), 1, 1};
    return error;
  }
  return *std::move(document.root);
}

}  // namespace sluice::contract::internal
