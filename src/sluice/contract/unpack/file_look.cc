#include "sluice/contract/unpack/file_look.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "sluice/contract/unpack/inflate.h"
#include "sluice/contract/unpack/zstd_frames.h"

namespace sluice::contract {
namespace {

constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kTailBytes = 4;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kGzip = "\x1F\x8B";
constexpr std::string_view kZstd = "\x28\xB5\x2F\xFD";

struct Ends {
  std::string head;  // of what it holds, where it is packed
  std::string tail;
  std::uint64_t bytes = 0;
  bool is_packed = false;
};

bool ends_with(std::string_view name, std::string_view ending) {
  return name.size() >= ending.size() &&
         std::ranges::equal(name.substr(name.size() - ending.size()), ending, {}, [](char c) {
           return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
         });
}

Error cannot_open(const std::string& told) {
  const int number = errno;
  const ErrorCode code = number == EACCES || number == EPERM ? ErrorCode::Unauthorized
                         : number == ENOENT                  ? ErrorCode::NotFound
                                                             : ErrorCode::Unavailable;
  return make_error(code,
                    fmt::format("a file cannot be opened ({}): '{}'", std::strerror(number), told))
      .with_hint("check that it is there and that this user may read it");
}

Result<Ends> read_ends(const std::string& path, const std::string& told) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return cannot_open(told);
  }
  Ends ends;
  ends.head.resize(kHeadBytes);
  in.read(ends.head.data(), static_cast<std::streamsize>(ends.head.size()));
  if (in.bad()) {
    return cannot_open(told);
  }
  ends.head.resize(static_cast<std::size_t>(in.gcount()));
  in.clear();
  in.seekg(0, std::ios::end);
  ends.bytes = static_cast<std::uint64_t>(in.tellg());
  const std::size_t tail = std::min<std::uint64_t>(ends.bytes, kTailBytes);
  ends.tail.resize(tail);
  in.seekg(-static_cast<std::streamoff>(tail), std::ios::end);
  in.read(ends.tail.data(), static_cast<std::streamsize>(tail));
  if (!ends_with(path, ".gz")) {
    return ends;
  }
  if (!ends.head.starts_with(kGzip)) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("a file is called .gz and {}: '{}'",
                                  ends.bytes == 0 ? "is empty" : "is not packed with gzip", told))
        .with_hint("fetch it again, or name it after what it is");
  }
  in.clear();
  in.seekg(0);
  auto head = check_gzip(in, kHeadBytes);
  if (!head) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a gzip file was cut off or is damaged: '{}'", told))
        .with_hint("fetch it again; nothing of it was taken");
  }
  ends.head = *std::move(head);
  ends.is_packed = true;
  return ends;
}

struct Known {
  std::string_view magic;
  std::string_view what;
  std::string_view hint;
};

/// What is no text, by how it begins.
constexpr std::array kKnown{
    Known{"PAR1", "a Parquet file", "declare it as parquet, or name it .parquet"},
    Known{"ARROW1", "an Arrow file", "declare it as arrow, or name it .arrow"},
    Known{std::string_view("Obj\x01", 4), "an Avro file", "convert it to Parquet first"},
    Known{std::string_view("PK\x03\x04", 4), "a zip archive or an Excel workbook",
          "name it .zip or .xlsx after what it is"},
    Known{"\xD0\xCF\x11\xE0", "an Excel workbook in the old format (.xls)",
          "save it as .xlsx or CSV"},
    Known{kGzip, "packed with gzip", "name it .gz behind its own ending"},
    Known{kZstd, "packed with zstd", "name it .zst behind its own ending"},
    Known{"SQLite format 3", "a database of SQLite", "export its table as CSV or Parquet"},
    Known{"%PDF-", "a PDF document", "export its table as CSV"},
};

std::string_view name_of(SaidToBe kind) {
  switch (kind) {
    case SaidToBe::Csv: return "CSV";
    case SaidToBe::FixedWidth: return "fixed width";
    case SaidToBe::Json: return "JSON";
    case SaidToBe::Parquet: return "Parquet";
    case SaidToBe::Xml: return "XML";
    case SaidToBe::Workbook: return "Excel";
    case SaidToBe::Arrow: return "Arrow";
  }
  return "";
}

