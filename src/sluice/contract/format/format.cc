#include "sluice/contract/format/format.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "sluice/contract/document/read_contract.h"
#include "sluice/contract/format/source_lines.h"
#include "sluice/contract/source/yaml.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kStep = 2;

/// One entry of a map or item of a list with the comments above it.
struct Piece {
  std::size_t rank = 0;
  bool has_blank_above = false;
  bool is_first = false;  // as written
  Lines lines;
};

/// What the tables say about the values under one key.
struct Expected {
  const Shape* map = nullptr;     // of the value itself
  const Shape* items = nullptr;   // of the items of the list
  const Shape* values = nullptr;  // of the values of the map
};

Expected expected_of(const Shape* shape, std::string_view key) {
  const Key* found = shape == nullptr ? nullptr : shape->find(key);
  if (found == nullptr || found->child == nullptr) {
    return {};
  }
  const Shape* child = &found->child();
  return found->kind == ValueKind::ObjectMap ? Expected{.values = child}
                                             : Expected{.map = child, .items = child};
}

/// What a step does comes before when it does it. Names open their item; the rest is in the order
/// of the table, unknown keys at the end.
std::size_t rank_of(const Shape& shape, std::string_view key, bool in_item) {
  if (&shape == &transformation_shape()) {
    return key == "phase" ? 1 : 0;
  }
  if (in_item && key == "name") {
    return 0;
  }
  const Key* found = shape.find(key);
  return 1 + static_cast<std::size_t>(found == nullptr
                                          ? shape.keys.size()
                                          : static_cast<std::size_t>(found - shape.keys.data()));
}

/// A node that was written elsewhere: by an alias or a merge key.
bool is_borrowed(const Node& node, const Mark& after) {
  return node.span.is_written() && node.span.begin.offset < after.offset;
}

bool holds_borrowed(const Node& node) {
  for (const Entry& entry : node.entries) {
    if (entry.is_merged || is_borrowed(entry.value, entry.key_span.end) ||
        holds_borrowed(entry.value)) {
      return true;
    }
  }
  return std::ranges::any_of(node.items, [&](const Node& item) {
    return is_borrowed(item, node.span.begin) || holds_borrowed(item);
  });
}

class Formatter {
 public:
  Formatter(std::string_view text, const Node& root)
      : source_(text, root), root_(root), reorders_(!holds_borrowed(root)) {}

  Lines format() {
    if (root_.is_flow || !is_plain_map(root_, 0)) {
      return source_.moved(0, source_.size(), 0, 0);
    }
    const std::size_t first = source_.line_of(root_.entries.front().key_span.begin);
    Lines out = first == 0 ? Lines{} : source_.moved(0, first, 0, 0);
    if (first > 0 && source_.is_blank(first - 1) && !out.empty()) {
      out.emplace_back();
    }
    const Lines body =
        format_map(root_, {.map = &contract_shape()}, false, 0, first, source_.size());
    out.insert(out.end(), body.begin(), body.end());
    return out;
  }

 private:
  /// Each key on a line of its own in one column, each value after its key.
  bool is_plain_map(const Node& map, std::size_t begin) const {
    if (!map.is_mapping() || map.is_flow || map.entries.empty()) {
      return false;
    }
    const std::size_t column = source_.column_of(map.entries.front().key_span.begin);
    std::size_t last = 0;
    for (const Entry& entry : map.entries) {
      const std::size_t line = source_.line_of(entry.key_span.begin);
      const bool is_first = &entry == map.entries.data();
      const bool stands_alone =
          is_first ? line >= begin : line > last && source_.indent_of(line) == column;
      const bool has_colon =
          source_[line]
              .substr(column + (entry.key_span.end.offset - entry.key_span.begin.offset))
              .starts_with(':');
      if (entry.is_merged || !stands_alone || !has_colon ||
          entry.key_span.begin.line != entry.key_span.end.line ||
          source_.column_of(entry.key_span.begin) != column ||
          is_borrowed(entry.value, entry.key_span.end)) {
        return false;
      }
      last = line;
    }
    return true;
  }

