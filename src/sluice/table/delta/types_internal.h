// Schemas as Delta writes them, both ways. A type that would not come back as it went is
// Unsupported, by name.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sluice/base/result.h"
#include "sluice/schema/schema.h"
#include "sluice/table/files/never_null.h"

namespace sluice::table::delta {

/// {"type": "struct", "fields": [..]}.
Result<nlohmann::json> render_delta_schema(const schema::Schema& schema);

/// Unsupported when render_delta_schema would refuse it.
Status check_delta_schema(const schema::Schema& schema);

/// Corrupt when it is no schema, Unsupported when Sluice has no such type.
Result<schema::Schema> parse_delta_schema(const nlohmann::json& stored);

/// The elements of lists and the values of maps that are never NULL, of a schema that was parsed.
std::vector<NestedPart> find_whole_elements(const nlohmann::json& stored);

}  // namespace sluice::table::delta