std::string_view name_of(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::Utf8: return "utf-8";
    case TextEncoding::Latin1: return "latin-1";
    case TextEncoding::Latin9: return "latin-9";
    case TextEncoding::Cp1252: return "cp1252";
    case TextEncoding::Utf16: return "utf-16";
    case TextEncoding::Utf16Le: return "utf-16le";
    case TextEncoding::Utf16Be: return "utf-16be";
  }
  return "";
}

/// UTF-16 by its mark, or by zeros in every other byte, as most texts have them.
std::optional<TextEncoding> seen_utf16(std::string_view head) {
  if (head.starts_with("\xFF\xFE")) {
    return TextEncoding::Utf16Le;
  }
  if (head.starts_with("\xFE\xFF")) {
    return TextEncoding::Utf16Be;
  }
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < head.size(); ++i) {
    zeros[i % 2] += head[i] == '\0' ? 1 : 0;
  }
  const std::size_t many = head.size() / 4;
  if (head.size() < 4 || std::max(zeros[0], zeros[1]) < many ||
      std::min(zeros[0], zeros[1]) > many / 8) {
    return std::nullopt;
  }
  return zeros[1] > zeros[0] ? TextEncoding::Utf16Le : TextEncoding::Utf16Be;
}

Error other_encoding(const std::string& told, TextEncoding declared, std::string_view seen,
                     std::string hint) {
  return make_error(ErrorCode::DataRejected,
                    fmt::format("the file does not begin as its encoding does: '{}' was expected, "
                                "{} was seen: '{}'",
                                name_of(declared), seen, told))
      .with_hint(std::move(hint));
}

Status check_wide(const Ends& ends, const std::string& told, TextEncoding declared) {
  const std::string_view head = ends.head;
  if (head.empty()) {
    return {};
  }
  const auto seen = seen_utf16(head);
  const bool has_mark = head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF");
  if (declared == TextEncoding::Utf16) {
    if (has_mark) {
      return {};
    }
    return seen ? other_encoding(told, declared, "UTF-16 without a byte order mark",
                                 fmt::format("write source.options.encoding: {}; utf-16 alone "
                                             "begins with a mark, utf-16le or utf-16be need none",
                                             name_of(*seen)))
                : other_encoding(told, declared, "a text of single bytes",
                                 "write source.options.encoding: utf-8, or leave it out; where it "
                                 "is UTF-16 without a mark, utf-16le or utf-16be");
  }
  if (seen && *seen != declared) {
    return other_encoding(told, declared, "the other byte order",
                          fmt::format("write source.options.encoding: {}", name_of(*seen)));
  }
  // Every line break and delimiter of UTF-16 has a zero in it.
  if (!seen && head.find('\0') == std::string_view::npos) {
    return other_encoding(told, declared, "a text of single bytes",
                          "write source.options.encoding: utf-8, or leave it out");
  }
  return {};
}

Status check_encoding(const Ends& ends, const std::string& told, const Claim& claim) {
  switch (claim.encoding) {
    case TextEncoding::Utf16:
    case TextEncoding::Utf16Le:
    case TextEncoding::Utf16Be: return check_wide(ends, told, claim.encoding);
    case TextEncoding::Utf8:
    case TextEncoding::Latin1:
    case TextEncoding::Latin9:
    case TextEncoding::Cp1252: break;
  }
  const auto seen = seen_utf16(ends.head);
  if (seen && claim.kind == SaidToBe::Json) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("JSON is UTF-8, and UTF-16 was seen: '{}'", told))
        .with_hint("convert the file first: iconv -f UTF-16 -t UTF-8");
  }
  if (seen && claim.kind != SaidToBe::Xml) {
    const bool has_mark = ends.head[0] == '\xFF' || ends.head[0] == '\xFE';
    return other_encoding(
        told, claim.encoding, "UTF-16",
        fmt::format("write source.options.encoding: {}", has_mark ? "utf-16" : name_of(*seen)));
  }
  if (claim.encoding != TextEncoding::Utf8 && ends.head.starts_with(kUtf8Mark)) {
    return other_encoding(told, claim.encoding, "the byte order mark of UTF-8",
                          "write source.options.encoding: utf-8, or leave it out");
  }
  return {};
}

