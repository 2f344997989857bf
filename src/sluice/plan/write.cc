#include "sluice/plan/write.h"

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::plan {

bool adds_rows(const WriteMode& mode) {
  const auto* append = std::get_if<Append>(&mode);
  return std::holds_alternative<Overwrite>(mode) ||
         (append != nullptr && append->unique_key.empty());
}

std::string_view mode_name(const WriteMode& mode) {
  return std::visit(overloaded{[](const Append&) -> std::string_view { return "append"; },
                               [](const Overwrite&) -> std::string_view { return "overwrite"; },
                               [](const OverwritePartitions&) -> std::string_view {
                                 return "overwrite_partitions";
                               },
                               [](const Merge&) -> std::string_view { return "merge"; },
                               [](const Scd2&) -> std::string_view { return "scd2"; },
                               [](const DeleteWhere&) -> std::string_view { return "delete"; },
                               [](const Reconcile&) -> std::string_view { return "reconcile"; }},
                    mode);
}

std::string to_string(const Write& write) {
  const std::string source = std::visit(
      overloaded{[](const Batches&) -> std::string { return "batches"; },
                 [](const StagedFiles& files) {
                   return fmt::format("{} staged files", files.uris.size());
                 },
                 [](const Relation& relation) { return fmt::format("relation {}", relation.name); },
                 [](const NoRows&) -> std::string { return "no rows"; }},
      write.source);
  return fmt::format("{} {} from {} ({})", mode_name(write.mode), to_string(write.target), source,
                     schema::to_string(write.schema));
}

}  // namespace sluice::plan
