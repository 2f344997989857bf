// Records into Arrow columns: one loop per column and batch, no call per value. What does not
// belong into a table is found here at the latest: text that is not UTF-8, a date that the calendar
// does not have, a decimal with too many digits, an enum value without a name.
//
// Stateless; the batch owns its buffers and does not refer to the records.
#pragma once

#include <cstddef>
#include <string>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/clock.h"
#include "sluice/orm/model/table_model.h"

namespace sluice::orm {

/// What Sluice fills in, the same for every row of one write.
struct Stamps {
  sys_micros now;
  std::string ingest_id;
  /// The table stamps _ingest_id itself: the batches go without its column.
  bool leaves_ingest_id = false;
};

/// The columns of the batches: lower_schema(model), less what the stamps leave out.
schema::Schema encoded_schema(const TableModel& model, const Stamps& stamps);

/// The columns of encoded_schema, of `count` records that lie `stride` bytes apart.
/// InvalidArgument names the record (from `first_index`) and the column; ResourceExhausted: fewer
/// records must go into one batch, or one value alone is too large.
Result<ArrowBatch> encode_batch(const TableModel& model, const void* first, std::size_t stride,
                                std::size_t count, const Stamps& stamps,
                                std::size_t first_index = 0);

/// Records that lie in memory, as a stream of batches. They outlive it.
ColumnStream encode_stream(const TableModel& model, const void* first, std::size_t stride,
                           std::size_t count, Stamps stamps);

}  // namespace sluice::orm