  Lines format_map(const Node& map, const Expected& expected, bool in_item, std::size_t indent,
                   std::size_t begin, std::size_t end) {
    std::vector<Piece> pieces;
    const std::size_t column = source_.column_of(map.entries.front().key_span.begin);
    std::size_t lead = begin;
    for (std::size_t i = 0; i < map.entries.size(); ++i) {
      const Entry& entry = map.entries[i];
      const std::size_t line = source_.line_of(entry.key_span.begin);
      std::size_t stop = end;
      if (i + 1 < map.entries.size()) {
        const std::size_t next = source_.line_of(map.entries[i + 1].key_span.begin);
        stop = source_.lead_of(next, line + 1, column);
      }
      Piece piece = begin_piece(lead, line, indent, i == 0);
      piece.rank =
          expected.map != nullptr && reorders_ ? rank_of(*expected.map, entry.key, in_item) : 0;
      const Lines body = format_entry(entry, expected, indent, line, stop);
      piece.lines.insert(piece.lines.end(), body.begin(), body.end());
      pieces.push_back(std::move(piece));
      lead = stop;
    }
    return join(std::move(pieces));
  }

  /// The comments above an entry.
  Piece begin_piece(std::size_t lead, std::size_t line, std::size_t indent, bool is_first) const {
    Piece piece{.is_first = is_first};
    while (lead < line && source_.is_blank(lead)) {
      piece.has_blank_above = !is_first;
      ++lead;
    }
    for (; lead < line; ++lead) {
      const std::string_view comment = without_end_blanks(source_[lead]);
      // In the first column above what is indented: a line that was switched off, with its own
      // indentation behind the mark.
      const bool stays = comment.starts_with('#') && source_.indent_of(line) > 0;
      if (!source_.is_blank(lead)) {
        piece.lines.push_back(
            std::string(stays ? 0 : indent, ' ')
                .append(comment.substr(std::min(comment.find('#'), comment.size()))));
      } else if (!piece.lines.back().empty()) {
        piece.lines.emplace_back();
      }
    }
    return piece;
  }

  static Lines join(std::vector<Piece> pieces) {
    const auto blanks = std::ranges::count(pieces, true, &Piece::has_blank_above);
    const bool is_spaced = blanks * 2 >= static_cast<std::ptrdiff_t>(pieces.size()) - 1;
    std::ranges::stable_sort(pieces, {}, &Piece::rank);
    Lines out;
    for (Piece& piece : pieces) {
      const bool was_first = piece.is_first && pieces.size() > 1 && blanks > 0 && is_spaced;
      if (!out.empty() && (piece.has_blank_above || was_first)) {
        out.emplace_back();
      }
      out.insert(out.end(), std::move_iterator(piece.lines.begin()),
                 std::move_iterator(piece.lines.end()));
    }
    return out;
  }

  Lines format_entry(const Entry& entry, const Expected& expected, std::size_t indent,
                     std::size_t line, std::size_t end) {
    const std::size_t column = source_.column_of(entry.key_span.begin);
    const Node& value = entry.value;
    const bool is_nested = (value.is_mapping() || value.is_sequence()) && !value.is_flow &&
                           source_.line_of(value.span.begin) > line;
    const Expected inner = expected.values != nullptr ? Expected{.map = expected.values}
                                                      : expected_of(expected.map, entry.key);
    Lines out;
    if (is_nested && value.is_mapping() && is_plain_map(value, line + 1)) {
      out = source_.moved(line, line + 1, column, indent);
      const Lines body = format_map(value, inner, false, indent + kStep, line + 1, end);
      out.insert(out.end(), body.begin(), body.end());
    } else if (is_nested && value.is_sequence() && is_plain_list(value)) {
      out = source_.moved(line, line + 1, column, indent);
      const Lines body = format_list(value, inner.items, indent + kStep, line + 1, end);
      out.insert(out.end(), body.begin(), body.end());
    } else {
      out = source_.moved(line, end, column, indent);
      close_gap(entry, indent, line, out.front());
    }
    return out;
  }

  /// One blank between `key:` and a value on the same line.
  void close_gap(const Entry& entry, std::size_t indent, std::size_t line,
                 std::string& text) const {
    const Span& value = entry.value.span;
    if (!value.is_written() || source_.line_of(value.begin) != line ||
        value.begin.offset <= entry.key_span.end.offset) {
      return;
    }
    const std::size_t key_end = indent + entry.key_span.end.offset - entry.key_span.begin.offset;
    const std::size_t begin = indent + value.begin.offset - entry.key_span.begin.offset;
    if (begin < text.size() && begin > key_end + 1 &&
        text.find_first_not_of(' ', key_end + 1) == begin) {
      text.replace(key_end + 1, begin - key_end - 1, " ");
    }
  }

