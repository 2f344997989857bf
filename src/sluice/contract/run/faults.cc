#include "sluice/contract/run/faults.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace sluice::contract {
namespace {

std::string digits_after(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
  return std::string(text.substr(at, end - at));
}

/// The line of a file that cannot be read, from places of the text where no value can stand.
std::string line_told(std::string_view native, std::string_view file) {
  constexpr std::string_view kCsv = "Invalid Input Error: CSV Error on Line: ";
  if (native.starts_with(kCsv)) {
    return digits_after(native, kCsv.size());
  }
  const std::string json =
      fmt::format("Invalid Input Error: Malformed JSON in file \"{}\", at byte ", file);
  if (!native.starts_with(json)) {
    return {};
  }
  const std::size_t behind_byte = json.size() + digits_after(native, json.size()).size();
  for (const std::string_view marker : {" in line ", " in record/value "}) {
    if (native.substr(behind_byte).starts_with(marker)) {
      return digits_after(native, behind_byte + marker.size());
    }
  }
  return {};
}

std::string_view line_after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(at + mark.size());
  return text.substr(0, text.find('\n'));
}

/// What a reader of CSV says is of its own switches, which no contract has; here it is what was
/// expected, what came, and which key says otherwise. The line itself stays in what the engine
/// said.
void tell_of_csv(Error& error) {
  constexpr std::string_view kLine = "CSV Error on Line: ";
  constexpr std::string_view kFile = "file = ";
  std::string& native = error.native;
  const std::string file(line_after(native, kFile));
  const std::string line(line_after(native, kLine));
  if (file.empty() || error.code == ErrorCode::Internal) {
    return;
  }
  const std::string where =
      line.empty() ? fmt::format("'{}'", file) : fmt::format("line {} of '{}'", line, file);
  const std::string expected(line_after(native, "Expected Number of Columns: "));
  const std::size_t found = expected.find(" Found: ");
  if (found != std::string::npos) {
    error.message = fmt::format("a line of a CSV file has {} values and not {}: {}",
                                expected.substr(found + 8), expected.substr(0, found), where);
  } else if (native.find("Maximum line size") != std::string::npos) {
    error.message = fmt::format("a line of a CSV file is longer than is read: {}", where);
    error.hint =
        "look for a quote that is never closed and compare quote_char; rows with values "
        "as long as that are read from Parquet or JSON";
  } else if (native.find("state machine reached an invalid state") != std::string::npos) {
    error.message =
        fmt::format("a CSV file mixes its line ends, or a quote is not closed: {}", where);
    error.hint = "end all lines alike (\\n or \\r\\n), or compare source.options.quote_char";
  } else if (native.find("not utf-8 encoded") != std::string::npos) {
    error.message = fmt::format("bytes of a CSV file are no UTF-8: {}", where);
    error.hint =
        "write source.options.encoding (latin-1, cp1252, utf-16 ...), or mend the line; "
        "--on-row-error quarantine keeps such lines apart";
  }
  const std::size_t advice = std::min(native.find("\nPossible "), native.find("\n\nPossible "));
  if (advice != std::string::npos) {
    constexpr std::size_t kShownMax = 1'000;
    const std::string_view told = std::string_view(native).substr(0, advice);
    native = fmt::format("{}{}\n{}{}", told.substr(0, kShownMax),
                         told.size() > kShownMax ? "..." : "", kFile, file);
  }
}

/// What the system answers holds no value.
std::string_view system_answer(const Error& error) {
  static constexpr std::array<std::string_view, 6> kAnswers{
      "Permission denied",   "No space left on device", "Read-only file system",
      "Disk quota exceeded", "Too many open files",     "Input/output error"};
  const bool is_of_system =
      error.code == ErrorCode::Unauthorized || error.code == ErrorCode::Unavailable ||
      error.code == ErrorCode::ResourceExhausted || error.code == ErrorCode::NotFound;
  for (const std::string_view answer : kAnswers) {
    if (is_of_system && error.native.find(answer) != std::string::npos) {
      return answer;
    }
  }
  return {};
}

}  // namespace

Error refusal(const Diagnostics& diagnostics, const std::string& path) {
  Error error = to_error(diagnostics);
  const std::size_t errors = diagnostics.count(Severity::Error);
  if (error.hint.empty() || errors > 1) {
    error.hint +=
        fmt::format("{}`sluice validate {}` shows {} in {} place", error.hint.empty() ? "" : "; ",
                    path, errors == 1 ? "the mistake" : fmt::format("all {} mistakes", errors),
                    errors == 1 ? "its" : "their");
  }
  return error;
}

Error as_contract_error(Error error, const SourcePosition& at) {
  if (error.code == ErrorCode::Unsupported) {
    error.code = ErrorCode::InvalidContract;
    error.at = at;
  }
  return error;
}

Status as_input_error(Status status) {
  if (status) {
    return status;
  }
  Error error = std::move(status).error();
  tell_of_csv(error);
  if (error.code != ErrorCode::InvalidArgument) {
    return error;
  }
  error.code = ErrorCode::Corrupt;
  if (error.hint.empty()) {
    error.hint = "mend the file that is named, or take it out of the source; nothing was committed";
  }
  return error;
}

Error as_write_fault(Error error) {
  if (error.native.starts_with("Conversion Error")) {
    error.code = ErrorCode::DataRejected;
  }
  return std::move(error).with_context("writing the target");
}

Error of_whole_records(Error error) {
  if (error.hint.contains("--on-row-error quarantine")) {
    error.hint = "external logic reads whole records, whatever --on-row-error says: mend the file";
  }
  return error;
}

Error without_values(Error error, std::span<const std::string> files) {
  if (error.native.empty()) {
    return error;
  }
  for (const std::string& file : files) {
    if (error.native.find(file) != std::string::npos) {
      const std::string line = line_told(error.native, file);
      error.context.push_back(line.empty() ? fmt::format("reading the file '{}'", file)
                                           : fmt::format("reading line {} of '{}'", line, file));
      break;
    }
  }
  if (const std::string_view answer = system_answer(error); !answer.empty()) {
    error.context.push_back(fmt::format("the system answered: {}", answer));
  }
  error.native.clear();
  error.context.emplace_back("hiding what the engine says, because the contract masks values");
  return error;
}

Error stopped(const std::string& path) {
  return make_error(
      ErrorCode::Cancelled,
      fmt::format("the batch was not committed; run it again to finish it: '{}'", path));
}

}  // namespace sluice::contract
