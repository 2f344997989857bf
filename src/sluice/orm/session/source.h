// What a typed read reads from: SQL with bound values, a table, Arrow batches, rows in hand, or a
// function of the caller's that brings rows of its own. All of them end in the same columns, so
// query, query_first, query_one, stream and for_each take any of them.
//
//   db.query<User>(sluice::sql("SELECT * FROM users WHERE country = ?", "NZ"));
//   db.query<User>(sluice::from_table("lake.users"));
//   db.query<User>(sluice::from_arrow(std::move(reader)));
//   db.query<User>(sluice::from_source([&](const sluice::Context&) { ... }));
//
// A Source of SQL, a table or a function can be read again; one of batches gives them once.
#pragma once

#include <any>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/orm/codec/encode.h"
#include "sluice/orm/session/query.h"

namespace sluice {

struct Context;

/// What a function of the caller's brings: an ArrowArrayStream (taken over), or a plan::Statement
/// for the session's engine. Another type is refused at once, and released.
struct NativeRows {
  NativeRows(std::any native, std::function<void()> release_hook)
      : rows(std::move(native)), release(std::move(release_hook)) {}

  std::any rows;
  /// Called exactly once: when the rows were read, were left, or could not be read. May be empty.
  std::function<void()> release;
};
using NativeSource = std::function<Result<NativeRows>(const Context&)>;

class Source {
 public:
  struct TableName {
    std::string name;
  };
  using Kind = std::variant<plan::Statement, plan::Read, TableName, std::shared_ptr<ColumnStream>,
                            NativeSource>;

  explicit Source(Kind kind) : kind_(std::move(kind)) {}
  const Kind& kind() const { return kind_; }

 private:
  Kind kind_;
};

/// The rows of a table, view or relation that the engine knows by this name (one to three parts).
inline Source from_table(std::string name) { return Source(Source::TableName{std::move(name)}); }

/// Arrow batches of any producer; read once.
inline Source from_arrow(ColumnStream batches) {
  return Source(std::make_shared<ColumnStream>(std::move(batches)));
}
inline Source from_arrow(ArrowArrayStream&& reader) {
  return from_arrow(ColumnStream(std::move(reader)));
}

/// Records in memory, to be read as another struct; no ingest wrote them, so theirs is the nil id.
/// They outlive the read.
template <class T>
Source from_rows(std::span<const T> records) {
  return from_arrow(orm::encode_stream(orm::table_model_of<T>(), records.data(), sizeof(T),
                                       records.size(),
                                       {.now = {}, .ingest_id = to_string(Uuid{})}));
}

/// Rows that a function of the caller's brings.
inline Source from_source(NativeSource source) { return Source(std::move(source)); }

}  // namespace sluice
