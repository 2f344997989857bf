// What the engine refused, as diagnostics at their places; and what a SELECT lets out of masked
// fields.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/bind/binding_internal.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/transform/sql_shape.h"

namespace sluice::contract::internal {
namespace {

using schema::same_column;

bool mentions(const SqlText& sql, std::string_view name) {
  return std::ranges::any_of(names_in(sql.text),
                             [&](const SqlName& each) { return same_column(each.name, name); });
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// A name without its table: t.fare -> fare.
std::string bare(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

/// The select list of a statement that is one plain SELECT.
struct SelectList {
  std::size_t begin = 0;
  std::size_t length = 0;
};

std::optional<SelectList> plain_list(std::string_view sql) {
  std::size_t selects = 0;
  std::optional<SelectList> list;
  for (const SqlName& word : names_in(sql)) {
    if (word.is_quoted) {
      continue;
    }
    if (same_column(word.name, "with") || same_column(word.name, "union")) {
      return std::nullopt;
    }
    if (same_column(word.name, "select")) {
      ++selects;
      list = list ? list : SelectList{.begin = word.begin + word.length};
    }
    if (same_column(word.name, "from") && list && list->length == 0) {
      list->length = word.begin - list->begin;
    }
  }
  return selects == 1 && list && list->length > 0 ? list : std::nullopt;
}

}  // namespace

std::vector<std::string_view> Binding::names() const {
  std::vector<std::string_view> all;
  for (const schema::Field& field : columns_.fields) {
    all.push_back(field.name);
  }
  for (const LinkColumns& link : links_) {
    for (const schema::Field& field : link.columns.fields) {
      all.push_back(field.name);
    }
  }
  return all;
}

bool Binding::depends_on_unseen(const SqlText& sql) const {
  const bool of_link = std::ranges::any_of(
      links_, [&](const LinkColumns& link) { return mentions(sql, link.name); });
  return of_link || raw_link_ ||
         std::ranges::any_of(unseen_, [&](const std::string& name) { return mentions(sql, name); });
}

bool Binding::add_to_link(const Piece& piece, const std::string& name) {
  if (raw_link_) {
    if (raw_link_->columns.find(name) != nullptr) {
      return false;
    }
    raw_link_->columns.fields.push_back(
        {.name = name, .type = schema::LogicalType{schema::Text{}}});
    return true;
  }
  for (LinkColumns& link : links_) {
    const bool is_read =
        mentions(*piece.sql, link.name) || piece.before.find(link.name) != std::string::npos;
    if (link.is_open && is_read && link.columns.find(name) == nullptr) {
      link.columns.fields.push_back({.name = name, .type = schema::LogicalType{schema::Text{}}});
      unseen_.push_back(name);
      return true;
    }
  }
  return false;
}

/// The step that makes the column from others; a step that rewrites it finds it in the source.
const Transformation* Binding::find_maker(std::string_view column) const {
  for (const Transformation* step : flow_.steps()) {
    for (const MadeColumn& made : columns_made(step->step)) {
      if (!made.is_rewrite && same_column(made.column.value, column)) {
        return step;
      }
    }
  }
  return nullptr;
}

bool Binding::may_exist(const Piece& piece, const Refusal& refusal, bool is_quiet) {
  const std::string name = bare(refusal.name);
  if (add_to_link(piece, name)) {
    return true;
  }
  const bool is_made_by_run = name.starts_with("_lakelogic_") || name.starts_with("_upstream") ||
                              name.starts_with("_source_file");
  // A declared column that is not there was dropped by a step.
  const bool is_known = columns_.find(name) != nullptr || contract_.model.find(name) != nullptr;
  if (is_known || find_maker(name) != nullptr || (!is_made_by_run && !is_open_)) {
    return false;
  }
  std::vector<std::string_view> known = names();
  // A link that has a column of the name says nothing of the source.
  std::erase_if(known, [&](std::string_view one) { return same_column(one, name); });
  const bool is_near = flow_.has_model() && find_near(name, known).has_value();
  if (is_near && !is_made_by_run) {
    return false;
  }
  if (is_quiet && !is_made_by_run && flow_.has_model()) {
    return false;  // a later step may make it
  }
  if (flow_.has_model() && !is_made_by_run) {
    out_.add(Code::SqlColumnUndeclared, span_of_name(piece, refusal),
             piece.what + " reads a column that the model does not declare: " + quoted(name),
             "declare it, so that a source without it is noticed");
  }
  columns_.fields.push_back({.name = name, .type = schema::LogicalType{schema::Text{}}});
  unseen_.push_back(name);
  return true;
}

Span Binding::span_of(const SqlText& sql, std::size_t offset, std::size_t length) const {
  return span_in_sql(text_, sql, offset, length);
}

/// Where the name that was refused stands: where the engine points, else its first mention.
Span Binding::span_of_name(const Piece& piece, const Refusal& refusal) const {
  const std::string& sql = piece.sql->text;
  if (refusal.offset && *refusal.offset >= piece.before.size()) {
    const std::size_t at = std::min(*refusal.offset - piece.before.size(), sql.size());
    std::size_t end = at;
    const auto is_word = [&](char c) {
      return c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
             (c >= 'A' && c <= 'Z');
    };
    while (end < sql.size() && is_word(sql[end])) {
      ++end;
    }
    if (at < sql.size()) {
      return span_of(*piece.sql, at, std::max<std::size_t>(end - at, 1));
    }
  }
  const std::size_t found = refusal.name.empty() ? std::string::npos : sql.find(refusal.name);
  return found == std::string::npos ? piece.sql->span
                                    : span_of(*piece.sql, found, refusal.name.size());
}

void Binding::report(const Piece& piece, const Refusal& refusal) {
  const Span span = span_of_name(piece, refusal);
  switch (refusal.kind) {
    case RefusalKind::Column: {
      const std::string name = bare(refusal.name);
      const Transformation* maker = columns_.find(name) == nullptr ? find_maker(name) : nullptr;
      out_.add(Code::SqlColumn, span,
               piece.what + " reads a column that does not reach it: " + quoted(name),
               maker != nullptr
                   ? fmt::format("a step makes it, after this (line {})", maker->span.begin.line)
                   : did_you_mean(name, names()));
      return;
    }
    case RefusalKind::Function:
      out_.add(
          Code::SqlFunction, span,
          piece.what + " calls a function that the engine does not have: " + quoted(refusal.name));
      return;
    case RefusalKind::Table:
      out_.add(Code::SqlForbidden, span,
               piece.what +
                   " reads a table that is neither the source nor a link: " + quoted(refusal.name),
               "declare it under 'links'");
      return;
    case RefusalKind::Reach:
      out_.add(Code::SqlForbidden, span, piece.what + " reads something outside of the contract",
               "declare the file or table under 'links'");
      return;
    case RefusalKind::Syntax:
      out_.add(Code::BadSql, span,
               piece.what + " is not one SQL expression or SELECT: " + refusal.reason);
      return;
    case RefusalKind::Other: {
      const bool is_behind =
          refusal.offset && *refusal.offset >= piece.before.size() + piece.sql->text.size();
      out_.add(Code::SqlTypes, span,
               piece.what + (piece.is_row && is_behind
                                 ? " aggregates rows, and one value for each row is expected"
                                 : " does not bind: " + refusal.reason));
      return;
    }
  }
}

void Binding::judge_output(const std::string& column, const Span& span, const std::string& origin) {
  const Field* field = contract_.model.find(column);
  if (field != nullptr && (field->masking || field->declassify)) {
    return;
  }
  out_.add(Code::MaskedLeak, span,
           "the SELECT makes a column from the masked field " + quoted(origin) +
               ", and it stays clear: " + quoted(column),
           "declare it with a masking, or say why: declassify: reason");
}

void Binding::judge_select(const SqlStep& step, const schema::Schema& output) {
  std::vector<std::string> masked;
  for (const Field& field : contract_.model.fields) {
    if (field.masking && mentions(step.sql, field.name.value)) {
      masked.push_back(field.name.value);
    }
  }
  if (masked.empty()) {
    return;
  }
  const std::string& sql = step.sql.text;
  const std::optional<SelectList> list = plain_list(sql);
  if (!list) {
    // Which output comes from where is not seen through several SELECTs: each new one is suspect.
    for (const schema::Field& column : output.fields) {
      if (columns_.find(column.name) == nullptr) {
        judge_output(column.name, step.sql.span, masked.front());
      }
    }
    return;
  }
  for (const AliasedExpression& item :
       split_expressions(std::string_view(sql).substr(list->begin, list->length))) {
    const std::string text = sql.substr(list->begin + item.begin, item.length);
    const std::vector<SqlName> read = names_in(text);
    for (const std::string& origin : masked) {
      const bool is_made_of = std::ranges::any_of(
          read, [&](const SqlName& name) { return same_column(bare(name.name), origin); });
      const bool is_itself = !item.alias && same_column(bare(text), origin);
      if (is_made_of && !is_itself && text != "*") {
        judge_output(item.alias.value_or(text),
                     span_of(step.sql, list->begin + item.begin, item.length), origin);
        break;
      }
    }
  }
}

}  // namespace sluice::contract::internal
