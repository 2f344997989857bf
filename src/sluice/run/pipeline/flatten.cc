#include "sluice/run/pipeline/flatten.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

using plan::FlatColumn;
using schema::Field;
using schema::LogicalType;
using schema::Schema;
using std::string;
using Path = std::vector<string>;

template <class Kind>
bool is(const LogicalType& type) {
  return std::holds_alternative<Kind>(type.kind);
}

string told(const FlatColumn& column) {
  string text = column.column;
  for (const string& member : column.members) {
    text += "." + member;
  }
  return text;
}

Path split(std::string_view path) {
  Path parts;
  for (std::size_t at = path.find('.'); at != string::npos; at = path.find('.')) {
    parts.emplace_back(path.substr(0, at));
    path.remove_prefix(at + 1);
  }
  parts.emplace_back(path);
  return parts;
}

const Field* find_member(const LogicalType& type, std::string_view name) {
  const auto* inner = std::get_if<schema::Struct>(&type.kind);
  if (inner == nullptr) {
    return nullptr;
  }
  const auto found = std::ranges::find_if(
      inner->fields, [&](const Field& field) { return schema::same_column(field.name, name); });
  return found == inner->fields.end() ? nullptr : &*found;
}

Error not_there(const string& path) {
  return make_error(
             ErrorCode::InvalidContract,
             fmt::format("source.flatten_nested names what the source does not have: '{}'", path))
      .with_hint("name columns of the source, or members of them as 'column.member'");
}

Error not_nested(const string& path, const LogicalType& type) {
  return make_error(ErrorCode::InvalidContract,
                    fmt::format("source.flatten_nested names a column that is not nested: '{}' "
                                "({})",
                                path, schema::to_string(type)))
      .with_hint(is<schema::List>(type)
                     ? "a list becomes rows, not columns: use an explode step"
                     : "name columns of structs, or of texts that are JSON objects");
}

class Flattener {
 public:
  Flattener(const Context& context, engine::Connection& connection, const plan::Pipeline& pipeline,
            SourceColumns& settled)
      : context_(context), connection_(connection), pipeline_(pipeline), settled_(settled) {}

  Result<std::optional<plan::Flattened>> flatten();

 private:
  struct Named {
    string path;  // as written
    Path members;
  };

  bool may_lack_columns() const;
  const plan::JsonFormat* json() const;
  Status find_paths();
  Status flatten_column(const Field& field);
  Status flatten_named(const Field& field, const Named& named);
  Status flatten_text(const Field& field);
  void take(const string& name, const string& column, const Path& members, const LogicalType& type,
            int level);
  Result<string> rows_of(const Field& field) const;
  Status settle_members();
  Status check_names() const;

  const Context& context_;
  engine::Connection& connection_;
  const plan::Pipeline& pipeline_;
  SourceColumns& settled_;
  std::vector<std::pair<string, std::vector<Named>>> named_;  // by column of the source
  plan::Flattened out_;
};

const plan::JsonFormat* Flattener::json() const {
  const auto* files = std::get_if<plan::FileScan>(&pipeline_.source);
  return files == nullptr ? nullptr : std::get_if<plan::JsonFormat>(&files->format);
}

/// A key that no record of this batch has is none that no record ever has.
bool Flattener::may_lack_columns() const {
  const auto* relation = std::get_if<plan::RelationScan>(&pipeline_.source);
  return relation != nullptr ? relation->may_lack_columns : json() != nullptr;
}

Status Flattener::find_paths() {
  for (const string& path : pipeline_.flatten.paths) {
    // A point may be a sign of the column's own name.
    Path members = settled_.columns.find(path) != nullptr ? Path{path} : split(path);
    const Field* column = settled_.columns.find(members.front());
    if (column == nullptr) {
      if (!may_lack_columns()) {
        return not_there(path);
      }
      continue;
    }
    members.erase(members.begin());
    auto known =
        std::ranges::find_if(named_, [&](const auto& one) { return one.first == column->name; });
    if (known == named_.end()) {
      known = named_.insert(named_.end(), {column->name, {}});
    }
    known->second.push_back({.path = path, .members = std::move(members)});
  }
  return {};
}

