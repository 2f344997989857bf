#include "sluice/run/pipeline/step_columns.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/run/pipeline/valueless.h"

namespace sluice::run {
namespace {

using schema::Field;
using schema::same_column;
using schema::Schema;
using std::string;

Error taken(string message, string hint) {
  return make_error(ErrorCode::InvalidContract, std::move(message)).with_hint(std::move(hint));
}

/// The column as it is named after the step, and before.
struct Renamed {
  string name;
  string before;
};

Status check_rename(const plan::RenameColumns& step, const Schema& input) {
  std::vector<Renamed> named;
  for (const Field& field : input.fields) {
    const auto found = std::ranges::find_if(
        step.from_to, [&](const auto& each) { return same_column(each.first, field.name); });
    named.push_back({found == step.from_to.end() ? field.name : found->second, field.name});
  }
  for (std::size_t i = 0; i < named.size(); ++i) {
    for (std::size_t j = i + 1; j < named.size(); ++j) {
      if (!same_column(named[i].name, named[j].name)) {
        continue;
      }
      const bool is_first_kept = named[i].name == named[i].before;
      const Renamed& kept = is_first_kept ? named[i] : named[j];
      const Renamed& other = is_first_kept ? named[j] : named[i];
      if (kept.name != kept.before) {
        return taken(fmt::format("two columns are renamed to '{}': '{}' and '{}'", kept.name,
                                 named[i].before, named[j].before),
                     "give them two names, or take the first that has a value by a `coalesce`");
      }
      return taken(fmt::format("'{}' is renamed to '{}', and there is such a column already",
                               other.before, other.name),
                   "drop or rename that one in a step before, or choose another name");
    }
  }
  return {};
}

Status check_join(const plan::JoinReference& step, const Schema& input) {
  for (const plan::JoinedColumn& column : step.columns) {
    if (input.find(column.output) != nullptr) {
      return taken(
          fmt::format("the join brings a column that is there already: '{}'", column.output),
          "give the join a `prefix`, or drop or rename the other one before it");
    }
  }
  return {};
}

/// Columns that stay because none was named.
Status check_unpivot(const plan::Unpivot& step, const Schema& input) {
  if (!step.id_columns.empty()) {
    return {};
  }
  for (const Field& field : input.fields) {
    const bool is_turned = std::ranges::any_of(
        step.column_key, [&](const auto& each) { return same_column(each.first, field.name); });
    for (const string* made : {&step.key_column, &step.value_column}) {
      if (!is_turned && same_column(field.name, *made)) {
        return taken(fmt::format("the unpivot makes a column that is there already: '{}'", *made),
                     "choose another `key_field` or `value_field`, or list the columns that stay");
      }
    }
  }
  return {};
}

string quoted_after(std::string_view text, std::string_view before) {
  const std::size_t at = text.find(before);
  const std::size_t begin = at + before.size();
  const std::size_t end = at == std::string_view::npos ? at : text.find('"', begin);
  return end == std::string_view::npos ? string() : string(text.substr(begin, end - begin));
}

bool is_word_sign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (c & 0x80) != 0;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word_sign(text[at - 1])) &&
        (end == text.size() || !is_word_sign(text[end]))) {
      return true;
    }
  }
  return false;
}

}  // namespace

Status check_names_made(const plan::Step& step, const Schema& input) {
  if (const auto* rename = std::get_if<plan::RenameColumns>(&step)) {
    return check_rename(*rename, input);
  }
  if (const auto* join = std::get_if<plan::JoinReference>(&step)) {
    return check_join(*join, input);
  }
  if (const auto* unpivot = std::get_if<plan::Unpivot>(&step)) {
    return check_unpivot(*unpivot, input);
  }
  return {};
}

