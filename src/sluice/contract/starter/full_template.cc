// The whole language as a template: walks the tables of keys beside the starter's own values.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "sluice/contract/document/read_contract.h"
#include "sluice/contract/masking/masking_kind.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/source/yaml.h"
#include "sluice/contract/starter/starter.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract {
namespace {

/// One nesting of the template. What is not active is a comment in the first column.
struct Level {
  std::size_t indent = 0;
  bool is_active = true;
  bool is_first_of_item = false;  // the next line opens a list item
};

bool is_block(ValueKind kind) {
  return kind == ValueKind::Object || kind == ValueKind::ObjectList || kind == ValueKind::ObjectMap;
}

std::string_view sample_of(const Key& key) {
  if (key.words != nullptr && !key.words().empty()) {
    return key.words().front();
  }
  switch (key.kind) {
    case ValueKind::Boolean: return "false";
    case ValueKind::Whole: return "0";
    case ValueKind::Real: return "0.0";
    case ValueKind::Sql: return "\"...\"";
    case ValueKind::StringList:
    case ValueKind::WholeList:
    case ValueKind::RealList:
    case ValueKind::ScalarList:
    case ValueKind::ObjectList: return "[...]";
    case ValueKind::StringMap:
    case ValueKind::WholeMap:
    case ValueKind::ScalarMap:
    case ValueKind::SqlMap:
    case ValueKind::Object:
    case ValueKind::ObjectMap: return "{...}";
    case ValueKind::String:
    case ValueKind::AnyScalar:
    case ValueKind::Word:
    case ValueKind::Anything: return "...";
  }
  return "...";
}

std::string remark_of(const Key& key) {
  const bool waits = key.support == Support::Later || key.support == Support::LaterRows;
  return fmt::format("{}{}", key.summary, waits ? "; not carried out yet" : "");
}

/// A second spelling of an earlier key, or one that nobody should begin with.
bool is_alias(const Shape& shape, const Key& key) {
  const auto same = std::ranges::find(shape.keys, key.read, &Key::read);
  return (same != shape.keys.end() && &*same != &key) ||
         key.summary.starts_with("Older spelling") || key.summary.starts_with("Deprecated");
}

class Writer {
 public:
  std::string take() { return std::move(text_); }

  void write_map(const Shape& shape, const Node* values, Level level) {
    if (std::ranges::find(open_, &shape) != open_.end()) {
      return;  // a shape that holds itself is shown once
    }
    open_.push_back(&shape);
    for (const Key& key : shape.keys) {
      const Node* value = values == nullptr ? nullptr : values->find(key.name);
      if (value != nullptr || !is_alias(shape, key)) {
        write_key(key, value, level);
      }
    }
    open_.pop_back();
  }

 private:
  void line(Level& level, bool is_active, std::string_view text, std::string_view remark) {
    const bool opens =
        std::exchange(level.is_first_of_item, is_active ? false : level.is_first_of_item);
    std::string out = std::string(level.indent, ' ');
    if (opens && is_active) {
      out.replace(level.indent - 2, 2, "- ");
    }
    out += text;
    if (!is_active) {
      out.insert(0, "# ");
    }
    text_ += remark.empty() ? out + "\n" : fmt::format("{:<44}  # {}\n", out, remark);
  }

  void write_key(const Key& key, const Node* value, Level& level) {
    const bool is_active = level.is_active && value != nullptr;
    if (is_list_of_kinds(key)) {
      write_kinds(key, value, level);
    } else if (key.child != nullptr && is_block(key.kind)) {
      write_block(key, value, level);
    } else {
      const std::string shown = is_active ? render_value(*value) : std::string(sample_of(key));
      line(level, is_active, fmt::format("{}: {}", key.name, shown), remark_of(key));
    }
  }

