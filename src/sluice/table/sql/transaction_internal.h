// A transaction of a connection, with the files that its commit names; rolled back unless it was
// committed. Moved into what is prepared; one thread.
#pragma once

#include <utility>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/table/sql/sql_table.h"

namespace sluice::table::internal {

class Transaction {
 public:
  /// `files` may be null.
  static Result<Transaction> begin(const Context& context, engine::Connection& connection,
                                   CommitFiles* files);
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)),
        files_(other.files_),
        landed_(std::move(other.landed_)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { static_cast<void>(roll_back()); }

  Status roll_back();
  /// The error of a commit leaves its outcome open, unless it is a conflict; files stay kept until
  /// release().
  Status commit(const Context& context);
  /// Of a commit that was made: Corrupt when files that it names are gone.
  const Status& landed() const { return landed_; }
  void release();

 private:
  Transaction(engine::Connection& connection, CommitFiles* files)
      : connection_(&connection), files_(files) {}
  engine::Connection* connection_;
  CommitFiles* files_;
  Status landed_;
};

}  // namespace sluice::table::internal
