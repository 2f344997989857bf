// Tables of the contract itself: root, info, model and quality.
#include <array>

#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/document/document_words.h"
#include "sluice/contract/document/shapes_internal.h"
#include "sluice/contract/read/nullable.h"
#include "sluice/contract/read/reader.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract {
namespace {

/// A word that is almost right must never leave a value in clear, so it has a code of its own.
void read_masking(Reader& reader, const Node& node, Field& field) {
  if (node.is_null()) {
    if (!node.text.empty()) {  // `null` is a masking of the standard, and YAML's null as well
      field.masking = At<Masking>{Masking::Nullify, node.span};
    }
    return;
  }
  const std::span<const std::string_view> words = internal::word_texts<Masking>();
  for (const Word<Masking>& each : words_of<Masking>()) {
    if (node.is_scalar() && each.word == node.text) {
      field.masking = At<Masking>{each.value, node.span};
      if (each.word == "tokenize") {
        reader.out().add(Code::DeprecatedKey, node.span,
                         "'tokenize' is read as 'encrypt'; no vault is used");
      }
      return;
    }
  }
  reader.out().add(
      Code::UnknownMasking, node.span,
      "expected " + quoted_list(words.first(5)) + " for 'masking', and came " + describe(node),
      did_you_mean(node.text, words));
}

void read_field_rules(Reader& reader, const Node& node, Field& field) {
  read_row_rules(reader, node, field.rules, RuleOrigin::FieldRule);
}

void read_quality_rules(Reader& reader, const Node& node, Quality& quality) {
  read_row_rules(reader, node, quality.row_rules);
}

void read_quality_dataset_rules(Reader& reader, const Node& node, Quality& quality) {
  read_dataset_rules(reader, node, quality.dataset_rules);
}

void read_steps(Reader& reader, const Node& node, Contract& contract) {
  read_transformations(reader, node, contract.transformations);
}

/// A text, or a map of texts.
void read_contact(Reader& reader, const Node& node, Info& info) {
  if (node.is_mapping()) {
    read_value(reader, node, info.contact_map);
  } else {
    read_value(reader, node, info.contact);
  }
}

/// Open, but for the period for which rows are kept.
void read_compliance(Reader& reader, const Node& node, Contract& contract) {
  if (!internal::begin_map(reader, node, expected_kind(ValueKind::Object))) {
    return;
  }
  contract.compliance = node;
  if (const Node* retention = node.find("retention")) {
    const Reader::Step step(reader, "retention");
    read_value(reader, *retention, contract.retention);
  }
}

/// Free data of vendors, each under a name that cannot collide.
void read_extensions(Reader& reader, const Node& node, Contract& contract) {
  if (!internal::begin_map(reader, node, expected_kind(ValueKind::Object))) {
    return;
  }
  contract.extensions = node;
  for (const Entry& entry : node.entries) {
    bool is_namespaced = false;
    bool is_clean = !entry.key.empty();
    char last = '.';
    for (const char c : entry.key) {
      const bool is_letter =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      const bool is_separator = c == '.' || c == '-' || c == '_';
      const bool after_letter = last != '.' && last != '-' && last != '_';
      is_clean = is_clean && (is_letter || (is_separator && after_letter));
      is_namespaced = is_namespaced || is_separator;
      last = c;
    }
    if (!is_clean || !is_namespaced || last == '.' || last == '-' || last == '_') {
      reader.out().add(
          Code::ExtensionName, entry.key_span,
          "expected a namespaced key such as com.acme.retention, and came '" + entry.key + "'");
    }
  }
}

template <auto Member>
void read_open_map(Reader& reader, const Node& node, Contract& contract) {
  if (!node.is_null() && internal::begin_map(reader, node, expected_kind(ValueKind::Object))) {
    contract.*Member = node;
  }
}

template <auto Member>
constexpr Key open_map(std::string_view name, std::string_view summary, Support support) {
  return custom<&read_open_map<Member>, Contract>(name, summary, ValueKind::Anything, support);
}

/// Read after the rest of the document (read_contract.cc), because it adds to materialization.
void read_soft_deletes(Reader& reader, const Node& node, Contract&) {
  (void)internal::begin_map(reader, node, expected_kind(ValueKind::Object));
}

/// The typed part of compliance; the rest of it is open.
constexpr std::array kComplianceKeys{
    key<&Contract::retention>("retention", "How long rows are kept", Support::Recorded)};
constexpr Shape kCompliance{"compliance", kComplianceKeys};
const Shape& compliance_shape() { return kCompliance; }

constexpr std::array kInfoKeys{
    standard<&Info::title>("title", "Name for people", "the file's name is taken"),
    key<&Info::table_name>("table_name", "Name of the table"),
    key<&Info::version>("version", "Version of the data (1.0.0)"),
    key<&Info::description>("description", "What the data is", Support::Recorded),
    key<&Info::owner>("owner", "Who answers for it", Support::Recorded),
    custom<&read_contact, Info>("contact", "How to reach them", ValueKind::Anything,
                                Support::Recorded),
    key<&Info::target_layer>("target_layer", "bronze, silver, gold ..."),
    key<&Info::status>("status", "draft, active or deprecated", Support::Recorded),
    key<&Info::classification>("classification", "public, internal, confidential ...",
                               Support::Recorded),
    key<&Info::domain>("domain", "Domain of the mesh"),
    key<&Info::system>("system", "System of the domain"),
    key<&Info::data_product>("data_product", "Id of the product it belongs to", Support::Recorded),
    key<&Info::data_product_output>("data_product_output", "Id of the product's output",
                                    Support::Recorded),
};

constexpr std::array kForeignKeyKeys{
    required<&ForeignKey::contract>("contract", "Contract of the other table"),
    required<&ForeignKey::column>("column", "Its column"),
    key<&ForeignKey::severity>("severity", "error, warning or info (error)"),
};

using F = Field;
constexpr std::array kFieldKeys{
    required<&F::name>("name", "Name of the column"),
    standard<&F::type>("type", "Type of the column", "it is read as 'string'"),
    key<&F::required>("required", "Whether a row without a value is bad (false)"),
    key<&F::pii>("pii", "Personal data (false)"),
    key<&F::phi>("phi", "Health data (false)"),
    key<&F::sensitive>("sensitive", "Otherwise sensitive data (false)"),
    key<&F::classification>("classification", "public, internal, confidential ...",
                            Support::Recorded),
    key<&F::description>("description", "What the column holds", Support::Recorded),
    custom<&read_field_rules, F>("rules", "Row rules of this column", ValueKind::ObjectList,
                                 Support::Acted, &row_rule_shape),
    key<&F::accepted_values>("accepted_values", "The allowed values"),
    key<&F::min>("min", "Least value"),
    key<&F::max>("max", "Greatest value"),
    nullable<&F::foreign_key>("foreign_key", "Column of another contract", Support::Later),
    key<&F::nullable>("nullable", "Whether the table's column takes NULL", Support::Recorded),
    key<&F::milestone>("milestone", "A milestone of a fact (false)", Support::Recorded),
    key<&F::generated>("generated", "Made by the platform (false)"),
    key<&F::security_groups>("security_groups", "Who may see the clear value", Support::Recorded),
    custom<&read_masking, F>("masking", "nullify, redact, hash, partial or encrypt",
                             ValueKind::Word),
    key<&F::masking_format>("masking_format", "What `partial` leaves: email, phone or a template"),
    key<&F::pii_vault>("pii_vault", "Vault of the clear values", Support::Later),
    key<&F::extraction_task>("extraction_task", "What is extracted; metadata: by a pattern"),
    key<&F::extraction_examples>("extraction_examples", "Its pattern, for the provider regex"),
    key<&F::max_length>("max_length", "Longest text in characters"),
    nullable<&F::range>("range", "[begin, end) in a fixed-width line, from 0"),
    key<&F::declassify>("declassify", "Why a column made from a masked one may be clear"),
};

constexpr std::array kModelKeys{
    key<&Model::fields>("fields", "Columns"),
    key<&Model::grain>("grain", "What a row is, in words", Support::Recorded),
    key<&Model::grain_key>("grain_key", "Columns that tell rows apart", Support::Recorded),
};

constexpr std::array kQualityKeys{
    key<&Quality::enforce_required>("enforce_required", "Judge required fields (true)"),
    key<&Quality::fail_pipeline_on_dataset_error>("fail_pipeline_on_dataset_error",
                                                  "A failed dataset rule fails the run (false)"),
    custom<&read_quality_rules, Quality>("row_rules", "Rules that each row must fulfil",
                                         ValueKind::ObjectList, Support::Acted, &row_rule_shape),
    custom<&read_quality_dataset_rules, Quality>("dataset_rules", "Rules of the whole batch",
                                                 ValueKind::ObjectList, Support::Acted,
                                                 &dataset_rule_shape),
};

using C = Contract;
constexpr std::array kContractKeys{
    standard<&C::version>("version", "Version of the contract, major.minor.patch",
                          "the contract is read in LakeLogic's spelling"),
    standard<&C::info>("info", "Names and owners", "the file's name names the data"),
    standard<&C::model>("model", "The declared columns", "every column is let through"),
    key<&C::source>("source", "Where data comes from"),
    key<&C::server>("server", "Where the data lives"),
    key<&C::environments>("environments", "Places per environment, for --env"),
    key<&C::links>("links", "Reference data for SQL, lookups and rules"),
    key<&C::dataset>("dataset", "Logical name of the table"),
    key<&C::primary_key>("primary_key", "Columns that identify a row"),
    key<&C::natural_key>("natural_key", "Deprecated; primary_key is the key", Support::Recorded),
    custom<&read_steps, C>("transformations", "Steps between source and target",
                           ValueKind::ObjectList, Support::Acted, &transformation_shape),
    key<&C::quality>("quality", "Rules that rows and batches must fulfil"),
    key<&C::quarantine>("quarantine", "What happens to bad rows"),
    key<&C::schema_policy>("schema_policy", "How a changed schema is handled"),
    key<&C::materialization>("materialization", "How the target is written"),
    key<&C::lineage>("lineage", "Columns that say where a row comes from"),
    key<&C::service_levels>("service_levels", "Freshness, volume and availability"),
    key<&C::external_logic>("external_logic", "A script between source and steps"),
    key<&C::extraction>("extraction", "Columns taken out of text"),
    custom<&read_compliance, C>("compliance", "Regulations and controls", ValueKind::Anything,
                                Support::Recorded, &compliance_shape),
    open_map<&C::metadata>("metadata", "Free data", Support::Recorded),
    open_map<&C::observatory>("observatory", "Where runs are reported to", Support::Later),
    open_map<&C::ownership>("ownership", "Contacts and cost centre", Support::Recorded),
    custom<&read_extensions, C>("extensions", "Data of vendors, under namespaced keys",
                                ValueKind::Anything, Support::Recorded),
    open_map<&C::stages>("stages", "Overrides per stage, for --stage", Support::Acted),
    key<&C::upstream>("upstream", "Data sets that are read from", Support::Recorded),
    key<&C::upstream_contracts>("upstream_contracts", "Contracts read from", Support::Recorded),
    key<&C::upstream_sources>("upstream_sources", "Sources read from", Support::Recorded),
    key<&C::downstream>("downstream", "Who reads the data", Support::Recorded),
    key<&C::schedule>("schedule", "Cron line of the intended runs", Support::Recorded),
    key<&C::logic>("logic", "Inline code", Support::LaterRows),
    key<&C::tier>("tier", "bronze, silver, gold, or a criticality"),
    key<&C::tier>("layer", "Same as tier"),
    key<&C::tier>("target_layer", "Same as tier"),
    key<&C::contract_file_name>("contract_file_name", "Name of the file", Support::Recorded),
    custom<&read_soft_deletes, C>("soft_deletes", "Older spelling of materialization.soft_delete_*",
                                  ValueKind::Object),
    key<&C::sql_dialect>("sql_dialect", "Whose SQL the expressions are: duckdb or spark (duckdb)"),
};

constexpr Shape kInfo{"info", kInfoKeys};
constexpr Shape kForeignKey{"model.fields[].foreign_key", kForeignKeyKeys};
constexpr Shape kField{"model.fields[]", kFieldKeys};
constexpr Shape kModel{"model", kModelKeys};
constexpr Shape kQuality{"quality", kQualityKeys};
constexpr Shape kContract{"contract", kContractKeys};

}  // namespace

// clang-format off
template <> const Shape& shape_of<Info>() { return kInfo; }
template <> const Shape& shape_of<ForeignKey>() { return kForeignKey; }
template <> const Shape& shape_of<Field>() { return kField; }
template <> const Shape& shape_of<Model>() { return kModel; }
template <> const Shape& shape_of<Quality>() { return kQuality; }
template <> const Shape& shape_of<Contract>() { return kContract; }
// clang-format on

}  // namespace sluice::contract
