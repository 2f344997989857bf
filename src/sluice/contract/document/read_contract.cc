#include "sluice/contract/document/read_contract.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/contract/document/shapes_internal.h"
#include "sluice/contract/document/spark_texts_internal.h"

namespace sluice::contract {
namespace {

/// `soft_deletes: {enabled, flag_field, timestamp_field, reason_field}` of the root.
struct SoftDeletes {
  Flag enabled{true, {}};
  Text flag_field{"_lakelogic_is_deleted", {}};
  Text timestamp_field{"_lakelogic_deleted_at", {}};
  Text reason_field{"_lakelogic_delete_reason", {}};
};

constexpr std::array kSoftDeleteKeys{
    key<&SoftDeletes::enabled>("enabled", "Whether rows are marked (true)"),
    key<&SoftDeletes::flag_field>("flag_field", "Column that marks them"),
    key<&SoftDeletes::timestamp_field>("timestamp_field", "Column: when"),
    key<&SoftDeletes::reason_field>("reason_field", "Column: why"),
};
constexpr Shape kSoftDeletes{"soft_deletes", kSoftDeleteKeys};

void apply_soft_deletes(Reader& reader, const Node& node, Contract& contract) {
  SoftDeletes deletes;
  const Reader::Step step(reader, "soft_deletes");
  reader.read_object(node, kSoftDeletes, &deletes);
  if (!deletes.enabled.value) {
    return;
  }
  if (!contract.materialization) {
    contract.materialization = Materialization{};
  }
  Materialization& target = *contract.materialization;
  target.soft_delete_column = deletes.flag_field;
  target.soft_delete_time_column = deletes.timestamp_field;
  target.soft_delete_reason_column = deletes.reason_field;
  reader.out().add(Code::ShorthandRead, node.span,
                   "'soft_deletes' is read as 'materialization.soft_delete_column' and its time "
                   "and reason");
}

/// `materialization.primary_key` is the contract's key.
void move_primary_key(Reader& reader, Contract& contract) {
  if (!contract.materialization || contract.materialization->primary_key.empty()) {
    return;
  }
  const Texts key = std::exchange(contract.materialization->primary_key, {});
  if (!contract.primary_key.empty() && contract.primary_key != key) {
    reader.out().add(Code::ConflictingKeys, key.front().span,
                     "another key stands in 'primary_key' of the contract",
                     "remove 'materialization.primary_key'");
    return;
  }
  if (contract.primary_key.empty()) {
    reader.out().add(Code::ShorthandRead, key.front().span,
                     "'materialization.primary_key' is read as 'primary_key' of the contract");
    contract.primary_key = key;
  }
}

/// What patterns find in a text are columns of the model: those that the extraction's schema
/// declares are cast and judged as the model's own.
void take_output_schema(Contract& contract) {
  if (!contract.extraction || contract.model.fields.empty()) {
    return;
  }
  for (const Field& field : contract.extraction->output_schema) {
    if (contract.model.find(field.name.value) == nullptr) {
      contract.model.fields.push_back(field);
    }
  }
}

/// Change events are applied by key rather than appended, unless another strategy is written.
void settle_strategy(Reader& reader, Contract& contract) {
  const bool is_cdc = contract.source && contract.source->load_mode.value == LoadMode::Cdc;
  const bool is_written =
      contract.materialization && contract.materialization->strategy.is_written();
  if (!is_cdc || is_written || contract.primary_key.empty()) {
    return;
  }
  if (!contract.materialization) {
    contract.materialization = Materialization{};
  }
  contract.materialization->strategy.value = Strategy::Merge;
  reader.out().add(Code::ShorthandRead, contract.source->load_mode.span,
                   "'load_mode: cdc' without a strategy is read as 'strategy: merge'");
}

/// a.b.c without a slash or a prefix names a table of a catalog.
bool is_table_name(std::string_view path) {
  if (path.find_first_of("/\\:*{}$ ") != std::string_view::npos || path.starts_with('.')) {
    return false;
  }
  const auto dots = std::count(path.begin(), path.end(), '.');
  const std::string_view last = path.substr(path.find_last_of('.') + 1);
  constexpr std::array<std::string_view, 6> kEndings{"parquet", "csv",    "json",
                                                     "jsonl",   "duckdb", "db"};
  const bool is_file = std::find(kEndings.begin(), kEndings.end(), last) != kEndings.end();
  return (dots == 1 || dots == 2) && !is_file && !path.ends_with('.');
}

void note_table_target(Reader& reader, const Contract& contract) {
  if (!contract.materialization || !contract.materialization->target_path) {
    return;
  }
  const Text& path = *contract.materialization->target_path;
  if (is_table_name(path.value)) {
    reader.out().add(Code::ShorthandRead, path.span,
                     "the target is read as the name of a table: '" + path.value + "'",
                     "write table:" + path.value + ", or a path with '/'");
  }
}

/// `masking: null` masks a protected field, and is nothing on any other.
void settle_null_maskings(Reader& reader, Contract& contract, const Node& root) {
  const Node* model = root.find("model");
  const Node* fields = model == nullptr ? nullptr : model->find("fields");
  for (std::size_t i = 0; i < contract.model.fields.size(); ++i) {
    Field& field = contract.model.fields[i];
    const Node* written =
        fields != nullptr && i < fields->items.size() ? fields->items[i].find("masking") : nullptr;
    if (written == nullptr || !written->is_null() || !field.masking) {
      continue;
    }
    if (field.is_protected()) {
      reader.out().add(Code::ShorthandRead, field.masking->span,
                       "'masking: null' is read as 'nullify'");
    } else {
      field.masking.reset();
    }
  }
}

/// What a stage lays over the contract is in the contract's own words; it need not be whole.
void read_stages(const Node& root, std::string_view text, const ReadOptions& options,
                 Diagnostics& out) {
  const Node* stages = root.find("stages");
  if (stages == nullptr || !stages->is_mapping()) {
    return;
  }
  for (const Entry& stage : stages->entries) {
    Reader reader(text, out,
                  {.is_complete = false, .lenient = options.lenient, .is_olc = options.is_olc});
    if (stage.value.is_mapping()) {
      Contract laid_over;
      reader.read_object(stage.value, shape_of<Contract>(), &laid_over);
    } else if (!stage.value.is_null()) {
      const Reader::Step step(reader, stage.key);
      reader.report_wrong_type(stage.value, "a map of what differs");
    }
  }
}

}  // namespace

ReadContract read_contract(const Document& document, std::string_view text, bool lenient,
                           Diagnostics& out) {
  ReadContract result;
  if (!document.root || !document.root->is_mapping()) {
    if (document.is_complete) {
      out.add(Code::EmptyDocument, document.root ? document.root->span : Span{},
              "expected a map with keys such as 'model' and 'quality', and came " +
                  (document.root && !document.root->is_null() ? describe(*document.root)
                                                              : std::string("nothing")));
    }
    return result;
  }
  const Node& root = *document.root;
  Contract& contract = result.contract;
  const bool is_olc = root.find("version") != nullptr;
  contract.spelling = is_olc ? Spelling::Olc : Spelling::LakeLogic;
  contract.span = root.span;
  const ReadOptions options{
      .is_complete = document.is_complete, .lenient = lenient, .is_olc = is_olc};
  Reader reader(text, out, options);
  reader.read_object(root, shape_of<Contract>(), &contract);
  if (const Node* deletes = root.find("soft_deletes");
      deletes != nullptr && deletes->is_mapping()) {
    apply_soft_deletes(reader, *deletes, contract);
  }
  move_primary_key(reader, contract);
  take_output_schema(contract);
  settle_strategy(reader, contract);
  note_table_target(reader, contract);
  settle_null_maskings(reader, contract, root);
  read_stages(root, text, options, out);
  if (contract.sql_dialect.value == SqlDialect::Spark) {
    internal::translate_spark_texts(text, contract, out);
  }
  result.unsupported = reader.unsupported();
  return result;
}

const Shape& contract_shape() { return shape_of<Contract>(); }

}  // namespace sluice::contract
