#include "sluice/run/state/batch.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/limits.h"
#include "sluice/base/overloaded.h"
#include "sluice/base/sha256.h"

namespace sluice::run {
namespace {

using nlohmann::json;

constexpr std::size_t kReadableBytesMax = 80;
constexpr std::size_t kHashDigits = 16;

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '.';
}

/// Letters that mean something to a shell, a URI or a file system become '-'.
std::string readable(std::string_view name) {
  std::string plain;
  for (const char letter : name.substr(0, kReadableBytesMax / 2)) {
    plain += is_plain(letter) ? letter : '-';
  }
  const std::size_t begin = plain.find_first_not_of("-._");
  return begin == std::string::npos ? "stream" : plain.substr(begin);
}

bool is_text(const std::string& bytes) {
  try {
    return !json(bytes).dump().empty();
  } catch (const json::type_error&) {  // not UTF-8
    return false;
  }
}

std::string to_hex_text(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

std::optional<std::string> from_hex_text(std::string_view text) {
  std::string bytes;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    const std::size_t high = kDigits.find(text[at]);
    const std::size_t low = kDigits.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    bytes += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
  }
  return text.size() % 2 == 0 ? std::optional(bytes) : std::nullopt;
}

/// A file name is any bytes, JSON holds text: what is not text is kept in hexadecimal.
json file_to_json(const BatchFile& file) {
  json made;
  if (is_text(file.path)) {
    made["path"] = file.path;
  } else {
    made["path_hex"] = to_hex_text(file.path);
  }
  made["size"] = file.size_bytes;
  made["modified"] = to_string(file.modified);
  made["tag"] = file.content_tag;
  return made;
}

json input_to_json(const BatchInput& input) {
  return std::visit(overloaded{
                        [](const FileInput& files) {
                          json list = json::array();
                          for (const BatchFile& file : files.files) {
                            list.push_back(file_to_json(file));
                          }
                          return json{{"kind", "files"}, {"files", std::move(list)}};
                        },
                        [](const WindowInput& window) {
                          json made{{"kind", "window"}, {"column", window.column}};
                          if (window.after) {
                            made["after"] = *window.after;
                          }
                          if (window.up_to) {
                            made["up_to"] = *window.up_to;
                          }
                          return made;
                        },
                        [](const ReplayInput& replay) {
                          return json{{"kind", "replay"}, {"rows", replay.row_ids}};
                        },
                    },
                    input);
}

/// Reads members of objects and remembers the first that is missing or of the wrong kind, so that
/// the readers below are straight lines.
class Reader {
 public:
  void fail(std::string what) {
    if (fault_.empty()) {
      fault_ = std::move(what);
    }
  }
  const std::string& fault() const { return fault_; }

  const json& member(const json& object, const char* name) {
    static const json nothing;
    const auto found = object.find(name);  // end() of what is no object
    if (found == object.end()) {
      fail(fmt::format("expected a member '{}'", name));
      return nothing;
    }
    return *found;
  }

  std::string text(const json& object, const char* name) {
    const json& value = member(object, name);
    return text_of(value, name);
  }

  std::string text_of(const json& value, const char* name) {
    const auto* text = value.get_ptr<const std::string*>();
    if (text == nullptr) {
      fail(fmt::format("expected a text in '{}'", name));
      return "";
    }
    return *text;
  }

  std::uint64_t number(const json& object, const char* name) {
    const json& value = member(object, name);
    const auto* number = value.get_ptr<const std::uint64_t*>();
    if (number == nullptr) {
      fail(fmt::format("expected a whole number in '{}'", name));
      return 0;
    }
    return *number;
  }

  sys_micros instant(const json& object, const char* name) {
    const std::string found = text(object, name);
    const Result<sys_micros> parsed = parse_instant(found);
    if (!parsed) {
      fail(fmt::format("expected an instant in '{}', got '{}'", name, found));
      return {};
    }
    return *parsed;
  }

  std::optional<std::string> optional_text(const json& object, const char* name) {
    return object.contains(name) ? std::optional(text(object, name)) : std::nullopt;
  }

  const json& list(const json& object, const char* name) {
    static const json empty = json::array();
    const json& value = member(object, name);
    if (!value.is_array()) {
      fail(fmt::format("expected a list in '{}'", name));
      return empty;
    }
    return value;
  }

