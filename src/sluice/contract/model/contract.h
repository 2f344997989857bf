// The typed contract: every key of the Open Lakehouse Contract 0.28 and of LakeLogic's own
// spelling, shorthands normalised, defaults filled in. It is what checks read, what is lowered to
// plan values and what `explain --key`, `diff`, `ddl` and the exports look at. A plain aggregate
// without behaviour; values keep the place where they were written. Invariant: a contract that
// check_contract calls runnable holds no contradiction that needs no engine to see; SQL is text
// here and is bound elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/contract/model/field.h"
#include "sluice/contract/model/materialization.h"
#include "sluice/contract/model/operations.h"
#include "sluice/contract/model/quality.h"
#include "sluice/contract/model/source.h"
#include "sluice/contract/model/transformation.h"
#include "sluice/contract/model/value.h"

namespace sluice::contract {

/// A document that writes `version` is judged as the standard is; one without it is in LakeLogic's
/// own spelling, where `version`, `info`, `model` and a few more may be absent.
enum class Spelling : std::uint8_t { Olc, LakeLogic };

/// Whose SQL the contract's expressions are.
enum class SqlDialect : std::uint8_t { Duckdb, Spark };

struct Info {
  MaybeText title;
  MaybeText table_name;
  Text version{"1.0.0", {}};
  MaybeText description;
  MaybeText owner;
  MaybeText contact;    // the text form
  TextMap contact_map;  // the map form
  MaybeText target_layer;
  MaybeText status;
  MaybeText classification;
  MaybeText domain;
  MaybeText system;
  MaybeText data_product;
  MaybeText data_product_output;
  Place span;
  friend bool operator==(const Info&, const Info&) = default;
};

struct Contract {
  Spelling spelling = Spelling::Olc;
  MaybeText version;
  Info info;
  Model model;
  std::optional<Source> source;
  std::optional<Server> server;
  std::vector<Pair<Environment>> environments;
  std::vector<Link> links;
  MaybeText dataset;
  Texts primary_key;
  Texts natural_key;
  std::vector<Transformation> transformations;
  Quality quality;
  Quarantine quarantine;
  std::optional<SchemaPolicy> schema_policy;
  std::optional<Materialization> materialization;
  Lineage lineage;
  ServiceLevels service_levels;
  std::optional<ExternalLogic> external_logic;
  std::optional<Extraction> extraction;
  std::optional<Retention> retention;  // compliance.retention
  MaybeBag compliance;                 // the whole block as written
  MaybeBag metadata;
  MaybeBag observatory;
  MaybeBag ownership;
  MaybeBag extensions;
  MaybeBag stages;
  Texts upstream;
  std::vector<UpstreamContract> upstream_contracts;
  std::vector<UpstreamSource> upstream_sources;
  std::vector<DownstreamConsumer> downstream;
  MaybeText schedule;
  MaybeText logic;
  MaybeText tier;
  MaybeText contract_file_name;
  At<SqlDialect> sql_dialect{SqlDialect::Duckdb, {}};
  Place span;

  friend bool operator==(const Contract&, const Contract&) = default;
};

/// server.schema_policy where it is written, else schema_policy, else allow and allow.
SchemaPolicy effective_schema_policy(const Contract& contract);

/// The name of the written table: info.table_name, dataset, or the title in lower_snake_case.
std::string table_name(const Contract& contract);

/// bronze, silver, gold, reference or the word as written: tier, else info.target_layer; synonyms
/// are folded ("curated" is gold). Empty when neither is written.
std::string layer(const Contract& contract);

/// Where the target lies: materialization.target_path, materialization.location, else server.path.
MaybeText target_path(const Contract& contract);

/// The link of that name, or nullptr.
const Link* find_link(const Contract& contract, std::string_view name);

}  // namespace sluice::contract
