// The three contracts themselves: a raw landing, a cleaned table, an aggregate.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/starter/starter.h"

namespace sluice::contract {
namespace {

constexpr std::string_view kBronze =
    R"y(# Bronze: what arrives, kept as it came. Columns are named, nothing is judged away.
version: 1.0.0
info:
  title: Bronze customers
  owner: crm-team
  target_layer: bronze
model:
  fields:
    - name: customer_id
      type: string
    - name: email
      type: string
      pii: true
      masking: hash
    - name: created_at
      type: string
# Files are found by their folder; new files are read once.
source:
  type: landing
  path: landing/customers
  format: csv
dataset: bronze_customers
# Appends each batch, and says where each row came from.
materialization:
  strategy: append
  target_path: lake/bronze_customers
  format: parquet
lineage:
  enabled: true
)y";

constexpr std::string_view kSilver =
    R"y(# Silver: typed, cleaned, one row for each key. What breaks a rule goes to quarantine.
version: 1.0.0
info:
  title: Silver customers
  owner: crm-team
  target_layer: silver
# The columns that a row has when it is written; `required` rows without a value are bad.
model:
  fields:
    - name: customer_id
      type: bigint
      required: true
    - name: email
      type: string
      required: true
      pii: true
      masking: hash
    - name: country
      type: string
      required: true
      accepted_values: [DE, FR, US]
    - name: created_at
      type: timestamp
source:
  type: landing
  path: landing/customers
  format: csv
dataset: silver_customers
# A row is found again by these columns.
primary_key: [customer_id]
# Steps in their order: `pre` before the rules, `post` after them.
transformations:
  - trim:
      fields: [email]
    phase: pre
  - deduplicate:
      on: [customer_id]
      sort_by: [created_at]
      order: desc
    phase: pre
quality:
  row_rules:
    - name: email_shape
      regex_match:
        field: email
        pattern: ^[^@ ]+@[^@ ]+$
      category: validity
  dataset_rules:
    - name: customer_id_unique
      unique: customer_id
materialization:
  strategy: merge
  target_path: lake/silver_customers
  format: parquet
)y";

constexpr std::string_view kGold = R"y(# Gold: an aggregate that people read, rebuilt as a whole.
version: 1.0.0
info:
  title: Gold customers by country
  owner: crm-team
  target_layer: gold
model:
  fields:
    - name: country
      type: string
      required: true
    - name: customers
      type: bigint
      required: true
      min: 0
source:
  type: landing
  path: lake/silver_customers
  format: parquet
dataset: gold_customers_by_country
primary_key: [country]
transformations:
  - rollup:
      group_by: [country]
      aggregations:
        customers: COUNT(*)
materialization:
  strategy: overwrite
  target_path: lake/gold_customers_by_country
  format: parquet
)y";

constexpr std::array<std::string_view, 3> kLayers{"bronze", "silver", "gold"};
constexpr std::array kTexts{kBronze, kSilver, kGold};

}  // namespace

std::span<const std::string_view> starter_layers() { return kLayers; }

Result<std::string> render_starter(std::string_view layer) {
  const auto found = std::ranges::find(kLayers, layer);
  if (found == kLayers.end()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("there is no starter contract for the layer '{}'", layer))
        .with_hint("the layers are bronze, silver and gold");
  }
  return std::string(kTexts[static_cast<std::size_t>(found - kLayers.begin())]);
}

}  // namespace sluice::contract
