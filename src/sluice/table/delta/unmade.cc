#include <filesystem>
#include <system_error>

#include "sluice/base/disk.h"
#include "sluice/base/uuid.h"
#include "sluice/table/delta/unmade_internal.h"

namespace sluice::table::delta {
namespace {

/// Keys of commits are dropped from the log after this long: a stream of numbered batches rests on
/// its newest, and may be idle for as long.
constexpr const char* kKeyRetention = "interval 365 days";

}  // namespace

Note first_note(const Context& context) {
  Note note;
  note.operation = "create";
  note.receipt.ingest_id = make_uuid_v7(*context.clock, *context.random);
  note.receipt.committed_at = context.clock->now();
  return note;
}

Result<std::optional<Snapshot>> create_first(const std::string& root,
                                             const plan::CreateTable& create,
                                             const Properties& properties, const Note& note) {
  Properties kept = properties;
  kept.try_emplace("delta.setTransactionRetentionDuration", kKeyRetention);
  return create_delta(root, create, kept, note);
}

Result<UnmadeTable> UnmadeTable::make(const Context& context, const plan::CreateTable& create,
                                      const Properties& properties) {
  SLUICE_TRY(TempFolder folder, TempFolder::make("sluice-delta"));
  const std::string log = folder.path() + "/_delta_log";
  std::error_code failed;
  std::filesystem::create_directory(log, failed);
  if (failed) {
    return make_disk_error(failed.value(), "making a folder", log);
  }
  SLUICE_CHECK(create_first(folder.path(), create, properties, first_note(context)));
  return UnmadeTable(std::move(folder), create, properties);
}

}  // namespace sluice::table::delta
