// The SQL of Spark 4, for tables in Iceberg.
#pragma once

#include "sluice/dialect/dialect.h"

namespace sluice::dialect {

const Dialect& spark_iceberg_dialect();

}  // namespace sluice::dialect
