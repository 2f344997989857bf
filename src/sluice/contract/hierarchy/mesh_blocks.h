// What `_domain.yaml` and `_system.yaml` say block by block, as plain values: who owns the data and
// how to reach them, objectives, alerts, costs, compliance, coverage. Blocks that a contract has
// too (lineage, quarantine, materialization, server, notifications) are of the contract's types.
// What no run executes yet is read and checked all the same. Places count in the file that was
// read.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/contract/model/operations.h"
#include "sluice/contract/model/value.h"

namespace sluice::contract {

/// One way to reach the owners; a text alone is an address.
struct MeshContact {
  MaybeText name;
  MaybeText role;
  MaybeText email;
  MaybeText slack;
  MaybeText teams;
  MaybeText webhook;
  MaybeText phone;
  Place span;
};

struct Ownership {
  MaybeText owner;
  MaybeText team;
  MaybeText steward;
  MaybeText cost_centre;
  std::vector<MeshContact> contacts;
  Place span;
};

/// Objective of a layer: the newest row is at most this old.
struct LayerFreshness {
  Number max_delay_minutes;
  Texts check_columns;  // the first that a table has is measured
  Texts include_tables;
  Texts exclude_tables;
  Place span;
};

struct LayerRowCount {
  MaybeInteger min_rows;
  MaybeInteger max_rows;
  Text check_field{"counts_good", {}};
  Flag warn_only;
  Texts include_tables;
  Texts exclude_tables;
  std::optional<AnomalyObjective> anomaly;
  Place span;
};

struct QualityObjective {
  Number min_good_ratio{{0.95, "0.95"}, {}};
  Number max_quarantine_ratio{{0.05, "0.05"}, {}};
  MaybeBag by_severity;
  Place span;
};

struct AlertPolicy {
  Flag emit_events{true, {}};
  Text min_severity{"medium", {}};
  Integer suppress_duplicate_alerts_minutes{30, {}};
  Flag notify_on_recovery{true, {}};
  Place span;
};

struct MeshObjectives {
  std::vector<Pair<LayerFreshness>> freshness;  // by layer
  std::vector<Pair<LayerRowCount>> row_count;   // by layer
  std::optional<QualityObjective> quality;
  std::optional<AlertPolicy> alerting;
  Place span;
};

enum class ScalingAssumption : std::uint8_t { Avg, Peak, Min, P75 };

struct Cluster {
  Integer min_nodes{1, {}};
  Integer max_nodes{1, {}};
  At<ScalingAssumption> scaling_assumption{ScalingAssumption::Avg, {}};
  Place span;
};

struct LayerRate {
  MaybeNumber dbu_per_hour;
  std::optional<Cluster> cluster;
  Place span;
};

struct Budget {
  MaybeNumber daily_limit;
  MaybeNumber weekly_limit;
  MaybeNumber monthly_limit;
  MaybeNumber per_run_anomaly_multiplier;
  Texts alert_channels;
  Place span;
};

enum class CostProvider : std::uint8_t { None, Manual, DatabricksUc };

struct Cost {
  At<CostProvider> provider{CostProvider::None, {}};
  Text currency{"USD", {}};
  Text attribution{"duration_proportional", {}};
  ValueMap rates;
  std::optional<Cluster> cluster;
  std::vector<Pair<LayerRate>> layer_rates;
  MaybeText billing_table;
  MaybeText billing_tag_key;
  std::optional<Budget> budget;
  Place span;
};

struct Observatory {
  Flag enabled{true, {}};
  MaybeText endpoint;
  MaybeText api_key;
  Texts emit_on;
  Texts environments;
  Texts layers;
  Flag include_quarantine_sample;
  MaybeText spool;
  Place span;
};

struct Erasure {
  MaybeText strategy;
  MaybeFlag emit_with_pipeline_metadata;
  MaybeText subject_id_column;
  Place span;
};

/// Somebody who gets the data.
struct SharedWith {
  Text name;
  MaybeText role;
  MaybeText country;
  MaybeText agreement;
  MaybeText mechanism;
  Place span;
};

/// The part of `compliance` that has a form; the rest is open.
struct MeshCompliance {
  MaybeText sensitivity;
  MaybeText purpose;
  MaybeText risk_level;
  Texts risk_triggers;
  MaybeFlag dpo_review_required;
  MaybeBag frameworks;
  MaybeText data_residency;
  MaybeFlag cross_border_transfer;
  MaybeText transfer_mechanism;
  std::vector<SharedWith> shared_with;
  std::optional<Erasure> erasure;
  std::optional<Retention> retention;
  Place span;
};

/// How many checks are enough, for a layer.
struct Coverage {
  MaybeNumber field_check_target;
  Texts require;
  Place span;
};

struct Notifications {
  Flag enabled{true, {}};
  std::vector<Notification> channels;
  Place span;
};

}  // namespace sluice::contract
