// Checks the SQL of contracts before any data is read: every expression and every SELECT is bound
// by the engine's own parser against the columns that reach its step, on relations without rows.
// What is wrong is a diagnostic at its place inside the YAML string.
//
// The engine is locked before the first byte of a contract reaches it: no file, no address, no
// extension, no setting. It is opened at the first contract that holds SQL and kept for the next; a
// contract without SQL costs nothing. Columns of links are known as far as the contract lists them,
// because nothing is opened to look; what depends on the others is not judged.
// One room is used by one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/check/check.h"
#include "sluice/engine/engine.h"

namespace sluice::contract {

/// True when there is SQL in the contract that the engine of this build would run.
bool holds_sql(const Contract& contract);

class SqlRoom {
 public:
  using OpenEngine =
      std::function<Result<std::unique_ptr<engine::Engine>>(const engine::EngineOptions& options)>;

  /// Without `open`, the embedded engine's module on disk.
  explicit SqlRoom(OpenEngine open = {});

  /// Adds what is wrong with the contract's SQL to its diagnostics. `text` is the document. A
  /// contract with errors of form is bound as far as it was read. An error only when there is no
  /// engine, or the context stops.
  Status bind(const Context& context, std::string_view text, CheckedContract& checked);

 private:
  OpenEngine open_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;  // as long as no contract left anything in it
};

}  // namespace sluice::contract