void Flattener::take(const string& name, const string& column, const Path& members,
                     const LogicalType& type, int level) {
  const auto* inner = std::get_if<schema::Struct>(&type.kind);
  if (inner == nullptr || level >= kFlattenLevelsMax) {
    out_.columns.push_back(
        {.name = name, .column = column, .members = members, .from = type, .type = type});
    return;
  }
  for (const Field& member : inner->fields) {
    Path path = members;
    path.push_back(member.name);
    take(fmt::format("{}_{}", name, member.name), column, path, member.type, level + 1);
  }
}

/// The part of a column that stays.
Status Flattener::flatten_named(const Field& field, const Named& named) {
  string name = field.name;
  Path members;
  const LogicalType* type = &field.type;
  for (const string& wanted : named.members) {
    const Field* member = find_member(*type, wanted);
    if (member == nullptr) {
      const bool has_none =
          std::ranges::find(settled_.valueless, field.name) != settled_.valueless.end();
      const bool is_absent = may_lack_columns() && (has_none || is<schema::Struct>(*type));
      return is_absent                   ? Status()
             : is<schema::Struct>(*type) ? Status(not_there(named.path))
                                         : Status(not_nested(named.path, *type));
    }
    name += "_" + member->name;
    members.push_back(member->name);
    type = &member->type;
  }
  take(name, field.name, members, *type, 0);
  return {};
}

/// Rows of one column, before anything of them is judged.
Result<string> Flattener::rows_of(const Field& field) const {
  const bool is_lenient =
      json() != nullptr ? settled_.has_bad_lines : pipeline_.bad_lines == plan::BadLines::Refuse;
  return dialect::render_settled_rows(pipeline_.source, Schema{{field}}, is_lenient);
}

Status Flattener::flatten_text(const Field& field) {
  SLUICE_TRY(const string rows, rows_of(field));
  const string doing =
      fmt::format("finding the members of '{}' (source.flatten_nested)", field.name);
  SLUICE_TRY_IN(
      const std::vector<TextRow> found,
      query_texts(context_, connection_, dialect::render_object_structure(rows, field.name)),
      doing);
  plan::ObjectText text{.column = field.name, .structure = {}};
  if (!found.empty() && found[0][0]) {
    text.structure = with_texts(*found[0][0]);
    SLUICE_TRY_IN(const std::vector<std::int64_t> lost,
                  query_counts(context_, connection_,
                               dialect::render_lost_texts("(" + rows + ")", {field.name})),
                  doing);
    text.is_exact = lost[0] > 0;
    if (text.is_exact) {
      text.structure = with_texts_for_doubles(std::move(text.structure));
    }
    SLUICE_TRY_IN(const Schema members,
                  connection_.describe(context_, dialect::render_structure_probe(text.structure)),
                  doing);
    take(field.name, field.name, {}, LogicalType{schema::Struct{members.fields}}, 0);
  }
  out_.texts.push_back(std::move(text));
  return {};
}

Status Flattener::flatten_column(const Field& field) {
  const auto found =
      std::ranges::find_if(named_, [&](const auto& one) { return one.first == field.name; });
  const std::vector<Named> none;
  const std::vector<Named>& named = found == named_.end() ? none : found->second;
  const auto whole =
      std::ranges::find_if(named, [](const Named& one) { return one.members.empty(); });
  const bool is_struct = is<schema::Struct>(field.type);
  if (is_struct && (pipeline_.flatten.all || whole != named.end())) {
    take(field.name, field.name, {}, field.type, 0);
    return {};
  }
  if (whole != named.end()) {
    if (std::ranges::find(settled_.valueless, field.name) != settled_.valueless.end()) {
      return {};  // its members are not known, and no row has one
    }
    return is<schema::Text>(field.type) || is<schema::Json>(field.type)
               ? flatten_text(field)
               : Status(not_nested(whole->path, field.type));
  }
  out_.columns.push_back({.name = field.name,
                          .column = field.name,
                          .members = {},
                          .from = field.type,
                          .type = field.type});
  for (const Named& one : named) {
    SLUICE_CHECK(flatten_named(field, one));
  }
  return {};
}