Status check_text(const Ends& ends, const std::string& told, const Claim& claim) {
  for (const Known& one : kKnown) {
    if (ends.head.starts_with(one.magic)) {
      return make_error(ErrorCode::DataRejected, fmt::format("a file is read as {} and is {}: '{}'",
                                                             name_of(claim.kind), one.what, told))
          .with_hint(std::string(one.hint));
    }
  }
  SLUICE_CHECK(check_encoding(ends, told, claim));
  if (claim.kind != SaidToBe::Json || claim.keeps_bad_lines) {
    return {};
  }
  std::string_view text = ends.head;
  text.remove_prefix(text.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const bool is_list = begin != std::string_view::npos && text[begin] == '[';
  if (is_list && ends.is_packed && text.size() < ends.head.size()) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("a packed JSON list behind a byte order mark is not read: '{}'", told))
        .with_hint("write it without the mark, or unpack it");
  }
  if (begin == std::string_view::npos || text[begin] == '{' || is_list) {
    return {};
  }
  return make_error(ErrorCode::DataRejected,
                    fmt::format("JSON that is read begins with an object or a list, and this does "
                                "not: '{}'",
                                told))
      .with_hint("each row is an object: in a list, or one on each line");
}

Status check_parquet(const Ends& ends, const std::string& told) {
  constexpr std::uint64_t kLeast = 12;
  if (ends.head.starts_with("PARE")) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("a Parquet file with an encrypted footer is not read: '{}'", told))
        .with_hint("write it without encryption");
  }
  if (!ends.head.starts_with("PAR1") && ends.bytes > 0) {
    return make_error(
               ErrorCode::Corrupt,
               fmt::format("a file is read as Parquet and does not begin as one: '{}'", told))
        .with_hint("compare the file with source.format, or fetch it again");
  }
  if (ends.bytes < kLeast || ends.tail != "PAR1") {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a Parquet file {}: '{}'",
                                  ends.bytes == 0 ? "is empty" : "was cut off", told))
        .with_hint("write or fetch it again; nothing of it was taken");
  }
  return {};
}

Status check_workbook(const Ends& ends, const std::string& told) {
  if (ends.head.starts_with("\xD0\xCF\x11\xE0")) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("an Excel workbook in the old format (.xls) is not read: '{}'", told))
        .with_hint("save it as .xlsx, or as CSV");
  }
  if (!ends.head.starts_with("PK")) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a file is read as an Excel workbook and {}: '{}'",
                                  ends.head.empty() ? "is empty" : "is none", told))
        .with_hint("save it again as .xlsx, or name it after what it is");
  }
  return {};
}

/// The engine unpacks it, and compares the checksums that it has.
Status check_zst(const std::string& path, const std::string& told, const Ends& ends) {
  if (!ends.head.starts_with(kZstd)) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("a file is called .zst and {}: '{}'",
                                  ends.bytes == 0 ? "is empty" : "is not packed with zstd", told))
        .with_hint("fetch it again, or name it after what it is");
  }
  std::ifstream in(path, std::ios::binary);
  return check_zstd(in, ends.bytes)
             ? Status{}
             : make_error(ErrorCode::Corrupt,
                          fmt::format("a zstd file was cut off or is damaged: '{}'", told))
                   .with_hint("fetch it again; nothing of it was taken");
}

std::string first_bytes(const std::string& path, std::size_t count) {
  std::string first(count, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(first.data(), static_cast<std::streamsize>(count));
  first.resize(static_cast<std::size_t>(in.gcount()));
  return first;
}

}  // namespace

Status check_content(const std::string& path, const std::string& told, const Claim& claim) {
  SLUICE_TRY(const Ends ends, read_ends(path, told));
  if (ends_with(path, ".zst")) {
    return check_zst(path, told, ends);
  }
  switch (claim.kind) {
    case SaidToBe::Csv:
    case SaidToBe::FixedWidth:
    case SaidToBe::Json:
    case SaidToBe::Xml: return check_text(ends, told, claim);
    case SaidToBe::Parquet: return ends.is_packed ? Status{} : check_parquet(ends, told);
    case SaidToBe::Workbook: return check_workbook(ends, told);
    case SaidToBe::Arrow: return {};  // its reader compares all of it
  }
  return {};
}

bool has_utf8_mark(const std::string& path) { return first_bytes(path, 3) == kUtf8Mark; }

bool has_utf16_mark(const std::string& path) {
  const std::string first = first_bytes(path, 2);
  return first == "\xFF\xFE" || first == "\xFE\xFF";
}

}  // namespace sluice::contract
