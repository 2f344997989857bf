#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/overloaded.h"
#include "sluice/base/temp_folder.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/actions_internal.h"
#include "sluice/table/delta/metadata_internal.h"
#include "sluice/table/delta/past_internal.h"
#include "sluice/table/delta/types_internal.h"
#include "sluice/table/evolve.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/files/form.h"
#include "sluice/table/stored_form.h"

namespace sluice::table::delta {
namespace {

using nlohmann::json;

/// The metaData action of one entry; null when it has none.
Result<json> find_in_entry(const Context& context, storage::Storage& storage,
                           std::int64_t version) {
  const std::string path = entry_path(version);
  SLUICE_TRY(const auto text, storage.find(context, path, kLogEntryBytesMax));
  if (!text.has_value()) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("an entry of the table's log is gone: '{}'", path));
  }
  json metadata;
  const auto take = [&](std::string_view /*name*/, const json& action) -> Status {
    metadata = action;
    return {};
  };
  SLUICE_CHECK(read_actions(*text, path, {"metaData"}, take));
  return metadata;
}

/// The files of the newest checkpoint up to a version.
struct Checkpoint {
  std::int64_t version = -1;
  std::vector<std::string> places;
};

Result<Checkpoint> find_checkpoint(const Context& context, storage::Storage& storage,
                                   std::int64_t up_to) {
  constexpr std::string_view kLog = "_delta_log/";
  SLUICE_TRY(const auto objects, storage.list(context, "_delta_log"));
  Checkpoint newest;
  for (const storage::ObjectInfo& object : objects) {
    const std::string_view name = std::string_view(object.path).substr(kLog.size());
    const std::int64_t version = version_in_name(name);
    const bool is_one = name.find(".checkpoint.") != std::string_view::npos &&
                        name.ends_with(".parquet") && version <= up_to;
    if (!is_one || version < newest.version) {
      continue;
    }
    if (version > newest.version) {
      newest = {.version = version, .places = {}};
    }
    newest.places.push_back(storage.uri(object.path));
  }
  return newest;
}

Result<json> load_from_checkpoint(const Context& context, engine::Connection& connection,
                                  const Checkpoint& checkpoint) {
  SLUICE_TRY_IN(const auto rows,
                find_text_rows(
                    context, connection,
                    fmt::format("SELECT CAST(to_json(metaData) AS VARCHAR) FROM read_parquet([{}], "
                                "union_by_name = true) WHERE metaData IS NOT NULL",
                                quote_paths(checkpoint.places))),
                "reading a checkpoint");
  if (rows.size() != 1) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("expected one description of the table in the checkpoint of "
                                  "version {}, got {}",
                                  checkpoint.version, rows.size()));
  }
  SLUICE_TRY(json metadata, parse_document(rows[0][0].value_or(""), "a checkpoint"));
  for (auto member = metadata.begin(); member != metadata.end();) {
    member = member->is_null() ? metadata.erase(member) : std::next(member);
  }
  return metadata;
}

/// As it stands in the log, with all that we do not know.
Result<json> load_metadata(const Context& context, storage::Storage& storage,
                           engine::Connection& connection, std::int64_t version) {
  SLUICE_TRY(const Checkpoint checkpoint, find_checkpoint(context, storage, version));
  for (std::int64_t at = version; at > checkpoint.version; --at) {
    SLUICE_TRY(json metadata, find_in_entry(context, storage, at));
    if (!metadata.is_null()) {
      return metadata;
    }
  }
  if (checkpoint.version < 0) {
    return make_error(ErrorCode::Corrupt, "the table's log does not describe the table");
  }
  return load_from_checkpoint(context, connection, checkpoint);
}

