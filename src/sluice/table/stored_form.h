// Receipts, schemas and partitions as JSON: the form in which manifests, ledgers and run records
// keep them. Readers take what an older writer wrote; every document around these values carries a
// format number of its own.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sluice/base/result.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"
#include "sluice/table/table.h"

namespace sluice::table {

nlohmann::json render_receipt(const Receipt& receipt);
nlohmann::json render_schema(const schema::Schema& schema);
nlohmann::json render_partitions(const std::vector<plan::PartitionField>& fields);

/// Corrupt names what was expected.
Result<Receipt> parse_receipt(const nlohmann::json& stored);
Result<schema::Schema> parse_schema(const nlohmann::json& stored);
Result<std::vector<plan::PartitionField>> parse_partitions(const nlohmann::json& stored);

/// The whole text as JSON; Corrupt names `what` when it is none.
Result<nlohmann::json> parse_document(std::string_view text, std::string_view what);

}  // namespace sluice::table
