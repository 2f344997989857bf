// Schemas in Arrow's C form, both ways. What crosses every wall is Arrow, so this is the one place
// that knows the format strings. An Arrow type that has no logical type here is Unsupported, by
// name: no type is approximated.
#pragma once

#include "sluice/base/arrow_stream.h"
#include "sluice/schema/schema.h"

namespace sluice::schema {

/// A struct schema ("+s") with one child a column. uuid and json travel as Arrow's canonical
/// extension types over their storage ("w:16" and "u").
ArrowSchemaOwned to_arrow(const Schema& schema);

/// Reads a struct schema; a type we do not have is Unsupported and named. Dictionary columns are
/// read as their values' type; large and view layouts as the plain type.
Result<Schema> from_arrow(const ArrowSchema& arrow);

}  // namespace sluice::schema
