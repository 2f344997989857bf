#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/hierarchy/placeholders_internal.h"

namespace sluice::contract::internal {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::ranges::all_of(text, [](char c) {
           return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z');
         });
}

/// Blocks whose texts are SQL, patterns or templates of their own.
bool is_left_alone(std::string_view key) {
  constexpr std::array<std::string_view, 14> kKeys{
      "transformations", "quality",         "sql",           "query",      "filter",
      "rules",           "extraction",      "stages",        "extensions", "notifications",
      "masking_format",  "prompt_template", "system_prompt", "description"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

class Filler {
 public:
  Filler(const Variables& known, const PlaceholderOptions& options, Diagnostics& out)
      : known_(known), options_(options), out_(out) {}

  void fill(Node& node) {
    if (node.is_scalar()) {
      fill_scalar(node);
    }
    for (Node& item : node.items) {
      fill(item);
    }
    for (Entry& entry : node.entries) {
      if (!is_left_alone(entry.key)) {
        fill(entry.value);
      }
    }
  }

 private:
  void fill_scalar(Node& node) {
    if (node.text.find('{') == std::string::npos) {
      return;
    }
    const std::string before = node.text;
    node.text = filled(node, filled(node, node.text, false), true);
    if (node.text != before && node.style == ScalarStyle::Plain) {
      node.style = ScalarStyle::DoubleQuoted;  // what is filled in is text
    }
  }

  std::string filled(const Node& node, std::string_view text, bool is_last) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const bool is_variable = text.substr(at).starts_with("${");
      if (!is_variable && text[at] != '{') {
        out += text[at++];
        continue;
      }
      if (text.substr(at).starts_with("{{")) {
        const std::size_t end = text.find("}}", at);
        const std::size_t stop = end == std::string_view::npos ? text.size() : end + 2;
        out += text.substr(at, stop - at);
        at = stop;
        continue;
      }
      const std::size_t begin = at + (is_variable ? 2 : 1);
      const std::size_t end = text.find('}', begin);
      const std::string name =
          end == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin));
      if (!is_name(name)) {
        out += text[at++];
        continue;
      }
      const std::optional<std::string> value = value_of(node, name, is_variable, is_last);
      out += value ? *value : std::string(text.substr(at, end + 1 - at));
      at = end + 1;
    }
    return out;
  }

  std::optional<std::string> value_of(const Node& node, const std::string& name, bool is_variable,
                                      bool is_last) {
    if (is_variable) {
      const auto value = options_.variable ? options_.variable(name) : std::nullopt;
      if (!value && options_.variable && options_.must_resolve && is_last) {
        out_.add(Code::Placeholder, Severity::Error, node.span,
                 "no variable of the environment has this name: '" + name + "'",
                 "set it, or write the value");
      }
      return value;
    }
    const auto found = known_.find(name);
    if (found != known_.end()) {
      return found->second;
    }
    if (options_.must_resolve && is_last) {
      std::vector<std::string_view> names;
      for (const auto& [each, value] : known_) {
        names.push_back(each);
      }
      out_.add(Code::Placeholder, Severity::Error, node.span,
               "neither the system nor the environment says what stands here: '{" + name + "}'",
               did_you_mean(name, names));
    }
    return std::nullopt;
  }

  const Variables& known_;
  const PlaceholderOptions& options_;
  Diagnostics& out_;
};

}  // namespace

void fill_placeholders(Node& root, const Variables& known, const PlaceholderOptions& options,
                       Diagnostics& out) {
  Filler(known, options, out).fill(root);
}

}  // namespace sluice::contract::internal
