#include "sluice/contract/model/contract.h"

#include <algorithm>
#include <array>

#include "sluice/schema/schema.h"

namespace sluice::contract {
namespace {

char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_ascii);
  return out;
}

/// "CRM End-to-End" -> "crm_end_to_end"; characters of other scripts stay.
std::string slug(std::string_view title) {
  std::string out;
  for (const char c : title) {
    const char small = lower_ascii(c);
    const bool is_word = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') ||
                         (static_cast<unsigned char>(c) & 0x80U) != 0;
    if (is_word) {
      out += small;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (out.ends_with('_')) {
    out.pop_back();
  }
  return out;
}

struct Synonym {
  std::string_view word;
  std::string_view layer;
};

constexpr std::array kLayers{
    Synonym{"raw", "bronze"},
    Synonym{"landing", "bronze"},
    Synonym{"ingestion", "bronze"},
    Synonym{"ingest", "bronze"},
    Synonym{"stage", "silver"},
    Synonym{"staging", "silver"},
    Synonym{"cleansed", "silver"},
    Synonym{"transform", "silver"},
    Synonym{"curated", "gold"},
    Synonym{"refined", "gold"},
    Synonym{"presentation", "gold"},
    Synonym{"consumption", "gold"},
    Synonym{"ref", "reference"},
    Synonym{"seed", "reference"},
    Synonym{"lookup", "reference"},
    Synonym{"masterdata", "reference"},
    Synonym{"master_data", "reference"},
};

}  // namespace

const Field* Model::find(std::string_view field_name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return schema::same_column(field.name.value, field_name);
  });
  return found == fields.end() ? nullptr : &*found;
}

SchemaPolicy effective_schema_policy(const Contract& contract) {
  if (contract.server && contract.server->schema_policy) {
    return *contract.server->schema_policy;
  }
  return contract.schema_policy.value_or(SchemaPolicy{});
}

std::string table_name(const Contract& contract) {
  if (contract.info.table_name) {
    return contract.info.table_name->value;
  }
  if (contract.dataset) {
    return contract.dataset->value;
  }
  return contract.info.title ? slug(contract.info.title->value) : std::string{};
}

std::string layer(const Contract& contract) {
  const MaybeText& written = contract.tier ? contract.tier : contract.info.target_layer;
  if (!written) {
    return {};
  }
  const std::string word = lower(written->value);
  const auto found = std::find_if(kLayers.begin(), kLayers.end(),
                                  [&](const Synonym& each) { return each.word == word; });
  return found == kLayers.end() ? word : std::string(found->layer);
}

MaybeText target_path(const Contract& contract) {
  if (contract.materialization) {
    if (contract.materialization->target_path) {
      return contract.materialization->target_path;
    }
    if (contract.materialization->location) {
      return contract.materialization->location;
    }
  }
  return contract.server ? contract.server->path : std::nullopt;
}

const Link* find_link(const Contract& contract, std::string_view name) {
  const auto found = std::find_if(contract.links.begin(), contract.links.end(),
                                  [&](const Link& link) { return link.name.value == name; });
  return found == contract.links.end() ? nullptr : &*found;
}

}  // namespace sluice::contract
