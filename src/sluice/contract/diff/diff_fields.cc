// Fields, keys, and the schema policy.
#include <algorithm>

#include "sluice/contract/diff/differ_internal.h"
#include "sluice/contract/document/document_words.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/rule/rule_words.h"
#include "sluice/schema/evolution.h"

namespace sluice::contract::internal {
namespace {

std::string path_of(const Field& field) { return "model.fields." + field.name.value; }

std::string_view type_change(const Field& before, const Field& after) {
  const auto from = lower_type(before.type.value);
  const auto to = lower_type(after.type.value);
  if (!from || !to) {
    return "type-changed";
  }
  return schema::widens(*from, *to)   ? "type-widened"
         : schema::widens(*to, *from) ? "type-narrowed"
                                      : "type-changed";
}

void diff_type(Differ& differ, const Field& before, const Field& after) {
  const auto from = lower_type(before.type.value);
  const auto to = lower_type(after.type.value);
  const bool is_same = before.type == after.type || (from && to && *from == *to);
  if (!is_same) {
    differ.compare(path_of(after) + ".type", before.type, after.type, type_change(before, after));
  }
}

bool holds(const Values& list, const Values& part) {
  return std::ranges::all_of(
      part, [&](const Value& each) { return std::ranges::find(list, each) != list.end(); });
}

void diff_accepted_values(Differ& differ, const Field& before, const Field& after) {
  const Values none;
  const Values& old_values = before.accepted_values ? *before.accepted_values : none;
  const Values& new_values = after.accepted_values ? *after.accepted_values : none;
  const bool has_all_old = holds(new_values, old_values);
  const bool has_only_old = holds(old_values, new_values);
  if (has_all_old && has_only_old) {
    return;
  }
  differ.compare(path_of(after) + ".accepted_values", old_values, new_values,
                 {.added = "accepted-values-added",
                  .removed = "accepted-values-removed",
                  .changed = has_all_old    ? "accepted-values-widened"
                             : has_only_old ? "accepted-values-narrowed"
                                            : "accepted-values-replaced"});
}

void diff_max_length(Differ& differ, const Field& before, const Field& after) {
  const bool is_tighter = !before.max_length ||
                          (after.max_length && after.max_length->value < before.max_length->value);
  differ.compare(path_of(after) + ".max_length", before.max_length, after.max_length,
                 is_tighter ? "max-length-tightened" : "max-length-loosened");
}

void diff_protection(Differ& differ, const Field& before, const Field& after) {
  const std::string path = path_of(after);
  differ.compare(path + ".masking", before.masking, after.masking,
                 {"masking-added", "masking-removed", "masking-changed"});
  differ.compare(path + ".masking_format", before.masking_format, after.masking_format,
                 "masking-format-changed");
  differ.compare_flag(path + ".pii", before.pii, after.pii, "protection-added",
                      "protection-removed");
  differ.compare_flag(path + ".phi", before.phi, after.phi, "protection-added",
                      "protection-removed");
  differ.compare_flag(path + ".sensitive", before.sensitive, after.sensitive, "protection-added",
                      "protection-removed");
  differ.compare(path + ".classification", before.classification, after.classification,
                 "classification-changed");
  differ.compare(path + ".declassify", before.declassify, after.declassify, "declassify-changed");
  differ.compare(path + ".security_groups", before.security_groups, after.security_groups,
                 "security-groups-changed");
}

void diff_field(Differ& differ, const Field& before, const Field& after) {
  const std::string path = path_of(after);
  diff_type(differ, before, after);
  differ.compare_flag(path + ".required", before.required, after.required, "required-added",
                      "required-removed");
  differ.compare(path + ".nullable", before.nullable, after.nullable,
                 after.nullable && !after.nullable->value ? "nullable-removed" : "nullable-added");
  diff_accepted_values(differ, before, after);
  differ.compare_bound(path + ".min", before.min, after.min, true, "bound-tightened",
                       "bound-loosened");
  differ.compare_bound(path + ".max", before.max, after.max, false, "bound-tightened",
                       "bound-loosened");
  diff_max_length(differ, before, after);
  diff_protection(differ, before, after);
  differ.compare(path + ".description", before.description, after.description,
                 "field-description-changed");
  if (before.foreign_key != after.foreign_key) {
    differ.add("foreign-key-changed", path + ".foreign_key", {}, {},
               before.foreign_key ? before.foreign_key->contract.span : Span{},
               after.foreign_key ? after.foreign_key->contract.span : Span{});
  }
  differ.compare(path + ".generated", before.generated, after.generated, "generated-changed");
  if (before.milestone != after.milestone || before.pii_vault != after.pii_vault ||
      before.extraction_task != after.extraction_task || before.range != after.range ||
      before.extraction_examples != after.extraction_examples) {
    differ.add("field-setting-changed", path, {}, {}, before.span, after.span);
  }
}

/// The only removed field under the name of the only added one.
bool is_rename(Field before, const Field& after) {
  before.name = after.name;
  before.description = after.description;
  return before == after;
}

void diff_presence(Differ& differ, const std::vector<const Field*>& removed,
                   const std::vector<const Field*>& added) {
  if (removed.size() == 1 && added.size() == 1 && is_rename(*removed[0], *added[0])) {
    differ.add("field-renamed", path_of(*added[0]), removed[0]->name.value, added[0]->name.value,
               removed[0]->span, added[0]->span);
    return;
  }
  for (const Field* field : removed) {
    differ.add("field-removed", path_of(*field), field->type.value, {}, field->span, {});
  }
  for (const Field* field : added) {
    differ.add(field->required.value ? "required-field-added" : "field-added", path_of(*field), {},
               field->type.value, {}, field->span);
  }
}

/// The fields that both have, in the order of one and as they are spelled afterwards.
Texts names_of(const Model& model, const Model& other, const Model& spelled) {
  Texts names;
  for (const Field& field : model.fields) {
    if (other.find(field.name.value) != nullptr) {
      names.push_back({spelled.find(field.name.value)->name.value, field.name.span});
    }
  }
  return names;
}

void diff_policy(Differ& differ) {
  const SchemaPolicy before = effective_schema_policy(differ.before());
  const SchemaPolicy after = effective_schema_policy(differ.after());
  const bool is_stricter = after.evolution.value < before.evolution.value;  // the enum's order
  differ.compare("schema_policy.evolution", before.evolution, after.evolution,
                 is_stricter ? "evolution-tightened" : "evolution-loosened");
  const bool takes_fewer = after.unknown_fields.value < before.unknown_fields.value;
  differ.compare("schema_policy.unknown_fields", before.unknown_fields, after.unknown_fields,
                 takes_fewer ? "unknown-fields-tightened" : "unknown-fields-loosened");
}

}  // namespace

void diff_fields(Differ& differ) {
  const Model& before = differ.before().model;
  const Model& after = differ.after().model;
  std::vector<const Field*> removed;
  std::vector<const Field*> added;
  for (const Field& field : before.fields) {
    if (const Field* same = after.find(field.name.value)) {
      if (field.name != same->name) {
        differ.add("field-renamed", path_of(*same), field.name.value, same->name.value, field.span,
                   same->span);
      }
      diff_field(differ, field, *same);
    } else {
      removed.push_back(&field);
    }
  }
  for (const Field& field : after.fields) {
    if (before.find(field.name.value) == nullptr) {
      added.push_back(&field);
    }
  }
  diff_presence(differ, removed, added);
  differ.compare("model.fields", names_of(before, after, after), names_of(after, before, after),
                 "field-moved");
  differ.compare("primary_key", differ.before().primary_key, differ.after().primary_key,
                 {"primary-key-added", "primary-key-removed", "primary-key-changed"});
  differ.compare("model.grain", before.grain, after.grain, "grain-changed");
  differ.compare("model.grain_key", before.grain_key, after.grain_key, "grain-changed");
  diff_policy(differ);
}

}  // namespace sluice::contract::internal
