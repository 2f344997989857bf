// Which waiting rows a replay takes, and those rows as the source of a run. A list of rows is kept
// short: "<run>:<first>-<last>" stands for all between. The rows of one batch have one shape, so
// that they are read with the columns and types that they had when they were refused.
// Works on the connection of a run; the views of QuarantineStore must be open.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/quarantine/shape.h"
#include "sluice/contract/quarantine/store.h"
#include "sluice/engine/engine.h"
#include "sluice/masking/vault.h"

namespace sluice::contract {

/// Temporary tables of the connection: the rows of a replay, and its list.
inline constexpr std::string_view kReplayRelation = "sluice_replay";

struct ReplayRequest {
  RowSelection selection;
  /// Rows that these runs refused again are not taken once more.
  std::vector<std::string> tried_by;
  /// Batches of this stream only: the front of their commit keys, "<stream>#".
  std::string stream;
  /// Only rows of this batch: where a write replaces the target, older ones are no part of it.
  std::string only_batch;
};

struct ReplayChoice {
  std::vector<std::string> row_ids;
  std::int64_t rows = 0;
  /// Waiting rows of the selection that cannot be replayed, and one of the reasons.
  std::int64_t left = 0;
  std::string left_because;
};

/// The next rows to try; none when `rows` is 0.
Result<ReplayChoice> choose_rows(const Context& context, engine::Connection& connection,
                                 const ReplayRequest& request);

/// Keys to open what is sealed; asked for only when something is.
using FindVault = std::function<Result<std::shared_ptr<const masking::Vault>>()>;

/// Makes kReplayRelation of a list, and gives its shape. NotFound when its rows are sealed with a
/// key that `find_vault` does not have.
Result<RowShape> make_replay_relation(const Context& context, engine::Connection& connection,
                                      const std::vector<std::string>& row_ids,
                                      const FindVault& find_vault);

/// What a replay knows of its rows when they were judged: their ids. Clear values end here.
Status forget_replay_values(const Context& context, engine::Connection& connection);

}  // namespace sluice::contract
