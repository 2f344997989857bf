#include "sluice/table/sql/transaction_internal.h"

namespace sluice::table::internal {

Result<Transaction> Transaction::begin(const Context& context, engine::Connection& connection,
                                       CommitFiles* files) {
  if (files != nullptr) {
    SLUICE_CHECK(files->begin(context));
  }
  SLUICE_CHECK(connection.execute(context, "BEGIN TRANSACTION"));
  return Transaction(connection, files);
}

Status Transaction::roll_back() {
  if (engine::Connection* open = std::exchange(connection_, nullptr); open != nullptr) {
    const auto done = open->execute(Context{}, "ROLLBACK");
    release();
    SLUICE_CHECK(done);
  }
  return {};
}

Status Transaction::commit(const Context& context) {
  if (files_ != nullptr) {
    if (Status kept = files_->keep(context); !kept.has_value()) {
      SLUICE_CHECK(roll_back());
      return kept;
    }
  }
  engine::Connection* open = std::exchange(connection_, nullptr);
  auto committed = open->execute(context, "COMMIT");
  if (!committed.has_value()) {
    static_cast<void>(open->execute(Context{}, "ROLLBACK"));
    return std::move(committed).error();
  }
  if (files_ != nullptr) {
    Status landed = files_->check_landed(Context{});
    // The commit is made, also when this could not be asked: whoever reads the rows finds out.
    if (!landed.has_value() && landed.error().code == ErrorCode::Corrupt) {
      landed_ = std::move(landed);
    }
  }
  release();
  return {};
}

void Transaction::release() {
  if (files_ != nullptr) {
    files_->release();
  }
}

}  // namespace sluice::table::internal
