#include "sluice/contract/source/scalar_map.h"

#include <algorithm>
#include <string_view>

namespace sluice::contract {
namespace {

/// One line break: what it takes in the file and what it is when decoded.
struct Break {
  std::uint32_t raw = 0;      // bytes in the file; 0 is no break
  std::uint32_t decoded = 0;  // bytes of the decoded text
  bool is_line_feed = false;
};

Break break_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) {
    return {};
  }
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("\r\n")) {
    return {2, 1, true};
  }
  if (rest[0] == '\n' || rest[0] == '\r') {
    return {1, 1, true};
  }
  if (rest.starts_with("\xC2\x85")) {
    return {2, 1, true};  // next line
  }
  if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
    return {3, 3, false};  // line and paragraph separator stay themselves
  }
  return {};
}

bool is_blank(std::string_view text, std::size_t at) {
  return at < text.size() && (text[at] == ' ' || text[at] == '\t');
}

class Mapper {
 public:
  Mapper(std::string_view text, std::size_t begin, std::size_t end)
      : text_(text.substr(0, std::min(end, text.size()))), at_(begin) {}

  std::vector<std::uint32_t> map_flow(ScalarStyle style);
  std::vector<std::uint32_t> map_block(bool is_folded);

 private:
  using Offsets = std::vector<std::uint32_t>;

  void emit(std::size_t offset, std::size_t count = 1) {
    map_.insert(map_.end(), count, static_cast<std::uint32_t>(offset));
  }
  void join(const Offsets& offsets) { map_.insert(map_.end(), offsets.begin(), offsets.end()); }
  void take_one() { emit(at_++); }
  void take_space(bool follows_escaped_break);
  bool take_escape();
  std::size_t parent_indent() const;
  std::size_t detect_indent(std::size_t header) const;
  void skip_header();
  void take_block_breaks(Offsets& breaks);
  void take_block_line(bool is_folded);

  std::string_view text_;
  std::size_t at_;
  Offsets map_;
  // of block scalars
  std::size_t indent_ = 0;
  Offsets leading_break_;
  Offsets trailing_breaks_;
  bool leading_is_line_feed_ = false;
  bool last_line_began_blank_ = false;
};

/// Blanks and breaks between words: one break is a space, n breaks are n - 1 line feeds.
void Mapper::take_space(bool follows_escaped_break) {
  const std::size_t first = at_;
  while (is_blank(text_, at_)) {
    ++at_;
  }
  if (break_at(text_, at_).raw == 0) {
    if (!follows_escaped_break) {
      for (std::size_t i = first; i < at_; ++i) {
        emit(i);
      }
    }
    return;
  }
  std::size_t leading = at_;
  Break leading_break{};
  Offsets trailing;
  bool is_first = !follows_escaped_break;
  for (Break next = break_at(text_, at_); next.raw > 0; next = break_at(text_, at_)) {
    if (is_first) {
      leading = at_;
      leading_break = next;
      is_first = false;
    } else {
      trailing.insert(trailing.end(), next.decoded, static_cast<std::uint32_t>(at_));
    }
    at_ += next.raw;
    while (is_blank(text_, at_)) {
      ++at_;
    }
  }
  if (!leading_break.is_line_feed) {
    emit(leading, leading_break.decoded);
  } else if (trailing.empty()) {
    emit(leading);
  }
  join(trailing);
}

/// A backslash in double quotes; true when it hid a line break.
bool Mapper::take_escape() {
  const std::size_t start = at_++;
  if (at_ >= text_.size()) {
    return false;
  }
  if (const Break hidden = break_at(text_, at_); hidden.raw > 0) {
    at_ += hidden.raw;
    return true;
  }
  const char kind = text_[at_++];
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  std::size_t bytes = kind == 'N' || kind == '_' ? 2 : kind == 'L' || kind == 'P' ? 3 : 1;
  if (digits > 0) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits && at_ < text_.size(); ++i, ++at_) {
      const char c = text_[at_];
      const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    bytes = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
  }
  emit(start, bytes);
  return false;
}

std::vector<std::uint32_t> Mapper::map_flow(ScalarStyle style) {
  const bool is_quoted = style != ScalarStyle::Plain;
  const char quote = style == ScalarStyle::SingleQuoted ? '\'' : '"';
  at_ += is_quoted ? 1 : 0;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is_quoted && c == quote) {
      const bool is_doubled = quote == '\'' && at_ + 1 < text_.size() && text_[at_ + 1] == '\'';
      if (!is_doubled) {
        break;
      }
      emit(at_);
      at_ += 2;
    } else if (style == ScalarStyle::DoubleQuoted && c == '\\') {
      if (take_escape()) {
        take_space(true);
      }
    } else if (is_blank(text_, at_) || break_at(text_, at_).raw > 0) {
      take_space(false);
    } else {
      take_one();
    }
  }
  emit(at_);
  return std::move(map_);
}

/// The column of the key or dash that the block scalar belongs to.
std::size_t Mapper::parent_indent() const {
  const std::size_t line = text_.substr(0, at_).find_last_of("\r\n");
  const std::size_t begin = line == std::string_view::npos ? 0 : line + 1;
  std::size_t at = begin;
  std::size_t dash = begin;
  for (;;) {
    while (at < at_ && text_[at] == ' ') {
      ++at;
    }
    if (at + 1 >= at_ || text_[at] != '-' || text_[at + 1] != ' ') {
      break;
    }
    dash = at++;
  }
  return (at < at_ ? at : dash) - begin;
}

