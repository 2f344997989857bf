// The SQL of Spark 4, for tables in Iceberg. One immutable table of spellings with static lifetime,
// safe from any thread. What is said here is only what differs; expressions, SELECT and quoting are
// rendered in dialect/.
#pragma once

#include "sluice/dialect/dialect.h"

namespace sluice::dialect {

const Dialect& spark_iceberg_dialect();

}  // namespace sluice::dialect
