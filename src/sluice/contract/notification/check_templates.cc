#include "sluice/contract/notification/check_templates.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/source/scalar_map.h"
#include "sluice/text/template.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

/// A template as it stands in a notification, or the path of one.
struct Written {
  std::string_view key;
  const Text* text = nullptr;
  bool is_path = false;
};

std::vector<Written> templates_of(const Contract& contract) {
  std::vector<Written> found;
  const auto add = [&found](std::string_view key, const MaybeText& text, bool is_path) {
    if (text) {
      found.push_back({.key = key, .text = &*text, .is_path = is_path});
    }
  };
  for (const Notification& each : contract.quarantine.notifications) {
    add("subject_template", each.subject_template, false);
    add("subject_template_file", each.subject_template_file, true);
    add("message_template", each.message_template, false);
    add("message_template_file", each.message_template_file, true);
    add("body_template", each.body_template, false);
    add("body_template_file", each.body_template_file, true);
  }
  return found;
}

ScalarStyle style_at(std::string_view document, const Span& span) {
  switch (span.begin.offset < document.size() ? document[span.begin.offset] : ' ') {
    case '\'': return ScalarStyle::SingleQuoted;
    case '"': return ScalarStyle::DoubleQuoted;
    case '|': return ScalarStyle::Literal;
    case '>': return ScalarStyle::Folded;
    default: return ScalarStyle::Plain;
  }
}

/// Where a line of the template stands in the document; the whole text when it is another file's.
Span span_of_line(std::string_view document, const Text& text, std::uint32_t line) {
  if (text.span.file != 0 || line == 0) {
    return text.span;
  }
  std::size_t begin = 0;
  for (std::uint32_t at = 1; at < line; ++at) {
    const std::size_t end = text.value.find('\n', begin);
    if (end == std::string::npos) {
      return text.span;
    }
    begin = end + 1;
  }
  const std::size_t end = std::min(text.value.find('\n', begin), text.value.size());
  begin = std::min(text.value.find_first_not_of(" \t", begin), end);
  return span_in_scalar(document, text.span, style_at(document, text.span),
                        static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin));
}

/// What the library may say of any template, in contrast to what it says of itself.
bool is_about_template(const Error& error) {
  return error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::ResourceExhausted;
}

class TemplateCheck {
 public:
  TemplateCheck(const Context& context, std::string_view text, std::span<const std::string> files,
                const TemplateReader& read, Diagnostics& out)
      : context_(context), text_(text), files_(files), read_(read), out_(out) {}

  Status check(const Written& written) {
    return written.is_path ? check_file(written) : check_inline(written);
  }

 private:
  Status check_inline(const Written& written) {
    Status found = read_(written.key, written.text->value);
    if (found || !is_about_template(found.error())) {
      return found;
    }
    const std::uint32_t line = found.error().at ? found.error().at->line : 0;
    const std::string where = line == 0 ? "" : fmt::format(", in line {} of it", line);
    out_.add(Code::BadTemplate, span_of_line(text_, *written.text, line),
             fmt::format("'{}' is no template{}: {}", written.key, where, found.error().message));
    return {};
  }

  Status check_file(const Written& written) {
    const std::string& named = written.text->value;
    const fs::path above = fs::path(files_[written.text->span.file]).parent_path();
    const std::string path = (above / named).lexically_normal().string();
    const Result<std::string> source = load_named_text(context_, path);
    if (!source) {
      if (source.error().code == ErrorCode::Cancelled) {
        return source.error();
      }
      out_.add(Code::BadTemplate, written.text->span,
               fmt::format("'{}' cannot be read: {}", written.key, source.error().message),
               "paths of templates are relative to the folder of the contract");
      return {};
    }
    Status found = read_(path, *source);
    if (found || !is_about_template(found.error())) {
      return found;
    }
    const std::uint32_t line = found.error().at ? found.error().at->line : 0;
    out_.add(Code::BadTemplate, written.text->span,
             fmt::format("'{}' names a file that is no template: {}: '{}{}'", written.key,
                         found.error().message, path, line == 0 ? "" : fmt::format(":{}", line)));
    return {};
  }

  const Context& context_;
  std::string_view text_;
  std::span<const std::string> files_;
  const TemplateReader& read_;
  Diagnostics& out_;
};

}  // namespace

Status check_templates(const Context& context, std::string_view text,
                       std::span<const std::string> files, CheckedContract& checked,
                       const TemplateReader& read) {
  const std::vector<Written> written =
      checked.contract ? templates_of(*checked.contract) : std::vector<Written>{};
  if (written.empty()) {
    return {};
  }
  const TemplateReader from_disk = [](std::string_view name, std::string_view source) {
    return text::check_template(name, source);
  };
  TemplateCheck check(context, text, files, read ? read : from_disk, checked.diagnostics);
  for (const Written& each : written) {
    const Status done = check.check(each);
    if (!done && done.error().code == ErrorCode::Unsupported) {
      checked.diagnostics.add(
          Code::TemplateNotChecked, each.text->span,
          fmt::format("templates of notifications were not checked: {}", done.error().message),
          done.error().hint);
      break;
    }
    SLUICE_CHECK(done);
  }
  checked.diagnostics.sort();
  return {};
}

}  // namespace sluice::contract
