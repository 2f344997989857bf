// What the files above a contract may hold, and what needs two of their places at once.
#include <algorithm>
#include <set>

#include "sluice/contract/check/formats.h"
#include "sluice/contract/hierarchy/mesh_shapes_internal.h"
#include "sluice/contract/hierarchy/outer_files_internal.h"
#include "sluice/contract/source/yaml.h"

namespace sluice::contract {
namespace {

/// ^[a-z][a-z0-9_]{1,62}$
bool is_id(std::string_view id) {
  return id.size() > 1 && id.size() < 64 && id[0] >= 'a' && id[0] <= 'z' &&
         std::ranges::all_of(
             id,
             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

void check_ids(const DomainFile& file, Diagnostics& out) {
  std::set<std::string> seen;
  const auto check = [&](const Text& id, std::set<std::string>& before) {
    if (!id.value.empty() && !is_id(id.value)) {
      out.add(Code::BadPattern, id.span,
              "expected an id of small letters, digits and '_', and came '" + id.value + "'");
    }
    if (!id.value.empty() && !before.insert(id.value).second) {
      out.add(Code::ConflictingKeys, id.span, "two of this id: '" + id.value + "'");
    }
  };
  for (const Product& product : file.products) {
    check(product.id, seen);
    std::set<std::string> outputs;
    for (const ExpectedOutput& output : product.expected_outputs) {
      check(output.id, outputs);
    }
  }
}

void check_roster(const SystemFile& file, Diagnostics& out) {
  std::set<std::string> entities;
  for (const RosterEntry& entry : file.contracts) {
    if (!entry.entity.value.empty() &&
        !entities.insert(entry.layer.value + "/" + entry.entity.value).second) {
      out.add(Code::ConflictingKeys, entry.entity.span,
              "two contracts of this layer and entity: '" + entry.entity.value + "'");
    }
  }
  for (const RosterEntry& entry : file.contracts) {
    for (const Text& needed : entry.depends_on) {
      const bool is_listed = std::ranges::any_of(file.contracts, [&](const RosterEntry& other) {
        return other.entity.value == needed.value;
      });
      if (!is_listed) {
        out.add(
            Code::UnknownField, Severity::Warning, needed.span,
            "'depends_on' names an entity that the roster does not have: '" + needed.value + "'");
      }
    }
  }
}

void check_share(const MaybeNumber& share, std::string_view name, Diagnostics& out) {
  if (share && !(share->value.value >= 0 && share->value.value <= 1)) {
    out.add(Code::OutOfBounds, share->span,
            "expected a share from 0 to 1 for '" + std::string(name) + "', and came '" +
                share->value.text + "'");
  }
}

void check_objectives(const MeshObjectives& slo, Diagnostics& out) {
  for (const auto& [layer, freshness] : slo.freshness) {
    if (freshness.max_delay_minutes.value.text.empty()) {
      out.add(Code::ObjectiveIncomplete, layer.span,
              "expected 'max_delay_minutes' in the freshness of a layer: '" + layer.value + "'");
    } else if (freshness.max_delay_minutes.value.value <= 0) {
      out.add(
          Code::OutOfBounds, freshness.max_delay_minutes.span,
          "expected minutes above 0, and came '" + freshness.max_delay_minutes.value.text + "'");
    }
  }
  for (const auto& [layer, rows] : slo.row_count) {
    if (rows.min_rows && rows.max_rows && rows.min_rows->value > rows.max_rows->value) {
      out.add(Code::MinOverMax, rows.min_rows->span, "'min_rows' lies above 'max_rows'");
    }
  }
  if (slo.quality) {
    check_share(slo.quality->min_good_ratio, "min_good_ratio", out);
    check_share(slo.quality->max_quarantine_ratio, "max_quarantine_ratio", out);
  }
}

void check_period(const Retention& retention, Diagnostics& out) {
  const Text& period = retention.period;
  if (!period.value.empty() && !is_retention_period(period.value)) {
    out.add(Code::BadDuration, period.span,
            "expected a period such as 400d or P7Y, and came '" + period.value + "'");
  }
}

void check_cluster(const std::optional<Cluster>& cluster, Diagnostics& out) {
  if (cluster && cluster->min_nodes.value > cluster->max_nodes.value) {
    out.add(Code::MinOverMax,
            cluster->min_nodes.is_written() ? cluster->min_nodes.span : Span(cluster->span),
            "'min_nodes' lies above 'max_nodes'");
  }
}

void check_secret(const Span& place, std::string_view secret, Diagnostics& out) {
  if (!secret.empty() && !is_secret_reference(secret)) {
    out.add(Code::LiteralSecret, place, "expected a reference to a secret", "write env:NAME")
        .hides_source_line = true;
  }
}

void check_defaults(const MeshDefaults& file, Diagnostics& out) {
  if (file.slo) {
    check_objectives(*file.slo, out);
  }
  for (const auto& [layer, retention] : file.retention) {
    check_period(retention, out);
  }
  for (const auto& [layer, coverage] : file.quality_coverage) {
    check_share(coverage.field_check_target, "field_check_target", out);
  }
  if (file.cost) {
    check_cluster(file.cost->cluster, out);
    for (const auto& [layer, rate] : file.cost->layer_rates) {
      check_cluster(rate.cluster, out);
    }
  }
  if (file.observatory && file.observatory->api_key) {
    check_secret(file.observatory->api_key->span, file.observatory->api_key->value, out);
  }
  for (const Notification& channel : file.notifications.channels) {
    for (const Pair<Value>& setting : channel.settings) {
      if (is_secret_name(setting.key.value)) {
        check_secret(setting.value.span, setting.value.value.text, out);
      }
    }
  }
}

/// The tree of a file that holds a map.
std::optional<Document> load_map(const OuterFile& file, std::uint32_t number, Diagnostics& out) {
  Document document = read_yaml(file.text, out, number);
  if (document.root && document.root->is_mapping()) {
    return document;
  }
  if (document.is_complete && document.root && !document.root->is_null()) {
    out.add(Code::WrongType, document.root->span,
            "expected a map in this file, and came " + describe(*document.root));
  }
  return std::nullopt;
}

template <class T>
T read_as(const OuterFile& file, const Document& document, Diagnostics& out,
          std::vector<UnsupportedKey>& unsupported) {
  Reader reader(file.text, out, {.is_complete = document.is_complete, .is_olc = false});
  T result;
  reader.read_object(*document.root, shape_of<T>(), &result);
  check_defaults(result, out);
  unsupported = reader.unsupported();
  return result;
}

}  // namespace

namespace internal {

OuterRead read_outer(const OuterFile& file, OuterKind kind, std::uint32_t number,
                     Diagnostics& out) {
  OuterRead read;
  std::optional<Document> document = load_map(file, number, out);
  if (!document) {
    return read;
  }
  switch (kind) {
    case OuterKind::Domain:
      check_ids(read_as<DomainFile>(file, *document, out, read.unsupported), out);
      break;
    case OuterKind::System:
      check_roster(read_as<SystemFile>(file, *document, out, read.unsupported), out);
      break;
  }
  read.root = std::move(document->root);
  return read;
}

}  // namespace internal

Diagnostics check_domain_file(const OuterFile& file) {
  Diagnostics out(file.path);
  (void)internal::read_outer(file, internal::OuterKind::Domain, 0, out);
  out.sort();
  return out;
}

CheckedSystem check_system_file(const OuterFile& file) {
  CheckedSystem checked{.diagnostics = Diagnostics(file.path), .file = {}};
  Diagnostics& out = checked.diagnostics;
  if (const std::optional<Document> document = load_map(file, 0, out)) {
    std::vector<UnsupportedKey> unsupported;
    checked.file = read_as<SystemFile>(file, *document, out, unsupported);
    check_roster(checked.file, out);
  }
  out.sort();
  return checked;
}

}  // namespace sluice::contract
