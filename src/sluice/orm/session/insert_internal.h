// One insert: its plan, its rows for each attempt, and what went wrong in them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/orm/codec/encode.h"
#include "sluice/orm/model/table_model.h"
#include "sluice/orm/session/options.h"
#include "sluice/orm/session/record_feed.h"
#include "sluice/plan/write.h"

namespace sluice::orm {

/// InvalidArgument when options and model contradict each other.
Result<plan::WriteMode> lower_mode(const TableModel& model, const InsertOptions& options);

/// The rows of a feed, once for every attempt. Keeps the error that ended them: on its way through
/// an engine an error becomes a text.
class InsertRows {
 public:
  InsertRows(const TableModel& model, RecordFeed& feed, Stamps stamps)
      : model_(&model), feed_(&feed), stamps_(std::move(stamps)) {}

  /// Checks all records, when they lie in memory.
  Status validate() const;
  /// From the beginning; an error when the range gave them already.
  Result<ColumnStream> open();
  const std::optional<Error>& error() const { return error_; }
  std::size_t rows() const { return rows_; }

 private:
  class Source;

  const TableModel* model_;
  RecordFeed* feed_;
  Stamps stamps_;
  bool was_read_ = false;
  std::size_t rows_ = 0;
  std::optional<Error> error_;
};

/// Says whether two writes under one key are the same. Records of a range count by their model
/// only: they are not known before they are written.
std::string fingerprint(const TableModel& model, const InsertOptions& options,
                        const RecordFeed& feed);

}  // namespace sluice::orm
