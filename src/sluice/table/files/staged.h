// Rows that become files of a table before anyone knows whether they will be committed: written
// below the table's folder under names of its own that no reader sees, and taken over as they are
// by an append or an overwrite under the same ingest id. Until that commit the files are their
// writer's: an abort or a conflict leaves them, so that the write can be tried again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/storage/storage.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// Writes the rows of `select` as files of the table that `description` tells of, flushed. On an
/// error nothing stays. Unsupported when the table takes no files.
Result<std::vector<NewFile>> stage_rows(const Context& context, engine::Connection& connection,
                                        storage::Storage& storage,
                                        const TableDescription& description, const Uuid& ingest_id,
                                        const std::string& select);

/// `files` as the source of a write.
plan::StagedFiles staged_source(const storage::Storage& storage, const std::vector<NewFile>& files);

/// The files of `write` below the table's folder, when they are staged ones of this key and hold
/// the table's columns as they are; else empty.
std::vector<NewFile> files_to_take(const storage::Storage& storage,
                                   const TableDescription& description, const TableState& state,
                                   const plan::Write& write, const CommitKey& key);

/// Makes the files of a write; what they hold is inspected before they are given.
using FileInspection = std::function<Status(const std::vector<NewFile>& files)>;
using FileMaker = std::function<Result<std::vector<NewFile>>(const FileInspection& inspect)>;

FileMaker maker_of_select(const Context& context, const FileCopy& copy, std::string select);
FileMaker maker_of_staged(const Context& context, const FileCopy& copy, std::vector<NewFile> files);

}  // namespace sluice::table
