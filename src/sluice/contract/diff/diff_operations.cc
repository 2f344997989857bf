// Names and owners, service levels, quarantine, lineage, and what no other comparison knows.
#include <charconv>

#include "sluice/contract/diff/differ_internal.h"
#include "sluice/contract/document/document_words.h"

namespace sluice::contract::internal {
namespace {

/// Seconds of "24h", "30m", "2d", "1w"; 0 for what is none.
double seconds_of(const MaybeText& duration) {
  if (!duration) {
    return 0;
  }
  double number = 0;
  const std::string& text = duration->value;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(read.ptr, text.data() + text.size());
  const double scale = unit.starts_with('w')   ? 604'800
                       : unit.starts_with('d') ? 86'400
                       : unit.starts_with('h') ? 3'600
                       : unit.starts_with('m') ? 60
                                               : 1;
  return read.ec == std::errc{} ? number * scale : 0;
}

MaybeText threshold_of(const std::optional<Objective>& objective) {
  return objective ? objective->threshold : MaybeText{};
}

MaybeText words_of_objective(const std::optional<Objective>& objective) {
  return objective ? objective->description : MaybeText{};
}

void diff_objective(Differ& differ, const std::string& path, const std::optional<Objective>& before,
                    const std::optional<Objective>& after, bool less_is_stricter,
                    std::string_view tighter, std::string_view looser) {
  const MaybeText old_threshold = threshold_of(before);
  const MaybeText new_threshold = threshold_of(after);
  const bool fell = seconds_of(new_threshold) < seconds_of(old_threshold);
  const bool is_tighter = !old_threshold || (new_threshold && fell == less_is_stricter);
  differ.compare(path, old_threshold, new_threshold, is_tighter ? tighter : looser);
  differ.compare(path + ".description", words_of_objective(before), words_of_objective(after),
                 "objective-words-changed");
  if (before && after && before->field != after->field) {
    differ.add(looser, path + ".field", shown(before->field), shown(after->field), before->span,
               after->span);
  }
}

void diff_volume(Differ& differ, const RowCountObjective& before, const RowCountObjective& after) {
  const bool min_rose =
      after.min_rows && (!before.min_rows || after.min_rows->value > before.min_rows->value);
  const bool max_fell =
      after.max_rows && (!before.max_rows || after.max_rows->value < before.max_rows->value);
  differ.compare("service_levels.row_count.min_rows", before.min_rows, after.min_rows,
                 min_rose ? "volume-tightened" : "volume-loosened");
  differ.compare("service_levels.row_count.max_rows", before.max_rows, after.max_rows,
                 max_fell ? "volume-tightened" : "volume-loosened");
}

void diff_service_levels(Differ& differ) {
  const ServiceLevels& before = differ.before().service_levels;
  const ServiceLevels& after = differ.after().service_levels;
  diff_objective(differ, "service_levels.freshness", before.freshness, after.freshness, true,
                 "freshness-tightened", "freshness-loosened");
  diff_objective(differ, "service_levels.availability", before.availability, after.availability,
                 false, "availability-raised", "availability-lowered");
  diff_objective(differ, "service_levels.completeness", before.completeness, after.completeness,
                 false, "availability-raised", "availability-lowered");
  diff_volume(differ, before.row_count.value_or(RowCountObjective{}),
              after.row_count.value_or(RowCountObjective{}));
  differ.compare("service_levels.schedule", before.schedule, after.schedule, "schedule-changed");
  differ.compare_block("service_levels.anomaly", before.anomaly, after.anomaly, "anomaly-changed");
}

void diff_quarantine(Differ& differ) {
  const Quarantine& before = differ.before().quarantine;
  const Quarantine& after = differ.after().quarantine;
  differ.compare_flag("quarantine.enabled", before.enabled, after.enabled, "quarantine-enabled",
                      "quarantine-disabled");
  differ.compare_flag("quarantine.fail_on_quarantine", before.fail_on_quarantine,
                      after.fail_on_quarantine, "quarantine-disabled", "quarantine-enabled");
  differ.compare("quarantine.target", before.target, after.target, "quarantine-moved");
  differ.compare("quarantine.table", before.table, after.table, "quarantine-moved");
  differ.compare("quarantine.location", before.location, after.location, "quarantine-moved");
  if (before.notifications != after.notifications ||
      before.notifications_enabled != after.notifications_enabled) {
    differ.add("notification-changed", "quarantine.notifications", {}, {}, before.span, after.span);
  }
  if (!differ.has_changes_under("quarantine")) {
    differ.compare_block("quarantine", before, after, "quarantine-setting-changed");
  }
}

void diff_lineage(Differ& differ) {
  const Lineage& before = differ.before().lineage;
  const Lineage& after = differ.after().lineage;
  differ.compare_flag("lineage.enabled", before.enabled, after.enabled, "lineage-added",
                      "lineage-removed");
  if (!differ.has_changes_under("lineage")) {
    differ.compare_block("lineage", before, after, "lineage-changed");
  }
}

}  // namespace

void diff_identity(Differ& differ) {
  const Contract& before = differ.before();
  const Contract& after = differ.after();
  differ.compare("version", before.version, after.version, "version-changed");
  differ.compare("info.version", before.info.version, after.info.version, "version-changed");
  differ.compare("info.description", before.info.description, after.info.description,
                 "description-changed");
  differ.compare("info.owner", before.info.owner, after.info.owner, "owner-changed");
  differ.compare("info.contact", before.info.contact, after.info.contact, "owner-changed");
  differ.compare("info.status", before.info.status, after.info.status, "status-changed");
  differ.compare("info.classification", before.info.classification, after.info.classification,
                 "classification-changed");
  differ.compare("info.domain", before.info.domain, after.info.domain, "domain-changed");
  differ.compare("info.system", before.info.system, after.info.system, "domain-changed");
  differ.compare("info.data_product", before.info.data_product, after.info.data_product,
                 "product-changed");
  differ.compare("info.data_product_output", before.info.data_product_output,
                 after.info.data_product_output, "product-changed");
  if (layer(before) != layer(after)) {
    differ.add("layer-changed", "tier", layer(before), layer(after), before.info.span,
               after.info.span);
  }
  const bool is_renamed = table_name(before) != table_name(after);
  if (is_renamed) {
    differ.add("table-renamed", "info.table_name", table_name(before), table_name(after),
               before.info.span, after.info.span);
  } else {
    differ.compare("dataset", before.dataset, after.dataset, "dataset-renamed");
  }
  differ.compare("info.title", before.info.title, after.info.title, "title-changed");
}

void diff_operations(Differ& differ) {
  const Contract& before = differ.before();
  const Contract& after = differ.after();
  diff_service_levels(differ);
  diff_quarantine(differ);
  diff_lineage(differ);
  differ.compare("schedule", before.schedule, after.schedule, "schedule-changed");
  differ.compare("sql_dialect", before.sql_dialect, after.sql_dialect, "dialect-changed");
  differ.compare_block("external_logic", before.external_logic, after.external_logic,
                       "logic-changed");
  differ.compare_block("extraction", before.extraction, after.extraction, "extraction-changed");
  differ.compare_block("compliance.retention", before.retention, after.retention,
                       "retention-changed");
  if (before.retention == after.retention) {
    differ.compare_block("compliance", before.compliance, after.compliance, "compliance-changed");
  }
  if (before.environments != after.environments) {
    differ.add("environment-changed", "environments", {}, {}, before.span, after.span);
  }
  if (before.upstream != after.upstream || before.downstream != after.downstream ||
      before.upstream_contracts != after.upstream_contracts ||
      before.upstream_sources != after.upstream_sources) {
    differ.add("neighbours-changed", "upstream", {}, {}, before.span, after.span);
  }
  if (before.metadata != after.metadata || before.extensions != after.extensions ||
      before.ownership != after.ownership || before.observatory != after.observatory) {
    differ.add("free-data-changed", "metadata", {}, {}, before.span, after.span);
  }
}

void diff_rest(Differ& differ) {
  const Contract& before = differ.before();
  const Contract& after = differ.after();
  const auto cast_to_text = [](const Contract& contract) {
    return contract.server ? contract.server->cast_to_string : Flag{};
  };
  differ.compare("server.cast_to_string", cast_to_text(before), cast_to_text(after),
                 "cast-to-text-changed");
  if (before.server != after.server && !differ.has_changes_under("server") &&
      !differ.has_changes_under("schema_policy") &&
      !differ.has_changes_under("materialization.target_path")) {
    differ.compare_block("server", before.server, after.server, "server-changed");
  }
  if (before.stages != after.stages || before.natural_key != after.natural_key ||
      before.logic != after.logic) {
    differ.add("setting-changed", "contract", {}, {}, before.span, after.span);
  }
  if (differ.is_empty() && !(before == after)) {
    differ.add("setting-changed", "contract", {}, {}, before.span, after.span);
  }
}

}  // namespace sluice::contract::internal
