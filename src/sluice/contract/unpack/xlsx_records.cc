#include "sluice/contract/unpack/xlsx_records.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/contract/unpack/xml_reader.h"
#include "sluice/contract/unpack/zip_file.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kPartBytesMax = std::uint64_t{1} << 29;
constexpr std::size_t kColumnsMax = 16'384;  // Excel's own

Error broken(const std::string& path, std::string_view what) {
  return make_error(
             ErrorCode::Corrupt,
             fmt::format("this is no Excel workbook, or a broken one ({}): '{}'", what, path))
      .with_hint("save it again as .xlsx, or as CSV");
}

std::string attribute(const XmlReader& reader, std::string_view name) {
  for (const auto& [key, value] : reader.attributes()) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return is_whole ? std::optional(number) : std::nullopt;
}

enum class CellKind : std::uint8_t { Number, Date, Time };

/// What a number format makes of a number; texts in quotes, colours and escapes say nothing.
CellKind kind_of_pattern(std::string_view pattern) {
  bool has_day = false;
  bool has_hour = false;
  bool has_m = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char sign = pattern[i];
    if (sign == '"' || sign == '[') {
      const std::size_t end = pattern.find(sign == '"' ? '"' : ']', i + 1);
      // [h] counts hours.
      has_hour =
          has_hour || (sign == '[' && i + 1 < pattern.size() &&
                       std::string_view("hms").find(pattern[i + 1]) != std::string_view::npos &&
                       end != std::string_view::npos && end - i <= 3);
      i = end == std::string_view::npos ? pattern.size() : end;
    } else if (sign == '\\' || sign == '_' || sign == '*') {
      ++i;
    } else {
      has_day = has_day || sign == 'd' || sign == 'y' || sign == 'D' || sign == 'Y';
      has_hour = has_hour || sign == 'h' || sign == 's' || sign == 'H' || sign == 'S';
      has_m = has_m || sign == 'm' || sign == 'M';
    }
  }
  return has_day || (has_m && !has_hour) ? CellKind::Date
         : has_hour                      ? CellKind::Time
                                         : CellKind::Number;
}

CellKind kind_of_format(std::int64_t id, const std::map<std::int64_t, CellKind>& own) {
  if (const auto found = own.find(id); found != own.end()) {
    return found->second;
  }
  const bool is_date = (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 ||
                       (id >= 50 && id <= 58);
  const bool is_time = (id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47);
  return is_date ? CellKind::Date : is_time ? CellKind::Time : CellKind::Number;
}

/// Days since the beginning of Excel's calendar as a date, a time of day or both.
std::optional<std::string> instant_text(double serial, CellKind kind, bool is_from_1904) {
  using std::chrono::days;
  constexpr double kDaysMax = 2'958'466;  // the year 10000
  if (!(serial >= 0) || serial >= kDaysMax) {
    return std::nullopt;
  }
  const auto milliseconds = static_cast<std::int64_t>(std::llround(serial * 86'400'000.0));
  const std::int64_t day = milliseconds / 86'400'000;
  const std::int64_t rest = milliseconds % 86'400'000;
  std::string time =
      fmt::format("{:02}:{:02}:{:02}", rest / 3'600'000, rest / 60'000 % 60, rest / 1'000 % 60);
  time += rest % 1'000 == 0 ? "" : fmt::format(".{:03}", rest % 1'000);
  if (kind == CellKind::Time && day == 0) {
    return time;
  }
  // Excel counts a 29 February 1900 that never was: that day stays a number.
  if (day == 60 && !is_from_1904) {
    return std::nullopt;
  }
  const std::chrono::sys_days begin =
      is_from_1904 ? std::chrono::sys_days(std::chrono::year(1904) / 1 / 1)
                   : std::chrono::sys_days(std::chrono::year(1899) / 12 / (day < 60 ? 31 : 30));
  const std::chrono::year_month_day date(begin + days(day));
  const std::string text =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return rest == 0 ? text : text + " " + time;
}

/// "BC12" -> 54.
std::size_t column_of(std::string_view place) {
  std::size_t column = 0;
  for (const char sign : place) {
    if (sign < 'A' || sign > 'Z' || column > kColumnsMax) {
      break;
    }
    column = column * 26 + static_cast<std::size_t>(sign - 'A' + 1);
  }
  return column == 0 ? 0 : column - 1;
}

std::string letters_of(std::size_t column) {
  std::string letters;
  for (std::size_t rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
    letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
  }
  return letters;
}

/// As column names are compared: without regard to case.
bool is_same_name(std::string_view a, std::string_view b) {
  const auto small = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, small, small);
}

struct Workbook {
  std::string path;
  std::vector<std::string> texts;
  std::vector<CellKind> formats;  // of each cell format
  bool is_from_1904 = false;
};

Result<std::string> load_part(const std::string& path, const std::string& name) {
  SLUICE_TRY(std::optional<std::string> part, find_zip_member(path, name, kPartBytesMax));
  return part ? Result<std::string>(*std::move(part)) : broken(path, "a part is missing: " + name);
}

