#include "sluice/contract/unpack/xml_records.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/contract/diagnostic/utf8.h"
#include "sluice/contract/unpack/utf8_copy.h"
#include "sluice/contract/unpack/xml_reader.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBlank = " \t\r\n";

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Equal names become a list.
void add(Json& into, const std::string& name, Json value) {
  const auto there = into.find(name);
  if (there == into.end()) {
    into[name] = std::move(value);
    return;
  }
  if (!there->is_array()) {
    *there = Json::array({std::move(*there)});
  }
  there->push_back(std::move(value));
}

/// What stands in an element, from behind its beginning to its end. NULL: nothing.
Result<Json> read_content(XmlReader& reader) {
  Json members = Json::object();
  for (const auto& [name, value] : reader.attributes()) {
    members["@" + std::string(name)] = value;
  }
  std::string text;
  while (true) {
    SLUICE_TRY(const XmlEvent event, reader.next());
    if (event == XmlEvent::Text) {
      text += reader.text();
    } else if (event == XmlEvent::Begin) {
      const std::string name(reader.name());
      SLUICE_TRY(Json value, read_content(reader));
      add(members, name, std::move(value));
    } else {
      break;
    }
  }
  text = trimmed(text);
  if (members.empty()) {
    return text.empty() ? Json(nullptr) : Json(std::move(text));
  }
  if (!text.empty()) {
    members["#text"] = std::move(text);
  }
  return members;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A column: a text, else JSON as text. Attributes of a child that is a text stand beside it.
void add_column(Json& record, const std::string& name, Json value) {
  if (value.is_object() && std::ranges::all_of(value.items(), [](const auto& member) {
        return member.key().starts_with('@') || member.key() == "#text";
      })) {
    for (const auto& [key, inner] : value.items()) {
      if (key != "#text") {
        record[name + key] = inner;
      }
    }
    value = value.contains("#text") ? value["#text"] : Json(nullptr);
  }
  record[name] = value.is_structured() ? Json(dump(value)) : std::move(value);
}

std::string line_of(const Json& content) {
  Json record = Json::object();
  if (content.is_object()) {
    for (const auto& [key, value] : content.items()) {
      const bool is_attribute = key.starts_with('@');
      const std::string plain = is_attribute ? key.substr(1) : key;
      // An attribute that is called as a child is keeps its mark.
      add_column(record, is_attribute && content.contains(plain) ? key : plain, value);
    }
  } else if (!content.is_null()) {
    record["#text"] = content;
  }
  return dump(record);
}

/// The children of the root that come more than once; of a root with one child, that one.
Result<std::string> find_row_tag(std::string_view xml) {
  XmlReader reader(xml);
  std::vector<std::pair<std::string, int>> tags;
  while (true) {
    SLUICE_TRY(const XmlEvent event, reader.next());
    if (event == XmlEvent::Done) {
      break;
    }
    if (event == XmlEvent::Begin && reader.depth() == 2) {
      const auto known =
          std::ranges::find(tags, reader.name(), &std::pair<std::string, int>::first);
      if (known == tags.end()) {
        tags.emplace_back(reader.name(), 1);
      } else {
        ++known->second;
      }
    }
  }
  if (tags.size() > 1) {
    std::erase_if(tags, [](const auto& tag) { return tag.second == 1; });
  }
  if (tags.size() != 1) {
    return make_error(ErrorCode::DataRejected, "nobody can tell which elements are the records")
        .with_hint("write source.options.row_tag, the name of the element of one record");
  }
  return tags.front().first;
}

Error unread_encoding(std::string_view word) {
  return make_error(ErrorCode::Unsupported,
                    fmt::format("XML in this encoding is not read: '{}'", word))
      .with_hint("convert the file to UTF-8 first, for instance with iconv -t UTF-8");
}

/// "iso-8859-1" of <?xml version="1.0" encoding="iso-8859-1"?>, in small letters.
std::string declared_encoding(std::string_view xml) {
  const std::string_view first = xml.substr(0, xml.find("?>"));
  const std::size_t key = first.substr(0, 200).find("encoding");
  const std::size_t quote = key == std::string_view::npos ? key : first.find_first_of("\"'", key);
  if (!first.starts_with("<?xml") || quote == std::string_view::npos) {
    return "utf-8";
  }
  const std::size_t end = first.find(first[quote], quote + 1);
  std::string word(first.substr(quote + 1, end - quote - 1));
  std::ranges::transform(word, word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return word;
}

/// Of a reader that stands at the beginning of the root or of what is in it.
bool holds_something(const XmlReader& reader, XmlEvent event) {
  return (event == XmlEvent::Begin && reader.depth() > 1 && !reader.attributes().empty()) ||
         (event == XmlEvent::Text &&
          reader.text().find_first_not_of(kBlank) != std::string_view::npos);
}

Status check_utf8(std::string_view xml) {
  for (std::size_t at = 0; at < xml.size();) {
    const bool is_ascii = static_cast<unsigned char>(xml[at]) < 0x80;
    const std::size_t bytes = is_ascii ? 1 : utf8_character_bytes(xml, at);
    if (bytes == 0) {
      const auto line =
          std::count(xml.begin(), xml.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      return make_error(ErrorCode::DataRejected,
                        fmt::format("a byte of the XML is no character of its encoding, in line {}",
                                    line + 1))
          .with_hint("have its encoding written in its first line, or convert it to UTF-8");
    }
    at += bytes;
  }
  return {};
}

/// The encoding of the file at `path`: its byte order mark, else what its first line says.
Result<TextEncoding> encoding_of(const std::string& path) {
  constexpr std::size_t kHeadBytes = 256;
  std::ifstream in(path, std::ios::binary);
  std::string head(kHeadBytes, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    return TextEncoding::Utf16;
  }
  const std::string word = declared_encoding(head);
  const auto encoding = find_encoding(word);
  if (!encoding) {
    return unread_encoding(word);
  }
  return *encoding;
}

/// All of it as UTF-8, its first line aside where that says another encoding.
Result<std::string> load_xml(const std::string& path, const std::string& to) {
  SLUICE_TRY(const TextEncoding encoding, encoding_of(path));
  const bool is_other = encoding != TextEncoding::Utf8;
  const std::string plain = is_other ? to + ".utf8" : path;
  if (is_other) {
    SLUICE_CHECK(convert_to_utf8(path, encoding, plain));
  }
  std::ifstream in(plain, std::ios::binary);
  std::stringstream read;
  read << in.rdbuf();
  if (is_other) {
    std::remove(plain.c_str());
  }
  std::string text = std::move(read).str();
  if (!in.is_open() || in.bad()) {
    return make_error(ErrorCode::Unavailable, fmt::format("an XML file cannot be read: '{}'", path))
        .with_hint("check that the file may be read and that the temporary folder has room");
  }
  if (is_other && text.starts_with("<?xml")) {
    text.erase(0, text.find("?>") == std::string::npos ? 0 : text.find("?>") + 2);
  }
  SLUICE_CHECK(check_utf8(text));
  return text;
}

}  // namespace

Status read_xml_records(std::string_view xml, const std::string& row_tag,
                        const std::function<Status(std::string_view json)>& take) {
  const bool is_root_empty = xml.find_first_not_of(kBlank) == std::string_view::npos;
  if (is_root_empty) {
    return {};
  }
  const std::string encoding = declared_encoding(xml);
  if (encoding != "utf-8" && encoding != "us-ascii" && encoding != "ascii") {
    return unread_encoding(encoding);
  }
  std::string tag = row_tag;
  if (tag.empty()) {
    SLUICE_TRY(tag, find_row_tag(xml));
  }
  XmlReader reader(xml);
  bool has_record = false;
  bool has_content = false;
  while (true) {
    SLUICE_TRY(const XmlEvent event, reader.next());
    if (event == XmlEvent::Done) {
      break;
    }
    has_content = has_content || holds_something(reader, event);
    const bool is_record = event == XmlEvent::Begin && reader.name() == tag &&
                           (!row_tag.empty() || reader.depth() == 2);
    if (is_record) {
      SLUICE_TRY(const Json content, read_content(reader));
      SLUICE_CHECK(take(line_of(content)));
      has_record = true;
    }
  }
  if (!has_record && has_content) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the XML has content and no element of this name: '{}'", tag))
        .with_hint(
            "write source.options.row_tag as the element of one record is called, without "
            "its namespace");
  }
  return {};
}

Status convert_xml_file(const std::string& path, const std::string& row_tag,
                        const std::string& to) {
  const auto with_file = [&](Error error) {
    return std::move(error).with_context(fmt::format("reading the XML file '{}'", path));
  };
  Result<std::string> text = load_xml(path, to);
  if (!text) {
    return with_file(std::move(text).error());
  }
  std::ofstream out(to, std::ios::binary);
  Status read = read_xml_records(*text, row_tag, [&](std::string_view json) -> Status {
    out << json << '\n';
    return {};
  });
  if (!read) {
    return with_file(std::move(read).error());
  }
  out.close();
  if (!out) {
    return make_error(ErrorCode::ResourceExhausted, "the temporary folder has no room")
        .with_hint("make room, or convert the file to JSON lines yourself");
  }
  return {};
}

}  // namespace sluice::contract
