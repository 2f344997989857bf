// A read that is put together step by step and run at the end: the counterpart of a data frame. It
// is untyped until rows are taken out of it; columns are named by the members of any model.
//
//   sluice::Relation trips = sluice::relation(db, sluice::sql("SELECT * FROM trips JOIN ..."));
//   auto dear = trips.where(col<&Trip::fare> > 20.0).order_by(descending(col<&Trip::fare>));
//   std::vector<Row> rows = sluice::collect_as<Row>(dear.limit(10)).value();
//
// A value: each step gives a new one, the old one stays. Nothing runs before collect, stream,
// first, count, schema or batches. Safe from any thread, as its session is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/orm/session/session.h"
#include "sluice/schema/schema.h"

namespace sluice {

class Relation {
 public:
  Relation(Session session, orm::ReadPlan read)
      : session_(std::move(session)), read_(std::move(read)) {}

  /// Several conditions must all hold.
  template <class U>
  Relation where(Condition<U> condition) const {
    Relation next = *this;
    orm::add_condition(*next.read_, std::move(condition.expr));
    return next;
  }
  template <class U>
  Relation order_by(Ordering<U> ordering) const {
    Relation next = *this;
    orm::add_ordering(*next.read_, std::move(ordering.by), ordering.is_descending);
    return next;
  }
  /// Only these columns.
  template <auto... Members>
  Relation select() const {
    return with_columns(columns<Members...>());
  }
  Relation limit(std::uint64_t rows) const;
  Relation offset(std::uint64_t rows) const;

  template <class T>
  RowStream<T> stream_as(const orm::DecodeOptions& options = {}) const {
    return Session(session_).template stream<T>(from_read(*read_), options);
  }
  template <class T>
  Result<std::vector<T>> collect_as(const orm::DecodeOptions& options = {}) const {
    return stream_as<T>(options).collect();
  }
  template <class T>
  Result<std::optional<T>> first_as(const orm::DecodeOptions& options = {}) const {
    return Session(session_).template query_first<T>(from_read(*limit(1).read_), options);
  }
  Result<std::int64_t> count() const;
  Result<schema::Schema> schema() const;
  /// The columns as Arrow batches, without decoding.
  Result<ColumnStream> batches() const;
  const plan::Read& plan() const { return *read_; }

 private:
  Relation with_columns(std::vector<std::string> names) const;

  Session session_;
  orm::ReadPlan read_;
};

Relation relation(const Session& session, const plan::Statement& statement);
/// The rows of a read, with all their columns.
Relation relation(const Session& session, const plan::Read& read);
template <class U>
Relation relation(const Session& session, const Query<U>& query) {
  return relation(session, query.plan());
}
/// InvalidArgument when it is no name of one to three parts.
Result<Relation> table_relation(const Session& session, std::string_view name);

template <class T>
RowStream<T> stream_as(const Relation& relation, const orm::DecodeOptions& options = {}) {
  return relation.stream_as<T>(options);
}
template <class T>
Result<std::vector<T>> collect_as(const Relation& relation,
                                  const orm::DecodeOptions& options = {}) {
  return relation.collect_as<T>(options);
}

}  // namespace sluice
