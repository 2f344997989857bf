// Schemas as Delta writes them, both ways. A type that would not come back as it went is
// Unsupported, by name.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sluice/base/result.h"
#include "sluice/schema/schema.h"

namespace sluice::table::delta {

/// {"type": "struct", "fields": [..]}.
Result<nlohmann::json> render_delta_schema(const schema::Schema& schema);

/// Unsupported when render_delta_schema would refuse it.
Status check_delta_schema(const schema::Schema& schema);

/// Corrupt when it is no schema, Unsupported when Sluice has no such type.
Result<schema::Schema> parse_delta_schema(const nlohmann::json& stored);

}  // namespace sluice::table::delta
