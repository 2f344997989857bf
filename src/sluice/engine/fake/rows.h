// Arrow batches from plain values, and back as text a person can compare: what scripted engines
// answer with and what tests load and expect. Not for volume; the columns of real data come from
// engines and files.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/plan/value.h"
#include "sluice/schema/schema.h"

namespace sluice::engine {

using Row = std::vector<plan::Value>;

/// The rows in batches of at most `batch_rows_max`. A value that its column cannot hold, and a
/// nested column, is InvalidArgument.
Result<ColumnStream> make_rows(const schema::Schema& schema, const std::vector<Row>& rows,
                               std::size_t batch_rows_max = 2'048);

/// Every row as one line: "1 | 'it''s' | null | [1, null] | {a: 1, b: 'x'}". Text is quoted,
/// instants are in UTC, bytes are x'00ff'. Reads the stream to its end.
Result<std::vector<std::string>> read_rows(ColumnStream stream);

}  // namespace sluice::engine
