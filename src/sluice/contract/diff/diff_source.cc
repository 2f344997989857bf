// Where data comes from and the steps that it takes.
#include <algorithm>

#include "sluice/contract/diff/differ_internal.h"
#include "sluice/contract/document/document_words.h"
#include "sluice/contract/transform/step_words.h"

namespace sluice::contract::internal {
namespace {

bool watches_differently(const Source& before, const Source& after) {
  return before.watermark_field != after.watermark_field ||
         before.watermark_strategy != after.watermark_strategy ||
         before.lookback != after.lookback || before.from_date != after.from_date ||
         before.to_date != after.to_date || before.target_path != after.target_path ||
         before.watermark_date_parts != after.watermark_date_parts;
}

void diff_reading(Differ& differ, const Source& before, const Source& after) {
  differ.compare("source.type", before.type, after.type, "source-type-changed");
  differ.compare("source.path", before.path, after.path, "source-moved");
  differ.compare("source.pattern", before.pattern, after.pattern, "source-moved");
  differ.compare("source.format", before.format, after.format, "source-format-changed");
  differ.compare_block("source.options", before.options, after.options, "source-option-changed");
  differ.compare("source.load_mode", before.load_mode, after.load_mode, "load-mode-changed");
  if (watches_differently(before, after)) {
    differ.add("watermark-changed", "source", {}, {}, before.span, after.span);
  }
  differ.compare("source.cdc_op_field", before.cdc_op_field, after.cdc_op_field, "cdc-changed");
  differ.compare("source.cdc_delete_values", before.cdc_delete_values, after.cdc_delete_values,
                 "cdc-changed");
  differ.compare("source.cdc_timestamp_field", before.cdc_timestamp_field,
                 after.cdc_timestamp_field, "cdc-changed");
  differ.compare("source.empty_behavior", before.empty_behavior, after.empty_behavior,
                 "empty-source-changed");
  differ.compare_block("source.post_ingestion", before.post_ingestion, after.post_ingestion,
                       "clean-up-changed");
  if (!differ.has_changes_under("source")) {
    differ.compare_block("source", before, after, "source-setting-changed");
  }
}

void diff_links(Differ& differ) {
  for (const Link& link : differ.before().links) {
    const std::string path = "links." + link.name.value;
    const Link* same = find_link(differ.after(), link.name.value);
    if (same == nullptr) {
      differ.add("link-removed", path, {}, {}, link.name.span, {});
    } else if (!(link == *same)) {
      differ.add("link-changed", path, {}, {}, link.name.span, same->name.span);
    }
  }
  for (const Link& link : differ.after().links) {
    if (find_link(differ.before(), link.name.value) == nullptr) {
      differ.add("link-added", "links." + link.name.value, {}, {}, {}, link.name.span);
    }
  }
}

bool is_same_step(const Transformation& left, const Transformation& right) {
  return left.step == right.step && left.phase == right.phase;
}

using Steps = std::vector<const Transformation*>;

/// Those of `steps` that have no equal in `others`, each of which stands for one.
Steps without(const std::vector<Transformation>& steps, const std::vector<Transformation>& others) {
  Steps left;
  std::vector<bool> taken(others.size());
  for (const Transformation& step : steps) {
    bool is_found = false;
    for (std::size_t i = 0; i < others.size() && !is_found; ++i) {
      is_found = !taken[i] && is_same_step(step, others[i]);
      taken[i] = taken[i] || is_found;
    }
    if (!is_found) {
      left.push_back(&step);
    }
  }
  return left;
}

void report_step(Differ& differ, const Transformation& step, bool is_added) {
  const bool is_filter = std::holds_alternative<Filter>(step.step);
  const std::string path = "transformations." + std::string(step_key(step.step));
  differ.add(is_filter ? (is_added ? "filter-added" : "filter-removed")
                       : (is_added ? "step-added" : "step-removed"),
             path, {}, {}, is_added ? Span{} : Span(step.span),
             is_added ? Span(step.span) : Span{});
}

void diff_steps(Differ& differ) {
  const auto& before = differ.before().transformations;
  const auto& after = differ.after().transformations;
  Steps gone = without(before, after);
  for (const Transformation* step : without(after, before)) {
    const auto same = std::ranges::find_if(
        gone, [&](const Transformation* each) { return each->step.index() == step->step.index(); });
    if (same == gone.end()) {
      report_step(differ, *step, true);
      continue;
    }
    differ.add("step-changed", "transformations." + std::string(step_key(step->step)), {}, {},
               (*same)->span, step->span);
    gone.erase(same);
  }
  for (const Transformation* step : gone) {
    report_step(differ, *step, false);
  }
  if (!differ.has_changes_under("transformations") && !before.empty() &&
      !std::ranges::equal(before, after, is_same_step)) {
    differ.add("steps-moved", "transformations", {}, {}, before.front().span, after.front().span);
  }
}

}  // namespace

void diff_source(Differ& differ) {
  const auto& before = differ.before().source;
  const auto& after = differ.after().source;
  if (before && after) {
    diff_reading(differ, *before, *after);
  } else if (before || after) {
    differ.add(after ? "source-added" : "source-removed", "source", {}, {},
               before ? Span(before->span) : Span{}, after ? Span(after->span) : Span{});
  }
  diff_links(differ);
  diff_steps(differ);
}

}  // namespace sluice::contract::internal
