// What every table of files asks of the columns, the partitions and the folder of a new table, and
// how files that no version needs are removed. A format adds what only it cannot hold, and says
// which files are its own.
#pragma once

#include <functional>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/plan/write.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// Names that are ours, and that the engine gives to the position of a row in its file.
Status check_file_columns(const plan::CreateTable& create);

/// Partitions are columns as they are, and not all of the columns. `format` is called so in errors.
Status check_file_partitions(const plan::CreateTable& create, std::string_view format);

/// InvalidArgument when the folder of a new table holds what `foreign` calls by a name: the files
/// of another format or program. An empty name is no obstacle.
Status check_folder_is_free(const Context& context, storage::Storage& storage,
                            std::string_view format,
                            const std::function<std::string_view(std::string_view path)>& foreign);

/// True for a name that begins with an ingest id and ends so.
bool is_named_by_ingest(std::string_view name, std::string_view ending);

/// The last part of a path.
std::string_view file_name(std::string_view path);

struct Unneeded {
  std::function<bool(std::string_view path)> is_ours;
  std::function<bool(std::string_view path)> is_needed;
};

/// Removes of `objects` what is ours, not needed and last changed before `older_than`. What lies in
/// the folder of another table, below this one's, is never ours.
Maintained remove_unneeded(const Context& context, storage::Storage& storage,
                           const std::vector<storage::ObjectInfo>& objects,
                           const Unneeded& unneeded, sys_micros older_than);

}  // namespace sluice::table
