// What reading a source and reading a link have in common: the faults of their files, the size of
// their records, and records of JSON that are no objects. Reads on the caller's connection and
// keeps nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/pipeline.h"
#include "sluice/schema/schema.h"

namespace sluice::run::internal {

/// What the engine cannot take apart is the data's fault, not the command line's; so is all that it
/// refuses in a step, as steps are bound when they run.
Error as_data_error(Error error);
/// The same, where the columns were to be seen.
Error as_columns_error(Error error);

/// No record is larger than this; of a packed file nothing is known.
std::int64_t largest_of(const std::vector<std::string>& files);

/// Reads all records to see their columns, and finds how large buffers have to be: those of the
/// usual size hold two records of it, and larger ones only where they lie well.
Result<schema::Schema> read_in_size(const std::vector<std::string>& files, plan::JsonFormat& json,
                                    const std::function<Result<schema::Schema>()>& read);

/// DataRejected: a record is no object. `is_one`: "json" is the only column, as it is of those.
Status check_records(const Context& context, engine::Connection& connection, bool is_one,
                     const std::vector<std::string>& files, const plan::JsonFormat& json);

/// DataRejected: a key of the records has no name, or two spellings. `columns` are named as the
/// engine does: of a key without a name by its position ("C1"), of a second spelling "id_1".
Status check_keys(const Context& context, engine::Connection& connection,
                  const std::vector<std::string>& files, const plan::JsonFormat& json,
                  const schema::Schema& columns);

/// The only column is "json": a key of the records, or what stands for records without a key and
/// for those that are no objects.
bool is_one_column(const schema::Schema& columns);

}  // namespace sluice::run::internal
