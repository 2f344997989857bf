#include "sluice/contract/unpack/csv_comments.h"

#include <fstream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace sluice::contract {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

/// The next line with what ends it: \n, \r\n or \r. False at the end of the file.
bool read_line(std::streambuf& in, std::string& line) {
  constexpr int kEnd = std::char_traits<char>::eof();
  line.clear();
  for (int byte = in.sbumpc(); byte != kEnd; byte = in.sbumpc()) {
    line += static_cast<char>(byte);
    if (byte == '\n') {
      break;
    }
    if (byte == '\r') {
      if (in.sgetc() == '\n') {
        line += static_cast<char>(in.sbumpc());
      }
      break;
    }
  }
  return !line.empty();
}

/// What ends a line.
std::string_view end_of(std::string_view line) {
  const std::size_t text = line.find_last_not_of("\r\n");
  return text == std::string_view::npos ? line : line.substr(text + 1);
}

/// Which lines of a file are comments: a quoted value may hold line breaks, and behind one of them
/// whatever begins a comment elsewhere.
class CommentLines {
 public:
  explicit CommentLines(const CsvComments& comments) : comments_(comments) {}

  bool is_comment(std::string_view line) {
    const bool is_first = lines_++ == 0;
    if (lines_ <= comments_.skip_rows) {
      return false;
    }
    line.remove_prefix(is_first && line.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0);
    if (!in_quotes_ && line.starts_with(comments_.prefix)) {
      return true;
    }
    follow_quotes(line);
    has_record_ = has_record_ || line.find_first_not_of(" \t\r\n") != std::string_view::npos;
    return false;
  }

  /// Asked once in so many bytes: a run that is stopped waits for no large file.
  Status check_stop(const Context& context, std::string_view line) {
    constexpr std::size_t kBytesBetween = std::size_t{1} << 20;
    unasked_ += line.size();
    if (unasked_ < kBytesBetween) {
      return {};
    }
    unasked_ = 0;
    return context.check();
  }

  /// The first record is behind it: whether it has several values.
  std::optional<bool> has_columns() const {
    return lines_ > comments_.skip_rows && !in_quotes_ && has_record_
               ? std::optional(has_delimiter_)
               : std::nullopt;
  }

 private:
  /// As the engine reads it: a quote that opens stands at the beginning of a value, perhaps behind
  /// blanks.
  void follow_quotes(std::string_view line) {
    bool is_start = !in_quotes_;
    while (true) {
      if (in_quotes_) {
        const std::size_t end = line.find(comments_.quote);
        if (end == std::string_view::npos) {
          return;
        }
        line.remove_prefix(end + comments_.quote.size());
        in_quotes_ = line.starts_with(comments_.quote);  // doubled: a quote of the value
        line.remove_prefix(in_quotes_ ? comments_.quote.size() : 0);
      } else if (is_start && opens(line)) {
        line.remove_prefix(line.find(comments_.quote) + comments_.quote.size());
        in_quotes_ = true;
        is_start = false;
      } else {
        const std::size_t end = line.find(comments_.delimiter);
        if (end == std::string_view::npos || comments_.delimiter.empty()) {
          return;
        }
        line.remove_prefix(end + comments_.delimiter.size());
        has_delimiter_ = true;
        is_start = true;
      }
    }
  }

  bool opens(std::string_view value) const {
    const std::size_t first = comments_.delimiter == " " ? 0 : value.find_first_not_of(' ');
    return !comments_.quote.empty() && first != std::string_view::npos &&
           value.substr(first).starts_with(comments_.quote);
  }

  const CsvComments& comments_;
  std::int64_t lines_ = 0;
  std::size_t unasked_ = std::size_t{1} << 20;  // also before the first line
  bool in_quotes_ = false;
  bool has_delimiter_ = false;
  bool has_record_ = false;
};

Result<std::ifstream> open(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return make_error(ErrorCode::NotFound, fmt::format("a file cannot be opened: '{}'", path))
        .with_hint("check that it is there and may be read");
  }
  return in;
}

}  // namespace

Result<bool> has_comments(const Context& context, const std::string& path,
                          const CsvComments& comments) {
  SLUICE_TRY(std::ifstream in, open(path));
  CommentLines lines(comments);
  std::string line;
  while (read_line(*in.rdbuf(), line)) {
    SLUICE_CHECK(lines.check_stop(context, line));
    if (lines.is_comment(line)) {
      return true;
    }
  }
  return false;
}

Status copy_without_comments(const Context& context, const std::string& path,
                             const CsvComments& comments, const std::string& to) {
  SLUICE_TRY(std::ifstream in, open(path));
  std::ofstream out(to, std::ios::binary);
  CommentLines lines(comments);
  std::string line;
  std::optional<bool> has_columns;
  while (out && read_line(*in.rdbuf(), line)) {
    SLUICE_CHECK(lines.check_stop(context, line));
    const bool is_comment = lines.is_comment(line);
    if (is_comment && has_columns.value_or(true)) {
      out << end_of(line);
    } else if (!is_comment) {
      out << line;
    }
    if (!has_columns) {
      has_columns = lines.has_columns();
    }
  }
  out.close();
  return out ? Status{}
             : make_error(ErrorCode::ResourceExhausted, "the temporary folder has no room")
                   .with_hint("leave the comments out of the file yourself, or make room");
}

}  // namespace sluice::contract
