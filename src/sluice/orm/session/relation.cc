#include "sluice/orm/session/relation.h"

#include "sluice/plan/read.h"
#include "sluice/plan/table_id.h"

namespace sluice {
Relation Relation::limit(std::uint64_t rows) const {
  Relation next = *this;
  orm::limit_rows(*next.read_, rows);
  return next;
}

Relation Relation::offset(std::uint64_t rows) const {
  Relation next = *this;
  orm::skip_rows(*next.read_, rows);
  return next;
}

Relation Relation::with_columns(std::vector<std::string> names) const {
  Relation next = *this;
  next.read_->columns = std::move(names);
  return next;
}

Result<std::int64_t> Relation::count() const { return Session(session_).count(*read_); }

Result<schema::Schema> Relation::schema() const { return Session(session_).describe(*read_); }

Result<ColumnStream> Relation::batches() const { return Session(session_).batches(*read_); }

Relation relation(const Session& session, const plan::Statement& statement) {
  return Relation(
      session,
      plan::Read{.from = statement, .columns = {}, .where = {}, .order_by = {}, .limit = {}});
}

Relation relation(const Session& session, const plan::Read& read) {
  plan::Read whole = read;
  whole.columns.clear();
  return Relation(session, std::move(whole));
}

Result<Relation> table_relation(const Session& session, std::string_view name) {
  SLUICE_TRY(plan::TableId id, plan::parse_table_id(name));
  return Relation(
      session,
      plan::Read{.from = std::move(id), .columns = {}, .where = {}, .order_by = {}, .limit = {}});
}

}  // namespace sluice
