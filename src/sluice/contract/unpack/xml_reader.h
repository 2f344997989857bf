// The events of an XML text, one after the other: an element begins, with its attributes; text; it
// ends. Checks that elements nest and that names and attributes are well-formed; a DTD is refused
// when it declares entities. Views of the text are handed out: it must outlive the reader. One
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::contract {

enum class XmlEvent : std::uint8_t { Begin, Text, End, Done };

class XmlReader {
 public:
  explicit XmlReader(std::string_view text);

  Result<XmlEvent> next();

  /// Of Begin and End: without its prefix.
  std::string_view name() const { return name_; }
  /// Of Begin.
  const std::vector<std::pair<std::string_view, std::string>>& attributes() const {
    return attributes_;
  }
  /// Of Text: with its entities resolved.
  const std::string& text() const { return value_; }
  std::size_t depth() const { return open_.size(); }
  Error broken(std::string_view what) const;

 private:
  Result<std::optional<XmlEvent>> markup();
  Result<XmlEvent> begin();
  Result<XmlEvent> end();
  Status attribute();
  Status skip_past(std::string_view mark, std::string_view what);
  Status declaration();
  Status resolve(std::string_view raw, std::string& into) const;
  std::string_view take_name();
  void skip_blanks();
  bool at(std::string_view mark) const { return text_.substr(at_).starts_with(mark); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string_view> open_;  // with their prefixes
  std::string_view name_;
  std::vector<std::pair<std::string_view, std::string>> attributes_;
  std::string value_;
  bool is_empty_element_ = false;
  bool has_root_ = false;
};

}  // namespace sluice::contract