Status read_texts(Workbook& book) {
  SLUICE_TRY(const std::optional<std::string> part,
             find_zip_member(book.path, "xl/sharedStrings.xml", kPartBytesMax));
  if (!part) {
    return {};
  }
  XmlReader reader(*part);
  bool is_text = false;
  int in_phonetics = 0;
  while (true) {
    SLUICE_TRY(const XmlEvent event, reader.next());
    if (event == XmlEvent::Done) {
      return {};
    }
    if (event == XmlEvent::Text) {
      if (is_text && in_phonetics == 0 && !book.texts.empty()) {
        book.texts.back() += reader.text();
      }
      continue;
    }
    const bool begins = event == XmlEvent::Begin;
    if (reader.name() == "si" && begins) {
      book.texts.emplace_back();
    } else if (reader.name() == "rPh") {
      in_phonetics += begins ? 1 : -1;
    } else if (reader.name() == "t") {
      is_text = begins;
    }
  }
}

Status read_formats(Workbook& book) {
  SLUICE_TRY(const std::optional<std::string> part,
             find_zip_member(book.path, "xl/styles.xml", kPartBytesMax));
  if (!part) {
    return {};
  }
  XmlReader reader(*part);
  std::map<std::int64_t, CellKind> own;
  bool is_of_cells = false;
  while (true) {
    SLUICE_TRY(const XmlEvent event, reader.next());
    if (event == XmlEvent::Done) {
      return {};
    }
    if (event != XmlEvent::Begin) {
      is_of_cells = is_of_cells && !(event == XmlEvent::End && reader.name() == "cellXfs");
      continue;
    }
    const std::int64_t id = whole_number(attribute(reader, "numFmtId")).value_or(0);
    if (reader.name() == "numFmt") {
      own[id] = kind_of_pattern(attribute(reader, "formatCode"));
    } else if (reader.name() == "cellXfs") {
      is_of_cells = true;
    } else if (reader.name() == "xf" && is_of_cells) {
      book.formats.push_back(kind_of_format(id, own));
    }
  }
}

/// The part of the sheet, and whether the book counts days from 1904.
Result<std::string> find_sheet(Workbook& book, const std::string& wanted) {
  SLUICE_TRY(const std::string part, load_part(book.path, "xl/workbook.xml"));
  XmlReader reader(part);
  std::string id;
  std::string names;
  while (true) {
    SLUICE_TRY(const XmlEvent event, reader.next());
    if (event == XmlEvent::Done) {
      break;
    }
    if (event == XmlEvent::Begin && reader.name() == "workbookPr") {
      const std::string word = attribute(reader, "date1904");
      book.is_from_1904 = word == "1" || word == "true";
    } else if (event == XmlEvent::Begin && reader.name() == "sheet") {
      const std::string name = attribute(reader, "name");
      names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
      id = id.empty() && (wanted.empty() || wanted == name) ? attribute(reader, "id") : id;
    }
  }
  if (id.empty()) {
    return wanted.empty()
               ? broken(book.path, "it has no sheet")
               : make_error(ErrorCode::NotFound,
                            fmt::format("the workbook has no sheet '{}': '{}'", wanted, book.path))
                     .with_hint("write source.options.sheet_name: " + names);
  }
  SLUICE_TRY(const std::string links, load_part(book.path, "xl/_rels/workbook.xml.rels"));
  XmlReader link(links);
  while (true) {
    SLUICE_TRY(const XmlEvent event, link.next());
    if (event == XmlEvent::Done) {
      return broken(book.path, "a sheet is missing");
    }
    if (event == XmlEvent::Begin && attribute(link, "Id") == id) {
      const std::string target = attribute(link, "Target");
      return target.starts_with('/') ? target.substr(1) : "xl/" + target;
    }
  }
}

/// Takes the rows of a sheet and writes those behind the header.
class RowWriter {
 public:
  RowWriter(const Workbook& book, const SheetOptions& options, std::ofstream& out)
      : book_(book), options_(options), out_(out) {}

