// Tables of the blocks that the files above a contract have of their own.
#include <array>

#include "sluice/contract/hierarchy/mesh_shapes_internal.h"

namespace sluice::contract {
namespace {

using internal::block;

constexpr std::array kScalings{
    Word<ScalingAssumption>{"avg", ScalingAssumption::Avg},
    Word<ScalingAssumption>{"peak", ScalingAssumption::Peak},
    Word<ScalingAssumption>{"min", ScalingAssumption::Min},
    Word<ScalingAssumption>{"p75", ScalingAssumption::P75},
};

constexpr std::array kProviders{
    Word<CostProvider>{"none", CostProvider::None},
    Word<CostProvider>{"manual", CostProvider::Manual},
    Word<CostProvider>{"databricks_uc", CostProvider::DatabricksUc},
};

constexpr std::array kContactKeys{
    key<&MeshContact::name>("name", "Who it is", Support::Recorded),
    key<&MeshContact::role>("role", "For what", Support::Recorded),
    key<&MeshContact::email>("email", "Address", Support::Recorded),
    key<&MeshContact::slack>("slack", "Channel or webhook of Slack", Support::Recorded),
    key<&MeshContact::teams>("teams", "Webhook of Teams", Support::Recorded),
    key<&MeshContact::webhook>("webhook", "Address of a webhook", Support::Recorded),
    key<&MeshContact::phone>("phone", "Number", Support::Recorded),
};

constexpr std::array kOwnershipKeys{
    key<&Ownership::owner>("owner", "Who answers for the data", Support::Recorded),
    key<&Ownership::team>("team", "Their team", Support::Recorded),
    key<&Ownership::steward>("steward", "Who looks after it", Support::Recorded),
    key<&Ownership::cost_centre>("cost_centre", "Who pays", Support::Recorded),
    key<&Ownership::cost_centre>("cost_center", "Same as cost_centre", Support::Recorded),
    block<Ownership, &Ownership::contacts, &internal::read_contacts, MeshContact>(
        "contacts", "Whom to reach", ValueKind::ObjectList),
};

/// The age is measured on the column of this name, too.
void read_check_column(Reader& reader, const Node& node, LayerFreshness& freshness) {
  if (!node.is_null()) {
    Text column;
    read_value(reader, node, column);
    reader.out().add(Code::DeprecatedKey, node.span,
                     "'" + reader.key_name() + "' is read as 'check_columns'");
    freshness.check_columns.push_back(std::move(column));
  }
}

void read_old_delay(Reader& reader, const Node& node, LayerFreshness& freshness) {
  read_value(reader, node, freshness.max_delay_minutes);
  reader.out().add(Code::DeprecatedKey, node.span,
                   "'" + reader.key_name() + "' is read as 'max_delay_minutes'");
}

void read_old_columns(Reader& reader, const Node& node, LayerFreshness& freshness) {
  read_value(reader, node, freshness.check_columns);
  reader.out().add(Code::DeprecatedKey, node.span,
                   "'" + reader.key_name() + "' is read as 'check_columns'");
}

void read_slo_schedule(Reader& reader, const Node& node, MeshObjectives&) {
  reader.out().add(Code::SettingUnused, node.span,
                   "'slo.schedule' has no effect; a table's due times are its own",
                   "write 'service_levels.schedule' in the contract");
}

using F = LayerFreshness;
constexpr std::array kFreshnessKeys{
    key<&F::max_delay_minutes>("max_delay_minutes", "Greatest age of the newest row"),
    key<&F::check_columns>("check_columns", "Columns of which the first that is there is measured"),
    key<&F::include_tables>("include_tables", "Only these tables"),
    key<&F::exclude_tables>("exclude_tables", "All tables but these"),
    custom<&read_old_delay, F>("max_source_delay_minutes", "Older spelling", ValueKind::Real),
    custom<&read_check_column, F>("check_column", "Older spelling", ValueKind::String),
    custom<&read_old_columns, F>("source_check_columns", "Older spelling", ValueKind::StringList),
};

using R = LayerRowCount;
constexpr std::array kRowCountKeys{
    key<&R::min_rows>("min_rows", "Fewest rows"),
    key<&R::max_rows>("max_rows", "Most rows"),
    key<&R::check_field>("check_field", "Count that is judged (counts_good)"),
    key<&R::warn_only>("warn_only", "Warn and go on (false)", Support::Later),
    key<&R::include_tables>("include_tables", "Only these tables"),
    key<&R::exclude_tables>("exclude_tables", "All tables but these"),
    key<&R::anomaly>("anomaly", "Row count against the table's own history"),
};

constexpr std::array kQualityKeys{
    key<&QualityObjective::min_good_ratio>("min_good_ratio", "Least share of good rows (0.95)"),
    key<&QualityObjective::max_quarantine_ratio>("max_quarantine_ratio",
                                                 "Greatest share of refused rows (0.05)"),
    key<&QualityObjective::by_severity>("by_severity", "Shares for each severity", Support::Later),
};

constexpr std::array kAlertKeys{
    key<&AlertPolicy::emit_events>("emit_events", "Whether breaches are told (true)"),
    key<&AlertPolicy::min_severity>("min_severity", "Least severity that is told (medium)"),
    key<&AlertPolicy::suppress_duplicate_alerts_minutes>(
        "suppress_duplicate_alerts_minutes", "The same is told again after this time (30)"),
    key<&AlertPolicy::notify_on_recovery>("notify_on_recovery",
                                          "Tell when it is well again (true)"),
};

using O = MeshObjectives;
constexpr std::array kObjectiveKeys{
    key<&O::freshness>("freshness", "For each layer"),
    key<&O::row_count>("row_count", "For each layer"),
    key<&O::quality>("quality", "Shares of good and refused rows, of every table"),
    key<&O::alerting>("alerting", "When a breach is told", Support::Later),
    custom<&read_slo_schedule, O>("schedule", "Has no effect", ValueKind::Anything),
};

constexpr std::array kClusterKeys{
    key<&Cluster::min_nodes>("min_nodes", "Fewest nodes (1)"),
    key<&Cluster::max_nodes>("max_nodes", "Most nodes (1)"),
    key<&Cluster::scaling_assumption>("scaling_assumption", "avg, peak, min or p75 (avg)"),
};

constexpr std::array kLayerRateKeys{
    key<&LayerRate::dbu_per_hour>("dbu_per_hour", "Price of an hour of a node"),
    key<&LayerRate::cluster>("cluster", "Nodes of the layer's runs"),
};

constexpr std::array kBudgetKeys{
    key<&Budget::daily_limit>("daily_limit", "Most for a day"),
    key<&Budget::weekly_limit>("weekly_limit", "Most for a week"),
    key<&Budget::monthly_limit>("monthly_limit", "Most for a month"),
    key<&Budget::per_run_anomaly_multiplier>("per_run_anomaly_multiplier",
                                             "A run of so many times the usual is told"),
    key<&Budget::alert_channels>("alert_channels", "Who is told"),
};

constexpr std::array kCostKeys{
    key<&Cost::provider>("provider", "none, manual or databricks_uc (none)", Support::Recorded),
    key<&Cost::currency>("currency", "Of all figures (USD)", Support::Recorded),
    key<&Cost::attribution>("attribution", "How cost is shared (duration_proportional)",
                            Support::Later),
    key<&Cost::rates>("rates", "dbu_per_hour: price of an hour of a node", Support::Later),
    key<&Cost::cluster>("cluster", "Nodes of a run", Support::Later),
    key<&Cost::layer_rates>("layer_rates", "Rates and nodes of each layer", Support::Later),
    key<&Cost::billing_table>("billing_table", "Table of the platform's bills", Support::Later),
    key<&Cost::billing_tag_key>("billing_tag_key", "Tag that holds the run id", Support::Later),
    key<&Cost::budget>("budget", "Limits", Support::Later),
};

constexpr std::array kObservatoryKeys{
    key<&Observatory::enabled>("enabled", "Report runs (true)"),
    key<&Observatory::endpoint>("endpoint", "Where to"),
    key<&Observatory::api_key>("api_key", "env:NAME of the key"),
    key<&Observatory::emit_on>("emit_on", "Outcomes that are reported"),
    key<&Observatory::environments>("environments", "Only of these environments"),
    key<&Observatory::layers>("layers", "Only of these layers"),
    key<&Observatory::include_quarantine_sample>("include_quarantine_sample",
                                                 "With refused rows (false)"),
    key<&Observatory::spool>("spool", "Folder for reports that could not be sent"),
};

constexpr std::array kErasureKeys{
    key<&Erasure::strategy>("strategy", "nullify, hash or redact"),
    key<&Erasure::emit_with_pipeline_metadata>("emit_with_pipeline_metadata",
                                               "Record erasures with runs"),
    key<&Erasure::subject_id_column>("subject_id_column", "Column that names the person"),
};

constexpr std::array kSharedWithKeys{
    required<&SharedWith::name>("name", "Who gets the data", Support::Recorded),
    key<&SharedWith::role>("role", "As what", Support::Recorded),
    key<&SharedWith::country>("country", "Where they are", Support::Recorded),
    key<&SharedWith::agreement>("agreement", "Under which agreement", Support::Recorded),
    key<&SharedWith::mechanism>("mechanism", "On which legal ground it moves", Support::Recorded),
};

using C = MeshCompliance;
constexpr std::array kComplianceKeys{
    key<&C::sensitivity>("sensitivity", "How sensitive the data is", Support::Recorded),
    key<&C::purpose>("purpose", "What it is kept for", Support::Recorded),
    key<&C::risk_level>("risk_level", "Class of risk", Support::Recorded),
    key<&C::risk_triggers>("risk_triggers", "What puts it there", Support::Recorded),
    key<&C::dpo_review_required>("dpo_review_required", "Reviewed by a protection officer",
                                 Support::Recorded),
    key<&C::frameworks>("frameworks", "Regulations: a list, or a map with details",
                        Support::Recorded),
    key<&C::data_residency>("data_residency", "Where it may be kept", Support::Recorded),
    key<&C::cross_border_transfer>("cross_border_transfer", "Whether it crosses borders",
                                   Support::Recorded),
    key<&C::transfer_mechanism>("transfer_mechanism", "On which legal ground", Support::Recorded),
    key<&C::shared_with>("shared_with", "Who gets it", Support::Recorded),
    key<&C::erasure>("erasure", "How persons are forgotten", Support::Later),
    key<&C::retention>("retention", "How long rows are kept"),
};

constexpr std::array kCoverageKeys{
    key<&Coverage::field_check_target>("field_check_target",
                                       "Share of fields with a check, 0 to 1"),
    key<&Coverage::require>("require", "grain_unique, referential_integrity"),
};

constexpr std::array kNotificationsKeys{
    key<&Notifications::enabled>("enabled", "Send them (true)"),
    key<&Notifications::channels>("channels", "Who is told of what"),
};

constexpr Shape kContact{"contacts[]", kContactKeys};
constexpr Shape kOwnership{"ownership", kOwnershipKeys};
constexpr Shape kFreshness{"slo.freshness.*", kFreshnessKeys};
constexpr Shape kRowCount{"slo.row_count.*", kRowCountKeys};
constexpr Shape kQuality{"slo.quality", kQualityKeys};
constexpr Shape kAlert{"slo.alerting", kAlertKeys};
constexpr Shape kObjectives{"slo", kObjectiveKeys};
constexpr Shape kCluster{"cost.cluster", kClusterKeys};
constexpr Shape kLayerRate{"cost.layer_rates.*", kLayerRateKeys};
constexpr Shape kBudget{"cost.budget", kBudgetKeys};
constexpr Shape kCost{"cost", kCostKeys};
constexpr Shape kObservatory{"observatory", kObservatoryKeys};
constexpr Shape kErasure{"compliance.erasure", kErasureKeys};
constexpr Shape kSharedWith{"compliance.shared_with[]", kSharedWithKeys};
constexpr Shape kCompliance{"compliance", kComplianceKeys};
constexpr Shape kCoverage{"quality_coverage.*", kCoverageKeys};
constexpr Shape kNotifications{"notifications", kNotificationsKeys};

}  // namespace

// clang-format off
template <>
std::span<const Word<ScalingAssumption>> words_of<ScalingAssumption>() { return kScalings; }
template <> std::span<const Word<CostProvider>> words_of<CostProvider>() { return kProviders; }
template <> const Shape& shape_of<MeshContact>() { return kContact; }
template <> const Shape& shape_of<Ownership>() { return kOwnership; }
template <> const Shape& shape_of<LayerFreshness>() { return kFreshness; }
template <> const Shape& shape_of<LayerRowCount>() { return kRowCount; }
template <> const Shape& shape_of<QualityObjective>() { return kQuality; }
template <> const Shape& shape_of<AlertPolicy>() { return kAlert; }
template <> const Shape& shape_of<MeshObjectives>() { return kObjectives; }
template <> const Shape& shape_of<Cluster>() { return kCluster; }
template <> const Shape& shape_of<LayerRate>() { return kLayerRate; }
template <> const Shape& shape_of<Budget>() { return kBudget; }
template <> const Shape& shape_of<Cost>() { return kCost; }
template <> const Shape& shape_of<Observatory>() { return kObservatory; }
template <> const Shape& shape_of<Erasure>() { return kErasure; }
template <> const Shape& shape_of<SharedWith>() { return kSharedWith; }
template <> const Shape& shape_of<MeshCompliance>() { return kCompliance; }
template <> const Shape& shape_of<Coverage>() { return kCoverage; }
template <> const Shape& shape_of<Notifications>() { return kNotifications; }
// clang-format on

}  // namespace sluice::contract
