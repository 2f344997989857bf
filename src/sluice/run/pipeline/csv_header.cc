#include "sluice/run/pipeline/csv_header.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/schema/schema.h"

namespace sluice::run {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string_view::npos
             ? std::string_view{}
             : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Where the value that begins at `begin` ends; npos: its quote is never closed.
std::size_t end_of_value(std::string_view line, std::size_t begin, const plan::CsvFormat& csv) {
  const std::size_t first = line.find_first_not_of(' ', begin);
  if (csv.quote.empty() || first == std::string_view::npos ||
      !line.substr(first).starts_with(csv.quote)) {
    return std::min(line.find(csv.delimiter, begin), line.size());
  }
  std::size_t at = first + csv.quote.size();
  while (true) {
    at = line.find(csv.quote, at);
    if (at == std::string_view::npos) {
      return at;
    }
    at += csv.quote.size();
    if (!line.substr(at).starts_with(csv.quote)) {
      return std::min(line.find(csv.delimiter, at), line.size());
    }
    at += csv.quote.size();
  }
}

std::string unquoted(std::string_view value, const plan::CsvFormat& csv) {
  const std::size_t width = csv.quote.size();
  if (width == 0 || value.size() < 2 * width || !value.starts_with(csv.quote) ||
      !value.ends_with(csv.quote)) {
    return std::string(value);
  }
  value = value.substr(width, value.size() - 2 * width);
  std::string text;
  for (std::size_t at = 0; at < value.size();) {
    const bool is_doubled = value.substr(at).starts_with(csv.quote + csv.quote);
    text += value[at];
    at += is_doubled ? 2 * width : 1;
  }
  return text;
}

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names,
                             [&](const auto& one) { return schema::same_column(one, name); });
}

/// Whether `name` stands in a text as a word. A number is no name there.
bool is_named_in(std::string_view text, std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
  };
  const auto is_word = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  if (std::ranges::none_of(name, is_letter)) {
    return false;
  }
  for (std::size_t at = 0; at + name.size() <= text.size(); ++at) {
    const std::size_t end = at + name.size();
    if (schema::same_column(text.substr(at, name.size()), name) &&
        (at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
      return true;
    }
  }
  return false;
}

/// The delimiter that makes of a line what is expected; empty: none does.
std::string_view other_delimiter(std::string_view line, plan::CsvFormat csv,
                                 const ExpectedColumns& expected) {
  const std::string own = csv.delimiter;
  for (const std::string_view other : {";", "\t", "|", ","}) {
    csv.delimiter = other;
    const auto parts = split_csv_line(line, csv);
    if (other == own || !parts || parts->size() < 2) {
      continue;
    }
    const bool names_one = csv.has_header && std::ranges::any_of(*parts, [&](const auto& part) {
                             return has_name(expected.declared, part);
                           });
    if (names_one || parts->size() == expected.declared.size()) {
      return other;
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> split_csv_line(std::string_view line, const plan::CsvFormat& csv) {
  std::vector<std::string> values;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = end_of_value(line, begin, csv);
    if (end == std::string_view::npos) {
      return make_error(ErrorCode::DataRejected, "a quote in the header is never closed")
          .with_hint("mend the first line, or write source.options.quote_char");
    }
    values.push_back(unquoted(trimmed(line.substr(begin, end - begin)), csv));
    if (end == line.size()) {
      return values;
    }
    begin = end + csv.delimiter.size();
  }
}

Result<std::vector<std::string>> csv_columns(std::string_view line, const plan::CsvFormat& csv,
                                             const std::string& file) {
  SLUICE_TRY_IN(std::vector<std::string> columns, split_csv_line(line, csv),
                fmt::format("reading the header of '{}'", file));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!csv.has_header) {
      columns[i] = i < csv.column_names.size() ? csv.column_names[i] : fmt::format("column{}", i);
    } else if (columns[i].empty()) {
      columns[i] = fmt::format("column{}", i);
    }
  }
  for (std::size_t i = columns.size(); !csv.has_header && i < csv.column_names.size(); ++i) {
    columns.push_back(csv.column_names[i]);
  }
  for (auto name = columns.begin(); name != columns.end(); ++name) {
    const bool is_there = std::any_of(columns.begin(), name, [&](const std::string& before) {
      return schema::same_column(before, *name);
    });
    if (is_there) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("the header names a column twice: '{}' in '{}'", *name, file))
          .with_hint(
              "name each column once; or let the model name them by position: source.options "
              "has_header: false and skip_rows: 1");
    }
  }
  return columns;
}

Status check_csv_header(std::string_view line, const plan::CsvFormat& csv,
                        const ExpectedColumns& expected, const std::string& file) {
  if (csv.has_header && line.contains('\0')) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the header of a CSV file holds zero bytes: '{}'", file))
        .with_hint("the file is no text, or one in an encoding that source.options.encoding names");
  }
  const std::vector<std::string>& declared = expected.declared;
  SLUICE_TRY(const std::vector<std::string> names, split_csv_line(line, csv));
  const bool is_known = csv.has_header
                            ? std::ranges::any_of(names,
                                                  [&](const std::string& name) {
                                                    return has_name(declared, name) ||
                                                           is_named_in(expected.steps, name);
                                                  })
                            : names.size() > 1 || declared.size() < 2;
  if (declared.empty() || is_known) {
    return {};
  }
  if (const std::string_view other = other_delimiter(line, csv, expected); !other.empty()) {
    const std::string_view word = other == "\t" ? "tab" : other;
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the first line of a CSV file {}, and {} are declared; '{}' "
                                  "would part it: '{}'",
                                  names.size() == 1 ? "is one column" : "names no declared column",
                                  declared.size(), word, file))
        .with_hint(fmt::format("write source.options.delimiter: \"{}\"", word));
  }
  if (!csv.has_header || expected.may_be_made) {
    return {};
  }
  // Its words are not told: they may be values of a first row.
  return make_error(ErrorCode::DataRejected,
                    fmt::format("the first line of a CSV file names none of the columns that the "
                                "contract declares: '{}'",
                                file))
      .with_hint(
          "write source.options has_header: false where it is a row, skip_rows where the header is "
          "further down, or declare the names that the file has");
}

}  // namespace sluice::run
