#include "sluice/contract/guide/guide.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/document/read_contract.h"
#include "sluice/contract/masking/masking_kind.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract {
namespace {

constexpr std::array<std::string_view, 3> kPages{"rules", "transforms", "maskings"};

std::string words_of_key(const Key& key) {
  std::string out;
  if (key.words != nullptr) {
    for (const std::string_view word : key.words()) {
      out += fmt::format("{}{}", out.empty() ? "" : ", ", word);
    }
  }
  return out;
}

std::string_view note_of(const Key& key) {
  switch (key.support) {
    case Support::Acted:
    case Support::Recorded: return key.need == Need::Required ? "; required" : "";
    case Support::Later:
    case Support::LaterRows: return "; not carried out yet";
  }
  return "";
}

std::string parameters_text(const Shape& shape) {
  std::string out;
  for (const Key& key : shape.keys) {
    const std::string words = words_of_key(key);
    out += fmt::format("    {:<22} {} [{}{}]\n", key.name, key.summary,
                       words.empty() ? std::string(expected_kind(key.kind)) : words, note_of(key));
  }
  return out;
}

std::string page_text(std::string_view what, std::string_view key, std::string_view summary,
                      const Shape* shape, std::string_view example) {
  std::string out = fmt::format("{} ({})\n\n{}\n", key, what, summary);
  if (shape != nullptr) {
    out += fmt::format("\nKeys:\n\n{}", parameters_text(*shape));
  }
  return example.empty() ? out : out + fmt::format("\nExample:\n\n    {}\n", example);
}

const Shape* body_of(const StepKind& kind) { return kind.body == nullptr ? nullptr : &kind.body(); }

std::string kinds_text(std::string_view name) {
  std::string out;
  const auto add = [&](const std::string& page) { out += (out.empty() ? "" : "\n") + page; };
  for (const RowRuleKind& kind : row_rule_kinds()) {
    if (kind.key == name) {
      add(page_text("row rule", kind.key, kind.summary, &kind.body, kind.example));
    }
  }
  for (const DatasetRuleKind& kind : dataset_rule_kinds()) {
    if (kind.key == name) {
      add(page_text("dataset rule", kind.key, kind.summary, &kind.body, kind.example));
    }
  }
  for (const StepKind& kind : step_kinds()) {
    if (kind.key == name) {
      add(page_text("step", kind.key, kind.summary, body_of(kind), kind.example));
    }
  }
  for (const MaskingKind& kind : masking_kinds()) {
    if (kind.key == name) {
      add(page_text("masking", kind.key, kind.summary, nullptr, kind.example));
    }
  }
  return out;
}

std::string path_text(std::string_view path) {
  const Key* key = find_key(path);
  return key == nullptr ? std::string() : render_key_page("key", path, *key);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  return out;
}

std::string section(std::string_view key, std::string_view summary, const Shape* shape,
                    std::string_view example) {
  std::string out = fmt::format("\n## {}\n\n{}\n\n```yaml\n- {}\n```\n", key, summary, example);
  if (shape == nullptr || shape->keys.empty()) {
    return out;
  }
  out += "\n| key | takes | meaning |\n|---|---|---|\n";
  for (const Key& each : shape->keys) {
    const std::string words = words_of_key(each);
    out += fmt::format("| `{}` | {}{} | {} |\n", each.name,
                       words.empty() ? std::string(expected_kind(each.kind)) : words, note_of(each),
                       escaped(each.summary));
  }
  return out;
}

constexpr std::string_view kMade =
    "This page is made by `sluice explain --page {0} > docs/{0}.md` from the tables that read "
    "contracts.\n";

std::string rules_page() {
  std::string out = "# Rules\n\n" + fmt::format(kMade, "rules") +
                    "\nRow rules stand under `quality.row_rules` or `model.fields[].rules`, rules "
                    "of the whole batch under\n`quality.dataset_rules`.\n";
  for (const RowRuleKind& kind : row_rule_kinds()) {
    out += section(kind.key, kind.summary, &kind.body, kind.example);
  }
  for (const DatasetRuleKind& kind : dataset_rule_kinds()) {
    out += section(fmt::format("{} (batch)", kind.key), kind.summary, &kind.body, kind.example);
  }
  return out;
}

std::string transforms_page() {
  std::string out = "# Transforms\n\n" + fmt::format(kMade, "transforms") +
                    "\nEach is an item of `transformations`; `phase: pre` beside it puts it before "
                    "the rules.\n";
  for (const StepKind& kind : step_kinds()) {
    out += section(kind.key, kind.summary, body_of(kind), kind.example);
  }
  return out;
}

std::string maskings_page() {
  std::string out = "# Maskings\n\n" + fmt::format(kMade, "maskings") +
                    "\nA masking is a word under `masking` of a field of the model; "
                    "[masking](masking.md) tells the rest.\n";
  for (const MaskingKind& kind : masking_kinds()) {
    out += section(kind.key, kind.summary, nullptr, kind.example);
    out += fmt::format("\nEqual values stay equal: {}. The column keeps its type: {}.\n",
                       kind.keeps_equality ? "yes" : "no", kind.keeps_type ? "yes" : "no");
  }
  return out;
}

}  // namespace

