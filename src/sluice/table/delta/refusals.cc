#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/table/delta/actions_internal.h"
#include "sluice/table/delta/metadata_internal.h"
#include "sluice/table/delta/refusals_internal.h"
#include "sluice/table/delta/types_internal.h"
#include "sluice/table/files/layout.h"

namespace sluice::table::delta {
namespace {

bool may_partition(const schema::LogicalType& type) {
  return std::holds_alternative<schema::Boolean>(type.kind) ||
         std::holds_alternative<schema::Integer>(type.kind) ||
         std::holds_alternative<schema::Decimal>(type.kind) ||
         std::holds_alternative<schema::Text>(type.kind) ||
         std::holds_alternative<schema::Date>(type.kind) ||
         std::holds_alternative<schema::Timestamp>(type.kind);
}

/// Files that a write of ours named are no table of another kind: a first commit that died left
/// them, or one that is about to come has them ready. The log alone says what the table holds.
std::string_view foreign_format(std::string_view path) {
  return path.starts_with("_sluice/manifest/")             ? "a Parquet folder"
         : path.ends_with(".metadata.json")                ? "an Iceberg table"
         : is_named_by_ingest(file_name(path), ".parquet") ? ""
         : path.ends_with(".parquet")                      ? "Parquet files"
                                                           : "";
}

/// A stream may be quiet for as long.
constexpr std::chrono::hours kKeysKeptMin = std::chrono::days(30);

/// "interval 12 hours", as Delta writes durations; empty for what is none.
std::optional<std::chrono::microseconds> parse_interval(const std::string& text) {
  std::istringstream words(text);
  std::string interval;
  std::string unit;
  std::int64_t count = 0;
  if (!(words >> interval >> count >> unit) || !schema::same_column(interval, "interval")) {
    return std::nullopt;
  }
  const std::pair<std::string_view, std::chrono::microseconds> units[] = {
      {"nanosecond", std::chrono::microseconds(0)},
      {"microsecond", std::chrono::microseconds(1)},
      {"millisecond", std::chrono::milliseconds(1)},
      {"second", std::chrono::seconds(1)},
      {"minute", std::chrono::minutes(1)},
      {"hour", std::chrono::hours(1)},
      {"day", std::chrono::days(1)},
      {"week", std::chrono::weeks(1)},
  };
  constexpr std::int64_t kCountMax = 100'000;
  for (const auto& [name, one] : units) {
    if (schema::same_column(unit, name) || schema::same_column(unit, fmt::format("{}s", name))) {
      return count > kCountMax && one >= std::chrono::hours(1) ? kKeysKeptMin : count * one;
    }
  }
  return std::nullopt;
}

/// What the kernel does for a feature it does where the property is true in small letters; other
/// programs take any for true, and expect it of every commit.
Status check_truths(const Snapshot& snapshot) {
  for (const char* name : {"delta.enableInCommitTimestamps", "delta.enableIcebergCompatV1",
                           "delta.enableIcebergCompatV2", "delta.enableIcebergCompatV3"}) {
    if (snapshot.is_on(name) && snapshot.state().properties.at(name) != "true") {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("a table is not written that turns a feature on by other "
                                    "letters than 'true': {} = {}",
                                    name, snapshot.state().properties.at(name)))
          .with_hint("Set the property to true in small letters with the program that made it.");
    }
  }
  return {};
}

/// Of the newest protocol in the log; empty where the entry is cleaned away. The kernel's own word
/// does not have it.
std::string render_writer_version(const Snapshot& snapshot) {
  std::int64_t found = 0;
  for (std::int64_t version = snapshot.state().version; version >= 0 && found == 0; --version) {
    std::ifstream file(fmt::format("{}/{}", snapshot.root(), entry_path(version)));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const Status read = read_actions(text, entry_path(version), {"protocol"},
                                     [&](std::string_view, const nlohmann::json& action) -> Status {
                                       const auto told = action.find("minWriterVersion");
                                       if (told != action.end() && told->is_number_integer()) {
                                         found = told->get<std::int64_t>();
                                       }
                                       return {};
                                     });
    if (!file.is_open() || !read.has_value()) {
      break;
    }
  }
  return found == 0 ? "" : fmt::format(" (writer version {})", found);
}

}  // namespace

