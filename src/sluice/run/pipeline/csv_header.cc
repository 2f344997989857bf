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

}  // namespace sluice::run