 private:
  std::string fault_;
};

BatchFile file_from_json(Reader& reader, const json& value) {
  BatchFile file;
  if (value.contains("path_hex")) {
    const auto bytes = from_hex_text(reader.text(value, "path_hex"));
    if (!bytes) {
      reader.fail("expected hexadecimal digits in 'path_hex'");
    }
    file.path = bytes.value_or("");
  } else {
    file.path = reader.text(value, "path");
  }
  file.size_bytes = reader.number(value, "size");
  file.modified = reader.instant(value, "modified");
  file.content_tag = reader.text(value, "tag");
  return file;
}

BatchInput input_from_json(Reader& reader, const json& value) {
  const std::string kind = reader.text(value, "kind");
  if (kind == "files") {
    FileInput files;
    for (const json& file : reader.list(value, "files")) {
      files.files.push_back(file_from_json(reader, file));
    }
    return files;
  }
  if (kind == "window") {
    return WindowInput{.column = reader.text(value, "column"),
                       .after = reader.optional_text(value, "after"),
                       .up_to = reader.optional_text(value, "up_to")};
  }
  if (kind == "replay") {
    ReplayInput replay;
    for (const json& row : reader.list(value, "rows")) {
      replay.row_ids.push_back(reader.text_of(row, "rows"));
    }
    return replay;
  }
  reader.fail(fmt::format("expected an input of files, window or replay, got '{}'", kind));
  return FileInput{};
}

Error make_corrupt_error(std::string_view path, std::string_view what) {
  return make_error(ErrorCode::Corrupt,
                    fmt::format("the record of a batch cannot be read, {}: '{}'", what, path))
      .with_hint("restore the file from a copy: without it, files may be read twice or never");
}

}  // namespace

std::string render_stream(const StreamId& stream) {
  std::string both = stream.contract;
  both += '\0';
  both += stream.target;
  return fmt::format("{}-{}-{}", readable(stream.contract), readable(stream.target),
                     sha256_hex(both).substr(0, kHashDigits));
}

std::string render_commit_key(const StreamId& stream, std::uint64_t number) {
  return fmt::format("{}#{}", render_stream(stream), number);
}

std::string render_input_fingerprint(const BatchInput& input) {
  json made = input_to_json(input);
  if (std::holds_alternative<FileInput>(input)) {
    for (json& file : made["files"]) {
      file.erase("modified");
    }
  }
  return sha256_hex(made.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<std::string> render_batch(const BatchRecord& record) {
  const json made{{"format", kBatchFormat},
                  {"contract", record.stream.contract},
                  {"target", record.stream.target},
                  {"batch", record.number},
                  {"run_id", to_string(record.run_id)},
                  {"clock", to_string(record.clock)},
                  {"fingerprint", record.fingerprint},
                  {"input", input_to_json(record.input)}};
  std::string text;
  try {
    text = made.dump(1) + "\n";
  } catch (const json::type_error&) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected UTF-8 in the names and values of a batch: '{}'",
                                  render_commit_key(record.stream, record.number)));
  }
  if (text.size() > limits::kStateFileBytesMax) {
    return make_error(ErrorCode::ResourceExhausted,
                      fmt::format("the record of a batch may have {} bytes, got {}: '{}'",
                                  limits::kStateFileBytesMax, text.size(),
                                  render_commit_key(record.stream, record.number)))
        .with_hint("read fewer files per batch: narrow the path of the source");
  }
  return text;
}

Result<BatchRecord> parse_batch(std::string_view text, std::string_view path) {
  constexpr bool kNoThrow = false;
  const json value = json::parse(text, nullptr, kNoThrow);
  if (!value.is_object()) {
    return make_corrupt_error(path, "expected a JSON object");
  }
  Reader reader;
  const std::uint64_t format = reader.number(value, "format");
  if (format > kBatchFormat) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a newer sluice wrote this record of a batch: expected format "
                                  "{}, got {}: '{}'",
                                  kBatchFormat, format, path))
        .with_hint("run the version of sluice that wrote it, or a newer one");
  }
  if (format != kBatchFormat) {
    reader.fail(fmt::format("expected format {}", kBatchFormat));
  }
  BatchRecord record;
  record.stream = {.contract = reader.text(value, "contract"),
                   .target = reader.text(value, "target")};
  record.number = reader.number(value, "batch");
  record.clock = reader.instant(value, "clock");
  record.fingerprint = reader.text(value, "fingerprint");
  const Result<Uuid> run_id = parse_uuid(reader.text(value, "run_id"));
  if (!run_id) {
    reader.fail("expected a UUID in 'run_id'");
  }
  record.run_id = run_id ? *run_id : Uuid();
  record.input = input_from_json(reader, reader.member(value, "input"));
  if (!reader.fault().empty()) {
    return make_corrupt_error(path, reader.fault());
  }
  return record;
}

}  // namespace sluice::run
