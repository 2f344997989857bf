// Tables of quarantine, notifications, lineage, service levels and the edges of the mesh.
#include <array>

#include "sluice/contract/document/document_words.h"
#include "sluice/contract/document/shapes_internal.h"
#include "sluice/contract/read/reader.h"

namespace sluice::contract {
namespace {

/// target, to, channel and url: one more destination.
void read_target(Reader& reader, const Node& node, Notification& notification) {
  if (!node.is_null()) {
    Text target;
    read_value(reader, node, target);
    notification.targets.push_back(std::move(target));
  }
}

void read_targets(Reader& reader, const Node& node, Notification& notification) {
  if (!node.is_null()) {
    Texts targets;
    read_value(reader, node, targets);
    notification.targets.insert(notification.targets.end(), targets.begin(), targets.end());
  }
}

void read_setting(Reader& reader, const Node& node, Notification& notification) {
  Value value;
  read_value(reader, node, value);
  notification.settings.push_back({.key = {reader.key_name(), node.span}, .value = value});
}

constexpr Key setting(std::string_view name, std::string_view summary) {
  return custom<&read_setting, Notification>(name, summary, ValueKind::AnyScalar);
}

/// A duration or a number; both are kept as text.
void read_threshold(Reader& reader, const Node& node, Objective& objective) {
  if (node.is_null()) {
    return;
  }
  Value value;
  read_value(reader, node, value);
  objective.threshold = Text{value.value.text, value.span};
}

/// The short form of an objective: its threshold alone.
template <auto Member>
void read_objective(Reader& reader, const Node& node, ServiceLevels& levels) {
  if (node.is_null()) {
    return;
  }
  Objective objective;
  if (node.is_scalar()) {
    objective.span = node.span;
    read_threshold(reader, node, objective);
  } else {
    read_value(reader, node, objective);
  }
  levels.*Member = std::move(objective);
}

void read_freshness_hours(Reader& reader, const Node& node, ServiceLevels& levels) {
  Number hours;
  read_value(reader, node, hours);
  if (hours.value.text.empty()) {
    return;
  }
  if (levels.freshness) {
    reader.out().add(Code::ConflictingKeys, node.span,
                     "expected one of 'freshness' and 'freshness_hours'");
    return;
  }
  levels.freshness =
      Objective{.threshold = Text{hours.value.text + "h", node.span}, .span = node.span};
  reader.out().add(
      Code::ShorthandRead, node.span,
      "'freshness_hours' is read as 'freshness: {threshold: " + hours.value.text + "h}'");
}

constexpr std::array kNotificationKeys{
    key<&Notification::type>("type", "slack, email, teams, webhook, console ..."),
    custom<&read_target, Notification>("target", "Destination", ValueKind::String),
    custom<&read_targets, Notification>("targets", "Several destinations", ValueKind::StringList),
    custom<&read_target, Notification>("to", "Same as target", ValueKind::String),
    custom<&read_target, Notification>("channel", "Same as target", ValueKind::String),
    custom<&read_target, Notification>("url", "Same as target", ValueKind::String),
    key<&Notification::on_events>("on_events", "Events that send it"),
    key<&Notification::subject_template>("subject_template", "Subject"),
    key<&Notification::subject_template_file>("subject_template_file", "File with the subject"),
    key<&Notification::message_template>("message_template", "Short text"),
    key<&Notification::message_template_file>("message_template_file", "File with the short text"),
    key<&Notification::body_template>("body_template", "Long text"),
    key<&Notification::body_template_file>("body_template_file", "File with the long text"),
    key<&Notification::template_context>("template_context", "Further values of the templates"),
    setting("smtp_host", "Mail server"),
    setting("smtp_port", "Its port (587)"),
    setting("smtp_username", "Its user"),
    setting("smtp_password", "env:NAME of its password"),
    setting("use_tls", "Whether it speaks TLS (true)"),
    setting("from_email", "Sender"),
    setting("from_name", "Name of the sender"),
    setting("api_key", "env:NAME of the service's key"),
};

constexpr std::array kQuarantineKeys{
    key<&Quarantine::target>("target", "Folder or table; absent: beside the target"),
    key<&Quarantine::table>("table", "Name of the table, in the location where one is written"),
    key<&Quarantine::location>("location", "Folder of the table, where no target is written"),
    key<&Quarantine::enabled>("enabled", "false: a bad row fails the run (true)"),
    key<&Quarantine::include_error_reason>("include_error_reason", "Keep the reasons (true)"),
    key<&Quarantine::strict_notifications>("strict_notifications",
                                           "Whether a failed notification fails the run (true)",
                                           Support::Later),
    key<&Quarantine::fail_on_quarantine>("fail_on_quarantine", "A bad row fails the run (false)"),
    key<&Quarantine::notifications_enabled>("notifications_enabled", "Send them (true)",
                                            Support::Later),
    key<&Quarantine::format>("format", "parquet or delta (parquet)"),
    key<&Quarantine::write_mode>("write_mode", "append or overwrite (append)"),
    key<&Quarantine::write_mode>("mode", "Same as write_mode"),
    key<&Quarantine::notifications>("notifications", "Who is told", Support::Later),
    key<&Quarantine::seal>("seal", "Keep originals of one-way maskings sealed, to replay (false)"),
};

using L = Lineage;
constexpr std::array kLineageKeys{
    key<&L::enabled>("enabled", "Whether lineage columns are written (false)"),
    key<&L::capture_source_path>("capture_source_path", "Write the source (true)"),
    key<&L::capture_timestamp>("capture_timestamp", "Write the time (true)"),
    key<&L::capture_run_id>("capture_run_id", "Write the run id (true)"),
    key<&L::source_column_name>("source_column_name", "Column (_lakelogic_source)"),
    key<&L::timestamp_column_name>("timestamp_column_name", "Column (_lakelogic_processed_at)"),
    key<&L::run_id_column_name>("run_id_column_name", "Column (_lakelogic_run_id)"),
    key<&L::capture_contract_name>("capture_contract_name", "Write the contract's name (true)"),
    key<&L::contract_name_column_name>("contract_name_column_name",
                                       "Column (_lakelogic_contract_name)"),
    key<&L::capture_domain>("capture_domain", "Write the domain (true)"),
    key<&L::capture_system>("capture_system", "Write the system (true)"),
    key<&L::domain_column_name>("domain_column_name", "Column (_lakelogic_domain)"),
    key<&L::system_column_name>("system_column_name", "Column (_lakelogic_system)"),
    key<&L::capture_created_at>("capture_created_at", "Write the time of creation (true)"),
    key<&L::created_at_column_name>("created_at_column_name", "Column (_lakelogic_created_at)"),
    key<&L::capture_created_by>("capture_created_by", "Write who created it (true)"),
    key<&L::created_by_column_name>("created_by_column_name", "Column (_lakelogic_created_by)"),
    key<&L::created_by_override>("created_by_override", "Written instead of the user"),
    key<&L::preserve_upstream>("preserve_upstream", "Columns of the source kept under a prefix"),
    key<&L::upstream_prefix>("upstream_prefix", "That prefix (_upstream)"),
    key<&L::run_id_source>("run_id_source", "run_id or pipeline_run_id (run_id)"),
};

constexpr std::array kObjectiveKeys{
    key<&Objective::description>("description", "What the objective means"),
    custom<&read_threshold, Objective>("threshold", "Duration or number", ValueKind::AnyScalar),
    key<&Objective::field>("field", "Column that is measured"),
};

constexpr std::array kRowCountKeys{
    key<&RowCountObjective::min_rows>("min_rows", "Fewest rows"),
    key<&RowCountObjective::max_rows>("max_rows", "Most rows"),
    key<&RowCountObjective::check_field>("check_field", "Count that is judged (counts_good)"),
    key<&RowCountObjective::skip_reprocess_days>("skip_reprocess_days", "Days left out (3)"),
    key<&RowCountObjective::description>("description", "What the objective means"),
};

using A = AnomalyObjective;
constexpr std::array kAnomalyKeys{
    key<&A::method>("method", "median, rolling_average or seasonal_median (median)"),
    key<&A::lookback_runs>("lookback_runs", "Runs compared with (14)"),
    key<&A::lookback_days>("lookback_days", "Days compared with (35)"),
    key<&A::min_runs_before_enforcement>("min_runs_before_enforcement", "Runs it needs (5)"),
    key<&A::min_ratio>("min_ratio", "Least share of the usual (0.5)"),
    key<&A::max_ratio>("max_ratio", "Greatest share of the usual (2.0)"),
    key<&A::critical_ratio>("critical_ratio", "Below this it is critical"),
    key<&A::description>("description", "What the objective means"),
};

using QL = QualityLevel;
constexpr std::array kQualityLevelKeys{
    key<&QL::min_good_ratio>("min_good_ratio", "Least share of good rows, 0 to 1"),
    key<&QL::max_quarantine_ratio>("max_quarantine_ratio",
                                   "Greatest share of refused rows, 0 to 1"),
};

using S = ServiceLevels;
constexpr std::array kServiceKeys{
    custom<&read_objective<&S::freshness>, S>("freshness", "Greatest age of the data",
                                              ValueKind::Object, Support::Acted,
                                              &shape_of<Objective>),
    custom<&read_freshness_hours, S>("freshness_hours", "Same, as a number of hours",
                                     ValueKind::Real),
    custom<&read_objective<&S::availability>, S>("availability", "Least share of good runs",
                                                 ValueKind::Object, Support::Acted,
                                                 &shape_of<Objective>),
    key<&S::row_count>("row_count", "Fewest and most rows"),
    custom<&read_objective<&S::completeness>, S>("completeness", "Least share of partitions",
                                                 ValueKind::Object, Support::Acted,
                                                 &shape_of<Objective>),
    key<&S::schedule>("schedule", "Cron line by which a run is due"),
    key<&S::anomaly>("anomaly", "Row count against the table's own history"),
    key<&S::quality>("quality", "Shares of good and of refused rows; usually of a domain"),
};

constexpr std::array kUpstreamContractKeys{
    required<&UpstreamContract::contract>("contract", "Contract that is read from"),
    key<&UpstreamContract::layer>("layer", "Its layer"),
    key<&UpstreamContract::domain>("domain", "Its domain"),
    key<&UpstreamContract::system>("system", "Its system"),
    key<&UpstreamContract::note>("note", "A remark"),
};

using U = UpstreamSource;
constexpr std::array kUpstreamSourceKeys{
    required<&U::type>("type", "Kind of source"),
    required<&U::name>("name", "Its name"),
    key<&U::system>("system", "Its system"),
    key<&U::path>("path", "Where it is"),
    key<&U::format>("format", "Its format"),
    key<&U::catalog_path>("catalog_path", "Its name in a catalog"),
    key<&U::owner>("owner", "Who owns it"),
    key<&U::description>("description", "What it is"),
    key<&U::note>("note", "A remark"),
    key<&U::columns_used>("columns_used", "Columns that are used"),
    key<&U::upstream_sources>("upstream_sources", "What it is made from"),
};

using D = DownstreamConsumer;
constexpr std::array kDownstreamKeys{
    required<&D::type>("type", "dashboard, model, table ..."),
    required<&D::name>("name", "Its name"),
    key<&D::platform>("platform", "Where it runs"),
    key<&D::url>("url", "Its address"),
    key<&D::owner>("owner", "Who owns it"),
    key<&D::description>("description", "What it is"),
    key<&D::refresh>("refresh", "How often it reads"),
    key<&D::columns_used>("columns_used", "Columns that are used"),
    key<&D::sla>("sla", "What it expects"),
    key<&D::managed>("managed", "Whether it is under a contract"),
    key<&D::consumers>("consumers", "Who reads it in turn"),
};

constexpr std::array kRetentionKeys{
    required<&Retention::period>("period", "How long rows are kept, e.g. 400d or P7Y"),
    key<&Retention::column>("column", "Column that the age is measured by"),
    key<&Retention::starts>("starts", "record_created, relationship_ended or custom"),
    key<&Retention::basis>("basis", "Why"),
};

constexpr Shape kNotification{"notifications[]", kNotificationKeys};
constexpr Shape kQuarantine{"quarantine", kQuarantineKeys};
constexpr Shape kLineage{"lineage", kLineageKeys};
constexpr Shape kObjective{"service_levels.*", kObjectiveKeys};
constexpr Shape kRowCount{"service_levels.row_count", kRowCountKeys};
constexpr Shape kAnomaly{"service_levels.anomaly", kAnomalyKeys};
constexpr Shape kService{"service_levels", kServiceKeys};
constexpr Shape kQualityLevel{"service_levels.quality", kQualityLevelKeys};
constexpr Shape kUpstreamContract{"upstream_contracts[]", kUpstreamContractKeys};
constexpr Shape kUpstreamSource{"upstream_sources[]", kUpstreamSourceKeys};
constexpr Shape kDownstream{"downstream[]", kDownstreamKeys};
constexpr Shape kRetention{"compliance.retention", kRetentionKeys};

}  // namespace

// clang-format off
template <> const Shape& shape_of<Notification>() { return kNotification; }
template <> const Shape& shape_of<Quarantine>() { return kQuarantine; }
template <> const Shape& shape_of<Lineage>() { return kLineage; }
template <> const Shape& shape_of<Objective>() { return kObjective; }
template <> const Shape& shape_of<RowCountObjective>() { return kRowCount; }
template <> const Shape& shape_of<AnomalyObjective>() { return kAnomaly; }
template <> const Shape& shape_of<ServiceLevels>() { return kService; }
template <> const Shape& shape_of<QualityLevel>() { return kQualityLevel; }
template <> const Shape& shape_of<UpstreamContract>() { return kUpstreamContract; }
template <> const Shape& shape_of<UpstreamSource>() { return kUpstreamSource; }
template <> const Shape& shape_of<DownstreamConsumer>() { return kDownstream; }
template <> const Shape& shape_of<Retention>() { return kRetention; }
// clang-format on

}  // namespace sluice::contract
