#include "sluice/contract/diagnostic/code.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "sluice/base/assert.h"
#include "sluice/contract/diagnostic/code_internal.h"

namespace sluice::contract {
namespace {

std::vector<CodeInfo> join_tables() {
  std::vector<CodeInfo> all;
  for (const std::span<const CodeInfo> part :
       {internal::source_codes(), internal::shape_codes(), internal::model_codes(),
        internal::quality_codes(), internal::transformation_codes(), internal::run_codes()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += "    ";
    out += text.substr(0, end);
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Notice: return "notice";
    case Severity::Hint: return "hint";
  }
  return "error";
}

std::span<const CodeInfo> all_codes() {
  static const std::vector<CodeInfo> all = join_tables();
  return all;
}

const CodeInfo& info_of(Code code) {
  const std::span<const CodeInfo> all = all_codes();
  const auto found =
      std::lower_bound(all.begin(), all.end(), code,
                       [](const CodeInfo& each, Code wanted) { return each.code < wanted; });
  SLUICE_ASSERT(found != all.end() && found->code == code, code_id(code));
  return *found;
}

const CodeInfo* find_code(std::string_view name) {
  const std::string wanted = lower(name);
  std::string_view digits = wanted;
  if (digits.starts_with("sl")) {
    digits.remove_prefix(2);
  }
  unsigned number = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number = error == std::errc{} && rest == digits.data() + digits.size();
  for (const CodeInfo& each : all_codes()) {
    if (each.slug == wanted || (is_number && static_cast<unsigned>(each.code) == number)) {
      return &each;
    }
  }
  return nullptr;
}

std::string code_id(Code code) { return fmt::format("SL{:04}", static_cast<unsigned>(code)); }

std::string render_page(const CodeInfo& info) {
  std::string page = fmt::format("{} {} ({})\n\n{}\n\nWhy it matters: {}\n", code_id(info.code),
                                 info.slug, to_string(info.severity), info.summary, info.why);
  if (!info.before.empty()) {
    page += "\nBefore:\n\n" + indented(info.before) + "\nAfter:\n\n" + indented(info.after);
  }
  return page;
}

}  // namespace sluice::contract