/// As columns of JSON: of what is no object and no list texts, and of no value nothing is known.
Status Flattener::settle_members() {
  for (const Field& field : settled_.columns.fields) {
    if (!is<schema::Struct>(field.type)) {
      continue;
    }
    std::vector<FlatColumn> unsure;
    for (const FlatColumn& column : out_.columns) {
      if (column.column == field.name && is<schema::Json>(column.type) && !column.members.empty()) {
        unsure.push_back(column);
      }
    }
    if (unsure.empty()) {
      continue;
    }
    SLUICE_TRY(const string rows, rows_of(field));
    SLUICE_TRY_IN(const std::vector<std::int64_t> counts,
                  query_counts(context_, connection_, dialect::render_member_counts(rows, unsure)),
                  fmt::format("reading the members of '{}'", field.name));
    for (std::size_t i = 0; i < unsure.size(); ++i) {
      const auto column = std::ranges::find(out_.columns, unsure[i]);
      if (counts[2 * i + 1] == 0) {
        column->type = LogicalType{schema::Text{}};
      }
      if (counts[2 * i] == 0) {
        settled_.valueless.push_back(column->name);
      }
    }
  }
  return {};
}

Status Flattener::check_names() const {
  for (std::size_t i = 0; i < out_.columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (schema::same_column(out_.columns[i].name, out_.columns[j].name)) {
        return make_error(
                   ErrorCode::InvalidContract,
                   fmt::format("source.flatten_nested makes two columns of one name, of '{}' and "
                               "of '{}': '{}'",
                               told(out_.columns[j]), told(out_.columns[i]), out_.columns[i].name))
            .with_hint("list the paths to flatten so that only one of them is");
      }
    }
  }
  return {};
}

Result<std::optional<plan::Flattened>> Flattener::flatten() {
  SLUICE_CHECK(find_paths());
  for (const Field& field : settled_.columns.fields) {
    SLUICE_CHECK(flatten_column(field));
  }
  SLUICE_CHECK(check_names());
  SLUICE_CHECK(settle_members());
  return std::optional(std::move(out_));
}

}  // namespace

Result<std::optional<plan::Flattened>> settle_flattened(const Context& context,
                                                        engine::Connection& connection,
                                                        const plan::Pipeline& pipeline,
                                                        SourceColumns& settled) {
  if (pipeline.flatten.is_empty() || settled.columns.fields.empty()) {
    return std::optional<plan::Flattened>();
  }
  return Flattener(context, connection, pipeline, settled).flatten();
}

Status check_flattened_masks(const plan::Pipeline& pipeline, const plan::Flattened& flattened) {
  const auto is_declassified = [&](const string& name) {
    return std::ranges::any_of(pipeline.declassified,
                               [&](const string& one) { return schema::same_column(one, name); });
  };
  for (const FlatColumn& column : flattened.columns) {
    const bool is_text = std::ranges::any_of(flattened.texts, [&](const plan::ObjectText& text) {
      return text.column == column.column;
    });
    if (column.members.empty() && !is_text) {
      continue;
    }
    const plan::ColumnMask* origin = plan::find_mask(pipeline, column.column);
    const bool is_masked = plan::find_mask(pipeline, column.name) != nullptr;
    if (origin != nullptr && !origin->is_container && !is_masked && !is_declassified(column.name)) {
      return make_error(
                 ErrorCode::InvalidContract,
                 fmt::format("source.flatten_nested makes a clear column of the masked '{}': '{}'",
                             column.column, column.name))
          .with_hint(
              "declare the column with a masking, or say why it may be clear: declassify: "
              "reason");
    }
    if (is_masked && origin == nullptr) {
      return make_error(
                 ErrorCode::InvalidContract,
                 fmt::format("a masked column is made of one that is declared clear, in which "
                             "refused rows would show it: '{}' of '{}'",
                             column.name, column.column))
          .with_hint(
              "give the nested column a masking, or leave it out of model.fields: it is "
              "masked then");
    }
  }
  return {};
}

}  // namespace sluice::run
