#include "sluice/contract/ddl/ddl.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/lower/lower.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/dialect/spark/spark.h"

namespace sluice::contract {
namespace {

/// How a layout is asked for.
enum class Layout : std::uint8_t { None, InCreate, Altered };

/// What tells one keeper of tables from another.
struct Keeper {
  std::string_view name;
  const dialect::Dialect& (*dialect)();
  std::string_view format;  // behind USING; empty: the clause does not exist
  Layout partitions;
  Layout clusters;
  bool clusters_beside_partitions;
  bool has_properties;       // TBLPROPERTIES
  bool has_location;         // LOCATION
  bool comments_in_columns;  // else COMMENT ON
};

constexpr std::array<Keeper, 5> kKeepers{{
    {.name = "iceberg",
     .dialect = dialect::spark_iceberg_dialect,
     .format = "iceberg",
     .partitions = Layout::InCreate,
     .clusters = Layout::Altered,
     .clusters_beside_partitions = true,
     .has_properties = true,
     .has_location = true,
     .comments_in_columns = true},
    {.name = "delta",
     .dialect = dialect::spark_iceberg_dialect,
     .format = "delta",
     .partitions = Layout::InCreate,
     .clusters = Layout::InCreate,
     .clusters_beside_partitions = false,
     .has_properties = true,
     .has_location = true,
     .comments_in_columns = true},
    {.name = "duckdb",
     .dialect = dialect::duckdb_dialect,
     .format = "",
     .partitions = Layout::None,
     .clusters = Layout::None,
     .clusters_beside_partitions = false,
     .has_properties = false,
     .has_location = false,
     .comments_in_columns = false},
    {.name = "ducklake",
     .dialect = dialect::duckdb_dialect,
     .format = "",
     .partitions = Layout::Altered,
     .clusters = Layout::None,
     .clusters_beside_partitions = false,
     .has_properties = false,
     .has_location = false,
     .comments_in_columns = false},
    {.name = "spark",
     .dialect = dialect::spark_iceberg_dialect,
     .format = "parquet",
     .partitions = Layout::InCreate,
     .clusters = Layout::None,
     .clusters_beside_partitions = false,
     .has_properties = true,
     .has_location = true,
     .comments_in_columns = true},
}};

constexpr auto kNames = [] {
  std::array<std::string_view, kKeepers.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = kKeepers[i].name;
  }
  return names;
}();

bool is_address(std::string_view text) {
  return text.find("://") != std::string_view::npos || text.starts_with('/');
}

/// A name in a catalog: `lake.silver.trips`, but no path and no file.
bool is_catalog_name(std::string_view text) {
  return text.find_first_of("/{$") == std::string_view::npos &&
         text.find('.') != std::string_view::npos && !text.starts_with('.') &&
         !text.ends_with(".parquet");
}

std::vector<std::string> names(const Texts& texts) {
  std::vector<std::string> list;
  for (const Text& text : texts) {
    list.push_back(text.value);
  }
  return list;
}

class Writer {
 public:
  Writer(const Contract& contract, const Keeper& keeper)
      : contract_(contract), keeper_(keeper), dialect_(keeper.dialect()) {}

  Result<std::string> write(const DdlOptions& options);

 private:
  Status write_columns(const schema::Schema& columns);
  void write_key();
  void write_layout();
  void write_properties();
  void write_location();
  void write_comments(const schema::Schema& columns);
  void write_notes();
  Status name_table(const DdlOptions& options);
  void note(std::string text);

  std::string comment_of(const std::string& column) const;
  std::string text(std::string_view value) const { return dialect_.quote_text(value); }
  std::string column(std::string_view name) const {
    return dialect::quote_identifier(name, dialect_.identifier_quote);
  }
  std::string columns(const std::vector<std::string>& list) const {
    return dialect::quote_columns(list, "", dialect_.identifier_quote);
  }
  const Texts& partitions() const {
    static const Texts kNone;
    return contract_.materialization ? contract_.materialization->partition_by : kNone;
  }
  const Texts& clusters() const {
    static const Texts kNone;
    return contract_.materialization ? contract_.materialization->cluster_by : kNone;
  }
  bool can_cluster() const {
    return keeper_.clusters != Layout::None &&
           (keeper_.clusters_beside_partitions || partitions().empty());
  }

