#include "sluice/contract/unpack/xml_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sluice::contract {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kDepthMax = 256;

std::string_view without_prefix(std::string_view name) {
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

void add_utf8(std::uint32_t code, std::string& into) {
  const auto part = [&](std::uint32_t bits) { into += static_cast<char>(bits); };
  if (code < 0x80) {
    part(code);
  } else if (code < 0x800) {
    part(0xc0 | (code >> 6));
    part(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    part(0xe0 | (code >> 12));
    part(0x80 | ((code >> 6) & 0x3f));
    part(0x80 | (code & 0x3f));
  } else {
    part(0xf0 | (code >> 18));
    part(0x80 | ((code >> 12) & 0x3f));
    part(0x80 | ((code >> 6) & 0x3f));
    part(0x80 | (code & 0x3f));
  }
}

bool add_numbered(std::string_view entity, std::string& into) {
  const bool is_hex = entity.starts_with("#x");
  const std::string_view digits = entity.substr(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto read =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  const bool is_code = read.ec == std::errc{} && read.ptr == digits.data() + digits.size() &&
                       code != 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  if (is_code) {
    add_utf8(code, into);
  }
  return is_code;
}

bool add_entity(std::string_view entity, std::string& into) {
  if (entity.starts_with('#')) {
    return add_numbered(entity, into);
  }
  constexpr std::pair<std::string_view, char> kKnown[] = {
      {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [name, sign] : kKnown) {
    if (name == entity) {
      into += sign;
      return true;
    }
  }
  return false;
}

}  // namespace

XmlReader::XmlReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) {
    at_ = 3;
  }
}

Error XmlReader::broken(std::string_view what) const {
  const auto line =
      std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n') + 1;
  return make_error(ErrorCode::Corrupt,
                    fmt::format("the XML is not well-formed ({}), near line {}", what, line))
      .with_hint("mend the file, or have it written again; nothing was committed");
}

void XmlReader::skip_blanks() {
  at_ = std::min(text_.find_first_not_of(kBlank, at_), text_.size());
}

std::string_view XmlReader::take_name() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_name_part(text_[at_])) {
    ++at_;
  }
  return text_.substr(begin, at_ - begin);
}

Status XmlReader::skip_past(std::string_view mark, std::string_view what) {
  const std::size_t end = text_.find(mark, at_);
  if (end == std::string_view::npos) {
    return broken(what);
  }
  at_ = end + mark.size();
  return {};
}

Status XmlReader::resolve(std::string_view raw, std::string& into) const {
  while (!raw.empty()) {
    const std::size_t sign = std::min(raw.find('&'), raw.size());
    into += raw.substr(0, sign);
    raw.remove_prefix(sign);
    if (raw.empty()) {
      break;
    }
    const std::size_t end = raw.find(';');
    if (end == std::string_view::npos || !add_entity(raw.substr(1, end - 1), into)) {
      return broken("an entity that is not known");
    }
    raw.remove_prefix(end + 1);
  }
  return {};
}

/// A document type may stand there; what it would declare is not read.
Status XmlReader::declaration() {
  const std::size_t end = text_.find('>', at_);
  const std::size_t inside = text_.find('[', at_);
  if (inside < end) {
    return broken("a document type with declarations of its own is not read");
  }
  return skip_past(">", "a declaration does not end");
}

Status XmlReader::attribute() {
  const std::string_view name = take_name();
  skip_blanks();
  if (name.empty() || !at("=")) {
    return broken("an attribute without a value");
  }
  ++at_;
  skip_blanks();
  if (!at("\"") && !at("'")) {
    return broken("an attribute without quotes");
  }
  const char quote = text_[at_];
  const std::size_t end = text_.find(quote, at_ + 1);
  if (end == std::string_view::npos) {
    return broken("an attribute does not end");
  }
  std::string value;
  SLUICE_CHECK(resolve(text_.substr(at_ + 1, end - at_ - 1), value));
  at_ = end + 1;
  const bool is_namespace = name == "xmlns" || name.starts_with("xmlns:");
  if (!is_namespace) {
    attributes_.emplace_back(without_prefix(name), std::move(value));
  }
  return {};
}

Result<XmlEvent> XmlReader::begin() {
  if (open_.empty() && has_root_) {
    return broken("a second root");
  }
  has_root_ = true;
  const std::string_view name = take_name();
  if (name.empty() || open_.size() >= kDepthMax) {
    return broken(name.empty() ? "an element without a name" : "elements nest too deep");
  }
  attributes_.clear();
  while (true) {
    skip_blanks();
    if (at("/>") || at(">")) {
      break;
    }
    SLUICE_CHECK(attribute());
  }
  is_empty_element_ = at("/>");
  at_ += is_empty_element_ ? 2 : 1;
  open_.push_back(name);
  name_ = without_prefix(name);
  return XmlEvent::Begin;
}

Result<XmlEvent> XmlReader::end() {
  const std::string_view name = take_name();
  skip_blanks();
  if (!at(">") || open_.empty() || open_.back() != name) {
    return broken("an end that has no beginning");
  }
  ++at_;
  open_.pop_back();
  name_ = without_prefix(name);
  return XmlEvent::End;
}

/// What begins with '<'. Comments and instructions are no event.
Result<std::optional<XmlEvent>> XmlReader::markup() {
  std::optional<XmlEvent> event;
  if (at("<!--")) {
    SLUICE_CHECK(skip_past("-->", "a comment does not end"));
  } else if (at("<?")) {
    SLUICE_CHECK(skip_past("?>", "an instruction does not end"));
  } else if (at("<![CDATA[")) {
    const std::size_t begin = at_ + 9;
    SLUICE_CHECK(skip_past("]]>", "CDATA does not end"));
    value_ = std::string(text_.substr(begin, at_ - 3 - begin));
    event = XmlEvent::Text;
  } else if (at("<!")) {
    SLUICE_CHECK(declaration());
  } else if (at("</")) {
    at_ += 2;
    SLUICE_TRY(event, end());
  } else {
    at_ += 1;
    SLUICE_TRY(event, begin());
  }
  return event;
}

Result<XmlEvent> XmlReader::next() {
  if (is_empty_element_) {
    is_empty_element_ = false;
    name_ = without_prefix(open_.back());
    open_.pop_back();
    return XmlEvent::End;
  }
  while (at_ < text_.size()) {
    if (text_[at_] == '<') {
      SLUICE_TRY(const std::optional<XmlEvent> event, markup());
      if (event) {
        return *event;
      }
      continue;
    }
    const std::size_t end = std::min(text_.find('<', at_), text_.size());
    const std::string_view raw = text_.substr(at_, end - at_);
    if (open_.empty() && raw.find_first_not_of(kBlank) != std::string_view::npos) {
      return broken("text outside the root");
    }
    value_.clear();
    SLUICE_CHECK(resolve(raw, value_));
    at_ = end;
    if (!open_.empty()) {
      return XmlEvent::Text;
    }
  }
  return open_.empty() && has_root_ ? Result<XmlEvent>(XmlEvent::Done)
                                    : broken("it ends before its root does");
}

}  // namespace sluice::contract
