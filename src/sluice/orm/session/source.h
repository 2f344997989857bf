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
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/function.h"
#include "sluice/base/result.h"
#include "sluice/orm/codec/encode.h"
#include "sluice/orm/session/query.h"

namespace sluice {

struct Context;

/// What a function of the caller's brings: an ArrowArrayStream (taken over), or a plan::Statement
/// for the session's engine. Another type is refused at once, and released.
struct NativeRows {
  NativeRows(std::any native, Function<void()> release_hook)
      : rows(std::move(native)), release(std::move(release_hook)) {}

  std::any rows;
  /// Called exactly once: when the rows were read, were left, or could not be read. May be empty;
  /// what it throws is dropped.
  Function<void()> release;
};
using NativeSource = Function<Result<NativeRows>(const Context&)>;

class Source {
 public:
  /// What it is, in orm/session/source_internal.h: a user's file does without its types.
  struct Kind;

  explicit Source(std::shared_ptr<const Kind> kind) : kind_(std::move(kind)) {}
  const Kind& kind() const { return *kind_; }

 private:
  std::shared_ptr<const Kind> kind_;
};

/// The rows of a table, view or relation that the engine knows by this name (one to three parts).
Source from_table(std::string name);

/// The rows of a read that was put together before.
Source from_read(const plan::Read& read);

/// Arrow batches of any producer; read once.
Source from_arrow(ColumnStream batches);
Source from_arrow(ArrowArrayStream&& reader);

/// Records in memory, to be read as another struct; no ingest wrote them, so theirs is the nil id.
/// They outlive the read.
template <class T>
Source from_rows(std::span<const T> records) {
  return from_arrow(orm::encode_stream(orm::table_model_of<T>(), records.data(), sizeof(T),
                                       records.size(),
                                       {.now = {}, .ingest_id = to_string(Uuid{})}));
}

/// Rows that a function of the caller's brings.
Source from_source(NativeSource source);

}  // namespace sluice