Status apply(json& fields, const schema::Change& change) {
  if (const auto* add = std::get_if<schema::AddColumn>(&change)) {
    SLUICE_TRY(const json made, render_delta_schema({.fields = {add->field}}));
    fields.push_back(made.at("fields").at(0));
    return {};
  }
  const auto& optional = std::get<schema::ChangeNullability>(change);
  for (json& field : fields) {
    if (schema::same_column(field.value("name", ""), optional.name)) {
      field["nullable"] = optional.nullable;
    }
  }
  return {};
}

Status apply(json& fields, const Evolve& evolve) {
  for (const schema::Change& change : evolve.changes) {
    SLUICE_CHECK(apply(fields, change));
  }
  return {};
}

Status apply(json& fields, const Describe& told) {
  for (json& field : fields) {
    for (const auto& [column, comment] : told.comments) {
      if (schema::same_column(field.value("name", ""), column)) {
        field["metadata"]["comment"] = comment;
      }
    }
  }
  return {};
}

/// A schema's text with the change; what others wrote about its columns stays.
Result<std::string> render_changed(const std::string& stored, const MetadataChange& change) {
  SLUICE_TRY(json schema, parse_document(stored, "the schema of a Delta table"));
  if (!schema.is_object() || !schema.contains("fields") || !schema["fields"].is_array()) {
    return make_error(ErrorCode::Corrupt, "expected the fields of a Delta schema");
  }
  SLUICE_CHECK(std::visit([&](const auto& one) { return apply(schema["fields"], one); }, change));
  return schema.dump();
}

std::string render_action(const char* name, json value) {
  json action = json::object();
  action[name] = std::move(value);
  return action.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string render_commit(const json& metadata, std::string_view operation, const Note& note) {
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(
      note.receipt.committed_at.time_since_epoch());
  json parameters = json::object();
  parameters["sluice"] = render_note(note);
  return render_action("commitInfo", {{"timestamp", at.count()},
                                      {"operation", operation},
                                      {"operationParameters", std::move(parameters)},
                                      {"engineInfo", "Sluice"}}) +
         render_action("metaData", metadata);
}

bool is_supported(const schema::Change& change) {
  return std::visit(overloaded{
                        [](const schema::AddColumn&) { return true; },
                        [](const schema::ChangeNullability& one) { return one.nullable; },
                        [](const schema::DropColumn&) { return false; },
                        [](const schema::RenameColumn&) { return false; },
                        [](const schema::WidenColumn&) { return false; },
                        [](const schema::RetypeColumn&) { return false; },
                    },
                    change);
}

/// Those of which the log's protocol says nothing.
bool needs_no_feature(std::string_view property) {
  constexpr std::array<std::string_view, 8> kPlain = {"delta.checkpointInterval",
                                                      "delta.dataSkippingNumIndexedCols",
                                                      "delta.dataSkippingStatsColumns",
                                                      "delta.deletedFileRetentionDuration",
                                                      "delta.enableExpiredLogCleanup",
                                                      "delta.logRetentionDuration",
                                                      "delta.setTransactionRetentionDuration",
                                                      "delta.targetFileSize"};
  return std::ranges::find(kPlain, property) != kPlain.end();
}

Status check_has_no_stamps(const Snapshot& snapshot) {
  if (snapshot.is_on("delta.enableInCommitTimestamps")) {
    return make_error(ErrorCode::Unsupported,
                      "what a table with in-commit timestamps says of itself is not changed")
        .with_hint("Change it with the program that made the table.");
  }
  return {};
}

}  // namespace

Status check_properties(const plan::CreateTable& create, const Properties& properties) {
  std::string names;
  Properties asked;
  for (const auto& [name, value] : properties) {
    if (name.starts_with("delta.")) {
      names += fmt::format("{}{} = {}", names.empty() ? "" : ", ", name, value);
      asked.emplace(name, value);
    }
  }
  if (asked.empty()) {
    return {};
  }
  SLUICE_TRY(const TempFolder folder, TempFolder::make("sluice-delta"));
  const auto refused = [&](std::string said) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("no Delta table is made that Sluice could not write again, as "
                                  "one with these properties is: {}",
                                  names))
        .with_native(std::move(said))
        .with_hint(
            "Take the property that turns the feature on out of table_properties, or make the "
            "table with a program that writes it.");
  };
  if (const auto made = create_delta(folder.path(), create, asked, Note{}); !made) {
    return refused(made.error().native.empty() ? made.error().message : made.error().native);
  }
  const auto there = Snapshot::find(folder.path());
  if (!there) {
    return refused(there.error().message);
  }
  return (*there)->refusal().empty() ? Status{} : Status(refused((*there)->refusal()));
}