  void write_block(const Key& key, const Node* value, Level& level) {
    const bool is_active = level.is_active && value != nullptr;
    if (std::ranges::find(open_, &key.child()) != open_.end()) {
      line(level, false, fmt::format("{}: [...]", key.name), remark_of(key));
      return;
    }
    line(level, is_active, fmt::format("{}:", key.name), remark_of(key));
    Level inner{.indent = level.indent + 2, .is_active = is_active};
    if (key.kind == ValueKind::Object) {
      write_map(key.child(), value, inner);
      return;
    }
    if (key.kind == ValueKind::ObjectMap) {
      line(inner, false, "name:", {});
      write_map(key.child(), nullptr, {.indent = inner.indent + 2, .is_active = false});
      return;
    }
    write_items(key.child(), is_active ? value : nullptr, inner);
  }

  void write_items(const Shape& shape, const Node* list, Level level) {
    if (list == nullptr) {
      line(level, false, "-", {});
      write_map(shape, nullptr, {.indent = level.indent + 2, .is_active = false});
      return;
    }
    bool is_first = true;
    for (const Node& item : list->items) {  // all keys beside the first item only
      Level inner{.indent = level.indent + 2, .is_active = true, .is_first_of_item = true};
      if (is_first) {
        write_map(shape, &item, inner);
      } else {
        write_plain(item, inner);
      }
      is_first = false;
    }
  }

  /// What is written, as it is written.
  void write_plain(const Node& map, Level& level) {
    for (const Entry& entry : map.entries) {
      if (entry.value.is_mapping()) {
        line(level, true, entry.key + ":", {});
        Level inner{.indent = level.indent + 2};
        write_plain(entry.value, inner);
      } else {
        line(level, true, fmt::format("{}: {}", entry.key, render_value(entry.value)), {});
      }
    }
  }

  static bool is_list_of_kinds(const Key& key) {
    return key.child != nullptr && key.kind == ValueKind::ObjectList &&
           (&key.child() == &transformation_shape() || &key.child() == &row_rule_shape() ||
            &key.child() == &dataset_rule_shape());
  }

  template <class Kind>
  void write_examples(std::span<const Kind> kinds, Level level) {
    for (const Kind& kind : kinds) {
      line(level, false, fmt::format("- {}", kind.example), {});
      line(level, false, fmt::format("#   {}", kind.summary), {});
    }
  }

  void write_kinds(const Key& key, const Node* value, Level& level) {
    const bool is_active = level.is_active && value != nullptr;
    line(level, is_active, fmt::format("{}:", key.name), remark_of(key));
    Level inner{.indent = level.indent + 2, .is_active = is_active};
    if (is_active) {
      for (const Node& item : value->items) {
        Level each{.indent = inner.indent + 2, .is_active = true, .is_first_of_item = true};
        write_plain(item, each);
      }
    }
    if (&key.child() == &transformation_shape()) {
      write_examples(step_kinds(), inner);
    } else if (&key.child() == &dataset_rule_shape()) {
      write_examples(dataset_rule_kinds(), inner);
    } else {
      write_examples(row_rule_kinds(), inner);
    }
  }

  /// A scalar or a flow list of the starters; they hold nothing that needs more care.
  static std::string render_value(const Node& node) {
    if (node.is_scalar()) {
      return node.style == ScalarStyle::Plain ? node.text : fmt::format("\"{}\"", node.text);
    }
    std::string out;
    for (const Node& item : node.items) {
      out += (out.empty() ? "" : ", ") + render_value(item);
    }
    return fmt::format("[{}]", out);
  }

  std::string text_;
  std::vector<const Shape*> open_;
};

std::string head_of(std::string_view layer) {
  std::string head = fmt::format(
      "# The whole contract language, for the layer {}. What is active here validates as it is;\n"
      "# every other key stands beside it as a comment, with what it means and its default.\n"
      "# The maskings of a field:\n",
      layer);
  for (const MaskingKind& kind : masking_kinds()) {
    head += fmt::format("#   {:<9} {}\n", kind.key, kind.summary);
  }
  return head;
}

}  // namespace

Result<std::string> render_full_template(std::string_view layer) {
  SLUICE_TRY(const std::string starter, render_starter(layer));
  Diagnostics diagnostics;
  const Document document = read_yaml(starter, diagnostics);
  if (!document.root) {
    return to_error(diagnostics);
  }
  Writer writer;
  writer.write_map(contract_shape(), &*document.root, {});
  return head_of(layer) + writer.take();
}

}  // namespace sluice::contract