/// The indentation of the first line that is not empty.
std::size_t Mapper::detect_indent(std::size_t header) const {
  std::size_t at = header;
  while (at < text_.size()) {
    const std::size_t content = std::min(text_.find_first_not_of(' ', at), text_.size());
    const Break end = break_at(text_, content);
    if (end.raw == 0) {
      return std::max<std::size_t>(content - at, 1);
    }
    at = content + end.raw;
  }
  return 1;
}

void Mapper::skip_header() {
  const std::size_t parent = parent_indent();
  std::size_t explicit_indent = 0;
  for (++at_; at_ < text_.size() && break_at(text_, at_).raw == 0 && text_[at_] != ' '; ++at_) {
    if (text_[at_] >= '1' && text_[at_] <= '9') {
      explicit_indent = static_cast<std::size_t>(text_[at_] - '0');
    }
  }
  while (at_ < text_.size() && break_at(text_, at_).raw == 0) {
    ++at_;
  }
  at_ += break_at(text_, at_).raw;
  indent_ = explicit_indent > 0 ? parent + explicit_indent : detect_indent(at_);
}

/// Empty lines, and the indentation of the line that follows them.
void Mapper::take_block_breaks(Offsets& breaks) {
  for (;;) {
    std::size_t column = 0;
    while (column < indent_ && at_ < text_.size() && text_[at_] == ' ') {
      ++at_;
      ++column;
    }
    const Break next = break_at(text_, at_);
    if (next.raw == 0) {
      return;
    }
    breaks.insert(breaks.end(), next.decoded, static_cast<std::uint32_t>(at_));
    at_ += next.raw;
  }
}

void Mapper::take_block_line(bool is_folded) {
  const bool begins_blank = is_blank(text_, at_);
  const bool folds = is_folded && leading_is_line_feed_ && !last_line_began_blank_ && !begins_blank;
  if (!folds) {
    join(leading_break_);
  } else if (trailing_breaks_.empty()) {
    join(leading_break_);  // a space where the break was
  }
  join(trailing_breaks_);
  trailing_breaks_.clear();
  leading_break_.clear();
  last_line_began_blank_ = begins_blank;
  while (at_ < text_.size() && break_at(text_, at_).raw == 0) {
    take_one();
  }
  const Break end = break_at(text_, at_);
  leading_break_.assign(end.decoded, static_cast<std::uint32_t>(at_));
  leading_is_line_feed_ = end.is_line_feed;
  at_ += end.raw;
  take_block_breaks(trailing_breaks_);
}

std::vector<std::uint32_t> Mapper::map_block(bool is_folded) {
  skip_header();
  take_block_breaks(trailing_breaks_);
  while (at_ < text_.size()) {
    take_block_line(is_folded);
  }
  join(leading_break_);
  join(trailing_breaks_);
  emit(at_);
  return std::move(map_);
}

}  // namespace

std::vector<std::uint32_t> map_scalar(std::string_view source, const Span& scalar,
                                      ScalarStyle style) {
  Mapper mapper(source, scalar.begin.offset, scalar.end.offset);
  switch (style) {
    case ScalarStyle::Plain:
    case ScalarStyle::SingleQuoted:
    case ScalarStyle::DoubleQuoted: return mapper.map_flow(style);
    case ScalarStyle::Literal: return mapper.map_block(false);
    case ScalarStyle::Folded: return mapper.map_block(true);
  }
  return {};
}

namespace {

Mark advance(std::string_view source, Mark mark, std::size_t target) {
  const std::size_t end = std::min(target, source.size());
  while (mark.offset < end) {
    const char c = source[mark.offset++];
    const bool is_crlf = c == '\r' && mark.offset < source.size() && source[mark.offset] == '\n';
    if (c == '\n' || (c == '\r' && !is_crlf)) {
      ++mark.line;
      mark.column = 1;
    } else if (mark.offset >= source.size() ||
               (static_cast<unsigned char>(source[mark.offset]) & 0xC0U) != 0x80U) {
      ++mark.column;
    }
  }
  return mark;
}

}  // namespace

Mark locate_in_scalar(std::string_view source, const Span& scalar, ScalarStyle style,
                      std::uint32_t offset) {
  return span_in_scalar(source, scalar, style, offset, 0).begin;
}

Span span_in_scalar(std::string_view source, const Span& scalar, ScalarStyle style,
                    std::uint32_t offset, std::uint32_t length) {
  const std::vector<std::uint32_t> map = map_scalar(source, scalar, style);
  if (map.empty()) {
    return scalar;
  }
  const auto at = [&](std::size_t wanted) { return map[std::min(wanted, map.size() - 1)]; };
  const Mark begin = advance(source, scalar.begin, at(offset));
  const std::size_t last = length == 0 ? at(offset) : at(std::size_t{offset} + length - 1) + 1;
  return {.begin = begin, .end = advance(source, begin, last), .file = scalar.file};
}

}  // namespace sluice::contract