const Key* find_key(std::string_view path) { return find_key(contract_shape(), path); }

const Key* find_key(const Shape& root, std::string_view path) {
  const Shape* shape = &root;
  const Key* key = nullptr;
  bool is_free = false;  // the next part is a name that people choose
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const std::string_view part = path.substr(0, std::min(path.find('['), end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (is_free) {
      is_free = false;
      continue;
    }
    const bool is_scalar_map =
        key != nullptr && shape == nullptr &&
        (key->kind == ValueKind::ObjectMap || key->kind == ValueKind::StringMap ||
         key->kind == ValueKind::ScalarMap || key->kind == ValueKind::SqlMap);
    if (is_scalar_map) {
      return key;  // names and values of people's own
    }
    key = shape == nullptr ? nullptr : shape->find(part);
    if (key == nullptr) {
      return nullptr;
    }
    shape = key->child == nullptr ? nullptr : &key->child();
    is_free = key->kind == ValueKind::ObjectMap && shape != nullptr;
  }
  return key;
}

std::string render_key_page(std::string_view what, std::string_view path, const Key& key) {
  const std::string words = words_of_key(key);
  const std::string takes = words.empty() ? std::string(expected_kind(key.kind)) : words;
  return page_text(fmt::format("{}; {}{}", what, takes, note_of(key)), path, key.summary,
                   key.child == nullptr ? nullptr : &key.child(), {});
}

std::vector<std::string_view> guide_names() {
  std::vector<std::string_view> names;
  const auto add = [&](const auto& list, auto name_of) {
    for (const auto& each : list) {
      if (std::ranges::find(names, name_of(each)) == names.end()) {
        names.push_back(name_of(each));
      }
    }
  };
  const auto key_of = [](const auto& kind) { return kind.key; };
  add(row_rule_kinds(), key_of);
  add(dataset_rule_kinds(), key_of);
  add(step_kinds(), key_of);
  add(masking_kinds(), key_of);
  add(contract_shape().keys, [](const Key& key) { return key.name; });
  return names;
}

std::string_view default_of(const Key& key) {
  const std::size_t open = key.summary.rfind('(');
  if (open == std::string_view::npos || !key.summary.ends_with(')')) {
    return {};
  }
  return key.summary.substr(open + 1, key.summary.size() - open - 2);
}

std::string render_guide(std::string_view name) {
  const std::string kinds = kinds_text(name);
  return kinds.empty() ? path_text(name) : kinds;
}

std::span<const std::string_view> docs_pages() { return kPages; }

std::optional<std::string> render_docs_page(std::string_view page) {
  if (page == "rules") {
    return rules_page();
  }
  if (page == "transforms") {
    return transforms_page();
  }
  return page == "maskings" ? std::optional(maskings_page()) : std::nullopt;
}

}  // namespace sluice::contract
