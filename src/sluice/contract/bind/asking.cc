// How the engine is asked. First the fast way: one statement that carries its relations along, for
// as many expressions as belong to the same rows. What does not bind that way is asked for alone,
// over views, so that the engine points into the contract's own text.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/bind/binding_internal.h"
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"

namespace sluice::contract::internal {
namespace {

using dialect::quote_identifier;
using schema::same_column;
using schema::Schema;

/// `{dataset}` stands for the rows and `{link}` for the raw data of a link; what replaces them is
/// as long, so that places stay.
std::string with_relations(std::string sql) {
  using Replacement = std::pair<std::string_view, std::string_view>;
  for (const auto& [place, name] :
       {Replacement{"{dataset}", "source   "}, Replacement{"{link}", kRawLink}}) {
    for (std::size_t at = sql.find(place); at != std::string::npos; at = sql.find(place, at)) {
      sql.replace(at, place.size(), name);
    }
  }
  return sql;
}

bool is_blank(const SqlText& sql) {
  return sql.text.find_first_not_of(" \t\r\n") == std::string::npos;
}

std::string statement_of(const Piece& piece) {
  return piece.before + with_relations(piece.sql->text) + piece.behind;
}

}  // namespace

std::string Binding::rows() const {
  const Result<std::string> empty = dialect::render_empty(columns_);
  return empty ? *empty : "(SELECT NULL AS _sluice_none WHERE FALSE)";
}

Result<std::vector<Relation>> Binding::relations() const {
  if (raw_link_) {
    SLUICE_TRY(std::string empty, dialect::render_empty(raw_link_->columns));
    return std::vector<Relation>{{.name = raw_link_->name, .rows = std::move(empty)}};
  }
  const std::string source = rows();
  std::vector<Relation> all{{.name = "source", .rows = source}};
  for (const std::string& name :
       {table_name(contract_), contract_.dataset ? contract_.dataset->value : std::string{}}) {
    const bool is_new = std::ranges::none_of(
        all, [&](const Relation& each) { return same_column(each.name, name); });
    if (!name.empty() && is_new && find_link(contract_, name) == nullptr) {
      all.push_back({.name = name, .rows = source});
    }
  }
  for (const LinkColumns& link : links_) {
    SLUICE_TRY(std::string empty, dialect::render_empty(link.columns));
    all.push_back({.name = link.name, .rows = std::move(empty)});
  }
  return all;
}

/// Those whose rows are others than last time.
Status Binding::make_views() {
  SLUICE_TRY(const std::vector<Relation> all, relations());
  for (const Relation& each : all) {
    std::string& last = views_[each.name];
    if (last == each.rows) {
      continue;
    }
    SLUICE_TRY([[maybe_unused]] const std::int64_t made,
               connection_.execute(context_,
                                   fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {}",
                                               quote_identifier(each.name), each.rows)));
    last = each.rows;
  }
  return {};
}

Result<Schema> Binding::describe_alone(const std::string& select) {
  SLUICE_TRY(const std::vector<Relation> all, relations());
  const std::vector<SqlName> words = names_in(select);
  std::string with;
  for (const Relation& each : all) {
    const bool is_read = std::ranges::any_of(
        words, [&](const SqlName& word) { return same_column(word.name, each.name); });
    if (is_read) {
      with += fmt::format("{}{} AS {}", with.empty() ? "WITH " : ", ", quote_identifier(each.name),
                          each.rows);
    }
  }
  return connection_.describe(context_, with + " " + select);
}

Result<Schema> Binding::describe(const std::string& select) {
  Result<Schema> alone = describe_alone(select);
  if (alone) {
    return alone;
  }
  SLUICE_CHECK(make_views());
  return connection_.describe(context_, select);
}

Result<bool> Binding::bind_together(const std::vector<Piece>& pieces) {
  std::string list;
  for (const Piece& piece : pieces) {
    if (is_blank(*piece.sql) || piece.sql->is_refused || find_unbalanced(piece.sql->text)) {
      return false;
    }
    list += (list.empty() ? piece.before : "\n), (\n") + with_relations(piece.sql->text);
  }
  if (pieces.empty()) {
    return true;
  }
  const Result<Schema> bound = describe_alone(list + pieces.front().behind);
  if (!bound && !refusal_of(bound.error(), "")) {
    return bound.error();
  }
  const std::size_t behind = pieces.front().is_row ? 1 : 0;
  return bound && bound->fields.size() == pieces.size() + behind;
}

Status Binding::bind_all(const std::vector<Piece>& pieces) {
  SLUICE_TRY(const bool are_bound, bind_together(pieces));
  for (const Piece& piece : pieces) {
    if (are_bound) {
      break;
    }
    SLUICE_TRY([[maybe_unused]] const auto bound, bind(piece));
  }
  return {};
}

Result<std::optional<Schema>> Binding::bind(const Piece& piece, bool is_quiet) {
  constexpr int kAttemptsMax = 64;
  if (is_blank(*piece.sql) || piece.sql->is_refused) {
    return std::optional<Schema>{};
  }
  const std::string statement = statement_of(piece);
  const std::optional<std::size_t> unbalanced = find_unbalanced(piece.sql->text);
  // Where a backslash may hide a quote, the engine judges alone.
  const bool leaves_brackets = unbalanced && !piece.before.empty() &&
                               piece.sql->text[*unbalanced] == ')' &&
                               piece.sql->text.find('\\') == std::string::npos;
  if (leaves_brackets) {
    return std::optional<Schema>{};  // said without the engine
  }
  Result<Schema> bound = describe_alone(statement);
  for (int attempt = 0; !bound && attempt < kAttemptsMax; ++attempt) {
    SLUICE_CHECK(make_views());
    bound = connection_.describe(context_, statement);
    if (bound) {
      break;
    }
    const std::optional<Refusal> refusal = refusal_of(bound.error(), statement);
    if (!refusal) {
      return bound.error();
    }
    if (refusal->kind == RefusalKind::Column && may_exist(piece, *refusal, is_quiet)) {
      continue;
    }
    const bool is_judged = refusal->kind != RefusalKind::Other || !depends_on_unseen(*piece.sql);
    if (!is_quiet && is_judged) {
      report(piece, *refusal);
    }
    return std::optional<Schema>{};
  }
  if (bound && piece.is_row && !bound->fields.empty()) {
    bound->fields.pop_back();
  }
  return bound ? std::optional<Schema>{*std::move(bound)} : std::nullopt;
}

}  // namespace sluice::contract::internal