namespace {

/// Named by the contract for a stamp of the run, and not one of the standard's own names.
bool is_taken_by_stamp(const plan::Pipeline& pipeline, std::string_view name) {
  const bool is_kept = std::ranges::any_of(pipeline.preserved_upstream, [&](const auto& from_to) {
    return same_column(from_to.first, name);
  });
  return !is_kept && !name.starts_with("_lakelogic_") &&
         std::ranges::any_of(pipeline.lineage, [&](const plan::LineageColumn& column) {
           return same_column(column.name, name);
         });
}

}  // namespace

std::vector<string> stamped_over(const plan::Pipeline& pipeline, const Schema& given) {
  std::vector<string> names;
  for (const Field& field : given.fields) {
    if (is_taken_by_stamp(pipeline, field.name)) {
      names.push_back(field.name);
    }
  }
  return names;
}

Status check_stamps(const plan::Pipeline& pipeline, const Schema& given) {
  for (const plan::DeclaredColumn& column : pipeline.schema.columns) {
    const bool has_value =
        given.find(column.name) != nullptr ||
        std::ranges::any_of(pipeline.steps, [&](const plan::PlannedStep& planned) {
          return !std::holds_alternative<plan::SqlSelect>(planned.step) &&
                 may_assign(planned, column.name);
        });
    if (has_value && is_taken_by_stamp(pipeline, column.name)) {
      return taken(fmt::format("a lineage column has the name of a field: '{}'", column.name),
                   "name it otherwise by the `_column_name` of `lineage`, or list the field under "
                   "`lineage.preserve_upstream`, which keeps its values under another name");
    }
  }
  return {};
}

string unknown_name(std::string_view native) {
  for (const std::string_view before : {"column named \"", "eferenced column \""}) {
    string name = quoted_after(native, before);
    if (!name.empty()) {
      return name;
    }
  }
  return name_used_too_early(native);
}

string name_used_too_early(std::string_view native) {
  return native.find("cannot be referenced before it is defined") == std::string_view::npos
             ? string()
             : quoted_after(native, "Column \"");
}

string hint_of_columns(const Schema& input) {
  constexpr std::size_t kReadable = 12;
  string list;
  for (const Field& field : input.fields) {
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", field.name);
  }
  return list.empty() || input.fields.size() > kReadable
             ? string()
             : fmt::format("the columns here are {}", list);
}

string hint_of_texts(const plan::Step& step, const Schema& input,
                     const std::vector<plan::DeclaredColumn>& declared) {
  const string words = to_string(step);
  string list;
  for (const plan::DeclaredColumn& column : declared) {
    const Field* field = input.find(column.name);
    const bool is_text = field != nullptr &&
                         std::holds_alternative<schema::Text>(field->type.kind) &&
                         !std::holds_alternative<schema::Text>(column.type.kind);
    if (is_text && !column.is_opaque && has_word(words, column.name)) {
      list += fmt::format("{}'{}'", list.empty() ? "" : ", ", column.name);
    }
  }
  return list.empty() ? string()
                      : fmt::format(
                            "before the schema step these columns are still texts: {}; "
                            "cast them in the SQL, or leave out `phase: pre`",
                            list);
}

std::optional<string> renamed_from(const plan::RenameColumns& step, std::string_view column) {
  for (const auto& [from, to] : step.from_to) {
    if (same_column(to, column)) {
      return from;
    }
  }
  return std::nullopt;
}

std::vector<string> names_asked_of(std::string_view reference, const plan::RowRule& rule) {
  const auto* sql = std::get_if<plan::RawSql>(&rule.predicate.node);
  std::vector<string> names;
  if (sql == nullptr ||
      sql->text.find(fmt::format("FROM \"{}\" AS _sluice_r", reference)) == string::npos) {
    return names;
  }
  constexpr std::string_view kBefore = "_sluice_r.";
  for (std::size_t at = sql->text.find(kBefore); at != string::npos;
       at = sql->text.find(kBefore, at + 1)) {
    names.push_back(quoted_after(sql->text.substr(at), "_sluice_r.\""));
  }
  return names;
}

}  // namespace sluice::run