  const Contract& contract_;
  const Keeper& keeper_;
  const dialect::Dialect& dialect_;
  std::string table_;
  std::string out_;
  std::string notes_;
};

Status Writer::name_table(const DdlOptions& options) {
  const MaybeText target = target_path(contract_);
  std::string written = options.name;
  if (written.empty() && target) {
    std::string_view place = target->value;
    if (place.starts_with("table:")) {
      place.remove_prefix(6);
    }
    written = is_catalog_name(place) ? std::string(place) : "";
  }
  plan::TableId id{{table_name(contract_)}};
  if (!written.empty()) {
    SLUICE_TRY(id, plan::parse_table_id(written));
  }
  if (id.table().empty()) {
    return make_error(ErrorCode::InvalidArgument, "the contract does not name its table")
        .with_hint("give --name, or write info.table_name in the contract");
  }
  table_ = dialect::quote_table(id, dialect_.identifier_quote);
  return {};
}

/// A comment ends with its line, so no name may end the line.
void Writer::note(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  notes_ += "-- " + text + "\n";
}

std::string Writer::comment_of(const std::string& column) const {
  const Field* field = contract_.model.find(column);
  return field != nullptr && field->description ? field->description->value : "";
}

Status Writer::write_columns(const schema::Schema& columns) {
  for (std::size_t i = 0; i < columns.fields.size(); ++i) {
    const schema::Field& field = columns.fields[i];
    SLUICE_TRY_IN(const std::string type, dialect_.render_type(field.type),
                  fmt::format("spelling the type of column '{}'", field.name));
    out_ += fmt::format("{}  {} {}{}", i == 0 ? "" : ",\n", column(field.name), type,
                        field.nullable ? "" : " NOT NULL");
    const std::string comment = comment_of(field.name);
    if (keeper_.comments_in_columns && !comment.empty()) {
      out_ += " COMMENT " + text(comment);
    }
  }
  return {};
}

/// Only a merge keeps its key unique.
void Writer::write_key() {
  const bool is_unique = contract_.materialization && !contract_.primary_key.empty() &&
                         contract_.materialization->strategy.value == Strategy::Merge;
  if (!is_unique) {
    return;
  }
  const std::string key = columns(names(contract_.primary_key));
  if (dialect_.has_primary_key && keeper_.partitions == Layout::None) {
    out_ += fmt::format(",\n  PRIMARY KEY ({})", key);
  } else {
    note(fmt::format("{} keeps no primary key; runs keep this one unique: {}", keeper_.name, key));
  }
}

void Writer::write_layout() {
  if (!partitions().empty() && keeper_.partitions == Layout::InCreate) {
    out_ += fmt::format("\nPARTITIONED BY ({})", columns(names(partitions())));
  }
  if (!clusters().empty() && keeper_.clusters == Layout::InCreate && can_cluster()) {
    out_ += fmt::format("\nCLUSTER BY ({})", columns(names(clusters())));
  }
}

void Writer::write_properties() {
  const TextMap none;
  const TextMap& properties =
      contract_.materialization ? contract_.materialization->table_properties : none;
  // Spark's parser refuses what it keeps itself.
  constexpr std::array<std::string_view, 5> kReserved{"owner", "provider", "location", "external",
                                                      "is_managed_location"};
  std::string list;
  std::string left_out;
  for (const auto& property : properties) {
    const bool is_reserved = std::ranges::find(kReserved, property.key.value) != kReserved.end();
    if (!keeper_.has_properties || is_reserved) {
      left_out += " " + property.key.value;
    } else {
      list += fmt::format("{}\n  {} = {}", list.empty() ? "" : ",", text(property.key.value),
                          text(property.value.value));
    }
  }
  if (!left_out.empty()) {
    note(fmt::format(
        "{} {}; these are left out:{}", keeper_.name,
        keeper_.has_properties ? "keeps some table properties itself" : "has no table properties",
        left_out));
  }
  if (!list.empty()) {
    out_ += "\nTBLPROPERTIES (" + list + "\n)";
  }
}

void Writer::write_location() {
  const MaybeText target = target_path(contract_);
  if (keeper_.has_location && target && is_address(target->value)) {
    out_ += "\nLOCATION " + text(target->value);
  }
}

void Writer::write_comments(const schema::Schema& columns) {
  const std::string about = contract_.info.description ? contract_.info.description->value : "";
  if (keeper_.comments_in_columns) {
    return;
  }
  if (!about.empty()) {
    out_ += fmt::format("COMMENT ON TABLE {} IS {};\n", table_, text(about));
  }
  for (const schema::Field& field : columns.fields) {
    if (const std::string comment = comment_of(field.name); !comment.empty()) {
      out_ += fmt::format("COMMENT ON COLUMN {}.{} IS {};\n", table_, column(field.name),
                          text(comment));
    }
  }
}

/// What only tunes and has no word here is said, not passed over.
void Writer::write_notes() {
  if (!partitions().empty() && keeper_.partitions == Layout::None) {
    note(fmt::format("{} keeps no partitions; partition_by is left out: {}", keeper_.name,
                     columns(names(partitions()))));
  }
  if (!clusters().empty() && !can_cluster()) {
    note(fmt::format("{}{} does not cluster; cluster_by is left out: {}", keeper_.name,
                     keeper_.clusters == Layout::None ? "" : " with partitions",
                     columns(names(clusters()))));
  }
}

Result<std::string> Writer::write(const DdlOptions& options) {
  SLUICE_CHECK(name_table(options));
  SLUICE_TRY(const schema::Schema columns_made,
             lower_target_columns(contract_, {.path = options.path}));
  out_ = fmt::format("CREATE TABLE IF NOT EXISTS {} (\n", table_);
  SLUICE_CHECK(write_columns(columns_made));
  write_key();
  out_ += "\n)";
  if (!keeper_.format.empty()) {
    out_ += fmt::format("\nUSING {}", keeper_.format);
  }
  write_layout();
  if (keeper_.comments_in_columns && contract_.info.description) {
    out_ += "\nCOMMENT " + text(contract_.info.description->value);
  }
  write_location();
  write_properties();
  out_ += ";\n";
  write_comments(columns_made);
  if (!partitions().empty() && keeper_.partitions == Layout::Altered) {
    out_ += fmt::format("ALTER TABLE {} SET PARTITIONED BY ({});\n", table_,
                        columns(names(partitions())));
  }
  if (!clusters().empty() && keeper_.clusters == Layout::Altered) {
    out_ +=
        fmt::format("ALTER TABLE {} WRITE ORDERED BY {};\n", table_, columns(names(clusters())));
  }
  write_notes();
  return notes_ + out_;
}

/// Spark keeps a table in the format that the contract names, each with a layout of its own.
std::string keeper_name(const Contract& contract, std::string_view dialect) {
  if (dialect == "spark" && contract.materialization && contract.materialization->format) {
    const std::string& format = contract.materialization->format->value;
    if (format == "delta" || format == "iceberg") {
      return format;
    }
  }
  return std::string(dialect);
}

}  // namespace

std::span<const std::string_view> ddl_dialects() { return kNames; }

Result<std::string> render_ddl(const Contract& contract, std::string_view dialect,
                               const DdlOptions& options) {
  const std::string name = keeper_name(contract, dialect);
  const auto* keeper = std::ranges::find(kKeepers, name, &Keeper::name);
  if (keeper == kKeepers.end()) {
    return make_error(ErrorCode::InvalidArgument, fmt::format("no such dialect: '{}'", dialect))
        .with_hint("iceberg, delta, duckdb, ducklake or spark");
  }
  if (contract.model.fields.empty()) {
    return make_error(ErrorCode::InvalidContract, "the contract declares no columns")
        .with_hint("write model.fields: a table is made of them");
  }
  return Writer(contract, *keeper).write(options);
}

}  // namespace sluice::contract