Status check_layout(const plan::CreateTable& create) {
  SLUICE_CHECK(check_file_columns(create));
  SLUICE_CHECK(check_delta_schema(create.schema));
  SLUICE_CHECK(check_file_partitions(create, "Delta table"));
  for (const plan::PartitionField& field : create.partition_by) {
    const schema::LogicalType& type = create.schema.find(field.column)->type;
    if (!may_partition(type)) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("a Delta table is not partitioned by a column of type '{}'",
                                    schema::to_string(type)))
          .with_hint("Partition by a text, a whole number, a decimal, a date or a timestamp.");
    }
  }
  return {};
}

Status check_new(const Context& context, storage::Storage& storage, const plan::CreateTable& create,
                 const Properties& properties) {
  SLUICE_CHECK(check_folder_is_free(context, storage, "Delta table", foreign_format));
  SLUICE_CHECK(check_form(create.schema, properties));
  return check_properties(create, properties);
}

Status check_operation(const Snapshot& snapshot, std::string_view operation) {
  const bool appends = operation == "append";
  if (!snapshot.refusal().empty()) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("the table has a feature that Sluice does not write{}; nothing "
                                  "was written: '{}'",
                                  render_writer_version(snapshot), snapshot.root()))
        .with_native(snapshot.refusal())
        .with_hint(
            "Write it with the program that made it, or copy it to a new table. A table of writer "
            "version 3 to 6 counts as one with all features of that version.");
  }
  SLUICE_CHECK(check_truths(snapshot));
  if (snapshot.is_on("delta.appendOnly") && !appends) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("the table takes appends alone (delta.appendOnly), not '{}'", operation))
        .with_hint("Set delta.appendOnly to false, or append.");
  }
  if (snapshot.is_on("delta.enableRowTracking") && !appends) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a table that tracks its rows (delta.enableRowTracking) takes "
                                  "appends, not '{}': rewritten rows would lose their numbers",
                                  operation))
        .with_hint("Set delta.enableRowTracking to false, or write it with Spark.");
  }
  if (snapshot.has_change_feed() && !appends) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("a table with change data feed takes appends, not '{}'", operation))
        .with_hint("Set delta.enableChangeDataFeed to false, or write it with Spark.");
  }
  return {};
}

Status check_partitions(const Snapshot& snapshot) {
  for (const plan::PartitionField& field : snapshot.state().partition_by) {
    const schema::Field* column = snapshot.state().schema.find(field.column);
    if (column != nullptr && !may_partition(column->type)) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("the Delta table is partitioned by '{}' of type '{}', and "
                                    "such tables are not written",
                                    field.column, schema::to_string(column->type)))
          .with_hint(
              "Write it with the program that made it, or copy it to a table that is "
              "partitioned by a text, a whole number, a decimal, a date or a timestamp.");
    }
  }
  return {};
}

Status check_retention(const Snapshot& snapshot, std::string_view key) {
  constexpr std::string_view kProperty = "delta.setTransactionRetentionDuration";
  const auto found = snapshot.state().properties.find(std::string(kProperty));
  if (found == snapshot.state().properties.end() || !is_numbered(key)) {
    return {};
  }
  const auto kept = parse_interval(found->second);
  if (!kept.has_value() || *kept >= kKeysKeptMin) {
    return {};
  }
  return make_error(
             ErrorCode::Unsupported,
             fmt::format("the Delta table forgets the batches of a stream too soon: {} = {}; "
                         "a stream that is quiet for longer would write its newest batch "
                         "again",
                         kProperty, found->second))
      .with_hint(
          fmt::format("Set the property to 30 days or more, for instance by table_properties: "
                      "{{{}: interval 365 days}} and `sluice ddl CONTRACT --apply`.",
                      kProperty));
}

Status check_defaults(const Snapshot& snapshot, const plan::Write& write) {
  if (std::holds_alternative<plan::DeleteWhere>(write.mode)) {
    return {};
  }
  for (const std::string& column : snapshot.defaulted()) {
    if (write.schema.find(column) == nullptr) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("a column of the Delta table has a default, which Sluice does "
                                    "not fill in, and the rows do not bring it "
                                    "(delta.feature.allowColumnDefaults): '{}'",
                                    column))
          .with_hint(
              "bring the column (a field of the model, a `derive` step), or write the table "
              "with the program that made it");
    }
  }
  return {};
}

}  // namespace sluice::table::delta
