// A key of a reference beside a column of another type: what is compared is the value of both, and
// none is rounded, cut off or taken for another on the way. Files that a contract links to declare
// no types, so that 1, 1.0 and '1' may be spellings of one key, and 1.4 is never one of 1.
#pragma once

#include <string>

#include "sluice/schema/schema.h"

namespace sluice::dialect {

/// `key`, SQL of a value of whatever type, as what compares with a column of `type`; NULL where
/// the column could not hold it.
std::string exact_key(const std::string& key, const schema::LogicalType& type);

}  // namespace sluice::dialect