  Status take(std::int64_t number, std::map<std::size_t, Json> cells) {
    std::erase_if(cells, [](const auto& cell) { return cell.second.is_null(); });
    if (number == options_.header_row) {
      return name_columns(cells);
    }
    if (number < options_.header_row || cells.empty()) {
      return {};
    }
    Json record = Json::object();
    for (const auto& [column, name] : columns_) {
      const auto cell = cells.find(column);
      record[name] = cell == cells.end() ? Json(nullptr) : std::move(cell->second);
      cells.erase(column);
    }
    if (!cells.empty()) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("row {} has a value in column {}, which the header row {} does "
                                    "not name: '{}'",
                                    number, letters_of(cells.begin()->first), options_.header_row,
                                    book_.path))
          .with_hint("name the column, or say with options.header_row where the names stand");
    }
    // The last rows are known as such at the end.
    waiting_.push_back(record.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (static_cast<std::int64_t>(waiting_.size()) > options_.skip_footer) {
      out_ << waiting_.front() << '\n';
      waiting_.pop_front();
    }
    return {};
  }

 private:
  Status name_columns(const std::map<std::size_t, Json>& cells) {
    for (const auto& [column, cell] : cells) {
      const std::string name = cell.is_string() ? cell.get<std::string>() : cell.dump();
      if (std::ranges::any_of(columns_,
                              [&](const auto& one) { return is_same_name(one.second, name); })) {
        return make_error(
                   ErrorCode::DataRejected,
                   fmt::format("the header names a column twice: '{}' in '{}'", name, book_.path))
            .with_hint("give the columns of the sheet different names");
      }
      if (!name.empty()) {
        columns_.emplace_back(column, name);
      }
    }
    return {};
  }

  const Workbook& book_;
  const SheetOptions& options_;
  std::ofstream& out_;
  std::vector<std::pair<std::size_t, std::string>> columns_;
  std::deque<std::string> waiting_;
};

struct Cell {
  std::size_t column = 0;
  std::string type;
  std::int64_t format = 0;
  std::string text;
  bool has_text = false;
};

Json number_cell(const Workbook& book, const Cell& cell) {
  const auto at = static_cast<std::size_t>(cell.format);
  const CellKind kind = at < book.formats.size() ? book.formats[at] : CellKind::Number;
  const std::optional<std::int64_t> whole = whole_number(cell.text);
  if (whole && kind == CellKind::Number) {
    return *whole;
  }
  double number = 0;
  const char* end = cell.text.data() + cell.text.size();
  const auto read = std::from_chars(cell.text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end) {
    return cell.text;
  }
  if (kind != CellKind::Number) {
    if (auto text = instant_text(number, kind, book.is_from_1904)) {
      return *std::move(text);
    }
  }
  return whole ? Json(*whole) : Json(number);
}

Result<Json> value_of(const Workbook& book, const Cell& cell) {
  if (!cell.has_text) {
    return Json(nullptr);
  }
  if (cell.type == "s") {
    const auto at = whole_number(cell.text);
    if (!at || *at < 0 || static_cast<std::size_t>(*at) >= book.texts.size()) {
      return broken(book.path, "a text is missing");
    }
    return Json(book.texts[static_cast<std::size_t>(*at)]);
  }
  if (cell.type == "b") {
    return Json(cell.text == "1" || cell.text == "true");
  }
  return cell.type.empty() || cell.type == "n" ? number_cell(book, cell) : Json(cell.text);
}

Status read_rows(const Workbook& book, std::string_view sheet, RowWriter& writer) {
  XmlReader reader(sheet);
  std::int64_t row = 0;
  std::map<std::size_t, Json> cells;
  std::size_t next = 0;
  Cell cell;
  bool is_value = false;
  while (true) {
    SLUICE_TRY(const XmlEvent event, reader.next());
    if (event == XmlEvent::Done) {
      return {};
    }
    if (event == XmlEvent::Text) {
      cell.text += is_value ? reader.text() : "";
      continue;
    }
    const bool begins = event == XmlEvent::Begin;
    if (reader.name() == "row") {
      if (begins) {
        row = whole_number(attribute(reader, "r")).value_or(row + 1);
        next = 0;
      } else {
        SLUICE_CHECK(writer.take(row, std::exchange(cells, {})));
      }
    } else if (reader.name() == "c") {
      if (begins) {
        const std::string place = attribute(reader, "r");
        cell = {.column = place.empty() ? next : column_of(place),
                .type = attribute(reader, "t"),
                .format = whole_number(attribute(reader, "s")).value_or(0),
                .text = {}};
        next = cell.column + 1;
      } else {
        SLUICE_TRY(cells[cell.column], value_of(book, cell));
      }
    } else if (reader.name() == "v" || reader.name() == "t") {
      is_value = begins;
      cell.has_text = cell.has_text || begins;
    }
  }
}

Status convert(const std::string& path, const SheetOptions& options, std::ofstream& out) {
  Workbook book{.path = path, .texts = {}, .formats = {}};
  SLUICE_TRY(const std::string part, find_sheet(book, options.sheet));
  SLUICE_CHECK(read_texts(book));
  SLUICE_CHECK(read_formats(book));
  SLUICE_TRY(const std::string sheet, load_part(path, part));
  RowWriter writer(book, options, out);
  return read_rows(book, sheet, writer);
}

}  // namespace

Status convert_xlsx_file(const std::string& path, const SheetOptions& options,
                         const std::string& to) {
  std::ofstream out(to, std::ios::binary);
  Status read = convert(path, options, out);
  if (!read) {
    return std::move(read).error().with_context(fmt::format("reading the workbook '{}'", path));
  }
  out.close();
  return out ? Status{}
             : make_error(ErrorCode::ResourceExhausted,
                          fmt::format("a workbook cannot be unpacked: '{}'", path))
                   .with_hint("make room in the temporary folder");
}

}  // namespace sluice::contract
