// One insert: its plan, its rows for each attempt, and what went wrong in them.
#pragma once

#include <cstdint>
#include <exception>
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

/// Whether records without a row of their key become one.
enum class Unknown : std::uint8_t { Inserted, Dropped };

/// InvalidArgument when options and model contradict each other.
Result<plan::WriteMode> lower_mode(const TableModel& model, const InsertOptions& options,
                                   Unknown unknown);

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
  /// What the range or a rule of the caller's threw.
  std::exception_ptr thrown() const { return thrown_ != nullptr ? thrown_ : feed_->thrown(); }
  std::size_t rows() const { return rows_; }
  /// Of the columns encoded since the rows were opened last.
  std::uint64_t bytes() const { return bytes_; }

 private:
  class Source;
  class KeptSource;
  class CountedSource;

  const TableModel* model_;
  RecordFeed* feed_;
  Stamps stamps_;
  bool was_read_ = false;
  std::size_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<Error> error_;
  std::exception_ptr thrown_;
};

/// Says whether two writes under one key are the same. Records of a range count by their model
/// only: they are not known before they are written.
std::string fingerprint(const TableModel& model, const InsertOptions& options, Unknown unknown,
                        const RecordFeed& feed);

/// A guess at what records in memory weigh, from some of them: long texts lie elsewhere.
std::uint64_t estimate_bytes(const TableModel& model, const RecordPage& records);

}  // namespace sluice::orm
