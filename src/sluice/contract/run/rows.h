// Keeps the rows of a run for its result: a database file in a folder of this run alone, which goes
// with the last result, or stream, that holds it. Rows come as the run publishes them, masked
// where the contract masks, and pass through in parts: neither side holds them all in memory.
// One writer, before the rows are shared; then as run::KeptRows says.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/temp_folder.h"
#include "sluice/engine/engine.h"
#include "sluice/run/pipeline/run_result.h"
#include "sluice/schema/schema.h"

namespace sluice::contract {

using MakeEngine =
    std::function<Result<std::unique_ptr<engine::Engine>>(const engine::EngineOptions& options)>;

class RowFile final : public run::KeptRows, public std::enable_shared_from_this<RowFile> {
 public:
  static Result<std::shared_ptr<RowFile>> make(const Context& context, const MakeEngine& make);

  Status keep_good(const Context& context, const schema::Schema& columns, ColumnStream rows);
  Status keep_bad(const Context& context, const schema::Schema& columns, ColumnStream rows);

  Result<ColumnStream> good() const override;
  Result<ColumnStream> bad() const override;

 private:
  RowFile(TempFolder folder, std::unique_ptr<engine::Engine> engine, const Context& like);
  Status keep(const Context& context, std::string_view table, const schema::Schema& columns,
              ColumnStream rows);
  Result<ColumnStream> open(std::string_view table) const;

  TempFolder folder_;  // outlives the engine
  std::unique_ptr<engine::Engine> engine_;
  Context context_;  // of readers, when that of the run is gone
  bool has_good_ = false;
  bool has_bad_ = false;
};

}  // namespace sluice::contract