Status check_description(const Snapshot& snapshot, const Describe& told) {
  SLUICE_CHECK(check_has_no_stamps(snapshot));
  TableState after = snapshot.state();
  SLUICE_CHECK(apply_description(after, told));
  SLUICE_CHECK(check_form(after.schema, told.properties));
  for (const auto& [name, value] : told.properties) {
    const auto there = snapshot.state().properties.find(name);
    const bool is_new = there == snapshot.state().properties.end() || there->second != value;
    if (is_new && name.starts_with("delta.") && !needs_no_feature(name)) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("this property is given to a Delta table when it is made, or "
                                    "by the program that made it: '{} = {}'",
                                    name, value))
          .with_hint("Set it with that program, or make the table anew.");
    }
  }
  return {};
}

Status check_changes(const Snapshot& snapshot, const std::vector<schema::Change>& changes) {
  constexpr std::string_view kLocalTime = "timestamp_ntz";
  SLUICE_TRY(const json before, render_delta_schema(snapshot.state().schema));
  const bool has_local_time = before.dump().find(kLocalTime) != std::string::npos;
  for (const schema::Change& change : changes) {
    if (!is_supported(change)) {
      return cannot_evolve("Delta table", change);
    }
    const auto* add = std::get_if<schema::AddColumn>(&change);
    if (add == nullptr) {
      continue;
    }
    SLUICE_TRY(const json made, render_delta_schema({.fields = {add->field}}));
    if (!has_local_time && made.dump().find(kLocalTime) != std::string::npos) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("the table was made without times that have no zone: '{}'",
                                    add->field.name))
          .with_hint("Add a timestamp in UTC, or make a new table.");
    }
  }
  return check_has_no_stamps(snapshot);
}

Result<CommitOutcome> commit_metadata(const Context& context, storage::Storage& storage,
                                      engine::Connection& connection, const Snapshot& snapshot,
                                      const MetadataChange& change, const Note& note) {
  SLUICE_TRY(json metadata, load_metadata(context, storage, connection, snapshot.state().version));
  if (!metadata.contains("schemaString") || !metadata["schemaString"].is_string()) {
    return make_error(ErrorCode::Corrupt, "expected the schema in a Delta table's description");
  }
  SLUICE_TRY(metadata["schemaString"],
             render_changed(metadata["schemaString"].get<std::string>(), change));
  std::string_view operation = "CHANGE COLUMNS";
  if (const auto* told = std::get_if<Describe>(&change)) {
    operation = "SET TBLPROPERTIES";
    for (const auto& [name, value] : told->properties) {
      metadata["configuration"][name] = value;
    }
  }
  const Status put = storage.put_if_absent(context, entry_path(note.receipt.version),
                                           render_commit(metadata, operation, note));
  if (put.has_value()) {
    return CommitOutcome{Committed{note.receipt}};
  }
  if (put.error().code == ErrorCode::AlreadyExists) {
    return CommitOutcome{Conflict{fmt::format("version {}", note.receipt.version)}};
  }
  const bool is_open =
      put.error().code == ErrorCode::CommitUnknown || put.error().code == ErrorCode::Unavailable;
  return is_open ? Result<CommitOutcome>(CommitOutcome{Unknown{put.error()}})
                 : Result<CommitOutcome>(put.error());
}

}  // namespace sluice::table::delta
