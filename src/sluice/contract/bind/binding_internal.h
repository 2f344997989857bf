// One contract on its way through the room: the columns that reach each step, and what the engine
// said of each piece of SQL. Lives for one call of SqlRoom::bind.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/bind/refusal_internal.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/check/column_flow.h"
#include "sluice/engine/engine.h"
#include "sluice/schema/schema.h"

namespace sluice::contract::internal {

/// What `{link}` of a link's query becomes.
inline constexpr std::string_view kRawLink = "_link_";

/// A link's columns as far as the contract lists them.
struct LinkColumns {
  const Link* link = nullptr;
  std::string name;  // in SQL
  schema::Schema columns;
  bool is_open = true;  // it may have others
};

/// A name that SQL may read, and the SELECT that it stands for.
struct Relation {
  std::string name;
  std::string rows;
};

/// SQL of the contract with what stands before and behind it in the statement.
struct Piece {
  const SqlText* sql = nullptr;
  std::string before;
  std::string behind;
  std::string what;     // "the row rule 'x'", for messages
  bool is_row = false;  // one value for each row; a column of the row stands behind it
};

class Binding {
 public:
  Binding(const Context& context, engine::Connection& connection, std::string_view text,
          CheckedContract& checked);

  Status run();
  /// True when it left relations of its contract in the connection.
  bool has_views() const { return !views_.empty(); }

 private:
  Status start();
  Piece per_row(const SqlText& sql, std::string what) const;
  Status bind_links();
  Status bind_query(LinkColumns& link);
  Status bind_steps(Phase phase);
  Status bind_step(const Transformation& step);
  Status bind_select(const SqlStep& step);
  Status bind_rollup(const Rollup& step);
  Status bind_row_rules(Phase phase);
  Status bind_dataset_rules();
  void conform();
  /// The columns that the step leaves, into columns_.
  Status pass(const Transformation& step);
  void pass_unbound(const Transformation& step);
  /// What the SQL may name: `source`, its other names, and the links; each with its rows.
  Result<std::vector<Relation>> relations() const;
  Status make_views();
  /// The columns that a statement gives, over relations that it carries along; its errors point
  /// elsewhere than into the contract's text.
  Result<schema::Schema> describe_alone(const std::string& select);
  /// As above, and over views where that fails.
  Result<schema::Schema> describe(const std::string& select);
  /// True when expressions over the same rows and groups bind, all of them in one statement. False
  /// says nothing of any of them.
  Result<bool> bind_together(const std::vector<Piece>& pieces);
  /// Each of them, together where that goes.
  Status bind_all(const std::vector<Piece>& pieces);

  /// Binds one piece; the columns that it gives, none when it does not bind. What is wrong is
  /// reported unless `is_quiet`.
  Result<std::optional<schema::Schema>> bind(const Piece& piece, bool is_quiet = false);
  /// True when a column that the engine missed may exist in data that nobody has seen; it is then
  /// known from here on.
  bool may_exist(const Piece& piece, const Refusal& refusal, bool is_quiet);
  const Transformation* find_maker(std::string_view column) const;
  bool add_to_link(const Piece& piece, const std::string& name);
  void report(const Piece& piece, const Refusal& refusal);
  Span span_of(const SqlText& sql, std::size_t offset, std::size_t length) const;
  Span span_of_name(const Piece& piece, const Refusal& refusal) const;
  std::vector<std::string_view> names() const;
  std::string rows() const;
  bool keeps_columns(const Transformation& step) const;
  bool depends_on_unseen(const SqlText& sql) const;

  void judge_select(const SqlStep& step, const schema::Schema& output);
  void judge_output(const std::string& column, const Span& span, const std::string& origin);

  const Context& context_;
  engine::Connection& connection_;
  std::string_view text_;
  const Contract& contract_;
  Diagnostics& out_;
  ColumnFlow flow_;
  schema::Schema columns_;
  std::vector<LinkColumns> links_;
  std::optional<LinkColumns> raw_link_;       // while a link's query is bound: all that it may read
  std::map<std::string, std::string> views_;  // what each stands for
  std::vector<std::string> unseen_;  // columns that were taken on trust: their types are not known
  std::vector<const RowRule*> unbound_rules_;
  bool is_open_ = false;  // the source may have columns that the model does not declare
};

}  // namespace sluice::contract::internal