  /// The line of the dash of each item; empty when they cannot be told.
  std::vector<std::size_t> dashes_of(const Node& list) const {
    std::vector<std::size_t> dashes;
    const std::size_t column = source_.column_of(list.span.begin);
    for (const Node& item : list.items) {
      if (!item.span.is_written() || is_borrowed(item, list.span.begin)) {
        return {};
      }
      std::size_t line = source_.line_of(item.span.begin);
      const std::size_t least =
          dashes.empty() ? source_.line_of(list.span.begin) : dashes.back() + 1;
      const auto is_dash = [&](std::size_t at) {
        const std::string_view text = source_[at];
        return source_.indent_of(at) == column && column < text.size() && text[column] == '-' &&
               (column + 1 == text.size() || text[column + 1] == ' ');
      };
      while (line > least && !(line < source_.size() && is_dash(line))) {
        --line;
      }
      if (line < least || line >= source_.size() || !is_dash(line)) {
        return {};
      }
      dashes.push_back(line);
    }
    return dashes;
  }

  bool is_plain_list(const Node& list) const {
    return !list.items.empty() && !dashes_of(list).empty();
  }

  Lines format_list(const Node& list, const Shape* shape, std::size_t indent, std::size_t begin,
                    std::size_t end) {
    const std::vector<std::size_t> dashes = dashes_of(list);
    const std::size_t column = source_.column_of(list.span.begin);
    std::vector<Piece> pieces;
    std::size_t lead = begin;
    for (std::size_t i = 0; i < dashes.size(); ++i) {
      const std::size_t stop =
          i + 1 < dashes.size() ? source_.lead_of(dashes[i + 1], dashes[i] + 1, column) : end;
      Piece piece = begin_piece(lead, dashes[i], indent, i == 0);
      const Lines body = format_item(list.items[i], shape, indent, dashes[i], stop, column);
      piece.lines.insert(piece.lines.end(), body.begin(), body.end());
      pieces.push_back(std::move(piece));
      lead = stop;
    }
    return join(std::move(pieces));
  }

  Lines format_item(const Node& item, const Shape* shape, std::size_t indent, std::size_t line,
                    std::size_t end, std::size_t column) {
    if (!item.is_mapping() || source_.line_of(item.span.begin) != line ||
        !is_plain_map(item, line)) {
      return source_.moved(line, end, column, indent);
    }
    Lines out = format_map(item, {.map = shape}, true, indent + kStep, line, end);
    const auto first = std::ranges::find_if(out, [](const std::string& text) {
      const std::size_t at = text.find_first_not_of(' ');
      return at != std::string::npos && text[at] != '#';
    });
    first->replace(indent, kStep, "- ");
    return out;
  }

  SourceLines source_;
  const Node& root_;
  bool reorders_;
};

/// The same values under the same keys, in whatever order.
bool means_the_same(const Node& left, const Node& right) {
  if (left.kind != right.kind || left.text != right.text || left.tag != right.tag ||
      left.items.size() != right.items.size() || left.entries.size() != right.entries.size() ||
      (left.is_scalar() && scalar_type(left) != scalar_type(right))) {
    return false;
  }
  return std::ranges::equal(left.items, right.items, means_the_same) &&
         std::ranges::all_of(left.entries, [&](const Entry& entry) {
           const Node* other = right.find(entry.key);
           return other != nullptr && means_the_same(entry.value, *other);
         });
}

/// Without a byte order mark, lines ended by LF.
std::string with_plain_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!is_pair) {
      out += text[i] == '\r' ? '\n' : text[i];
    }
  }
  return out;
}

}  // namespace

Result<std::string> format_contract(std::string_view text, std::string_view path) {
  const std::string plain = with_plain_lines(text);
  Diagnostics found{std::string(path)};
  const Document document = read_yaml(plain, found);
  if (found.has_errors()) {
    return to_error(found);
  }
  if (!document.is_complete || !document.root || !document.root->is_mapping() ||
      document.root->entries.empty()) {
    return make_error(ErrorCode::InvalidContract,
                      fmt::format("expected a map of keys to format in '{}'", path));
  }
  std::string out;
  for (const std::string& line : Formatter(plain, *document.root).format()) {
    out += line + "\n";
  }
  Diagnostics again{std::string(path)};
  const Document formatted = read_yaml(out, again);
  if (again.has_errors() || !formatted.root || !means_the_same(*document.root, *formatted.root)) {
    return make_error(ErrorCode::Internal,
                      fmt::format("the layout of this text cannot be changed safely: '{}'", path))
        .with_hint("the file was left as it is; please report it with its text");
  }
  return out;
}

}  // namespace sluice::contract
