// Rows of the connection as one file beside or instead of a table: `--output-good`,
// `--output-bad`. The file appears whole at its name or not at all;
// one of an earlier run gives way to it in the same step.
// Used by one thread; what was not published is removed with its owner.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"

namespace sluice::run {

enum class OutputFormat : std::uint8_t { Csv, Jsonl, Parquet };

/// "csv", "jsonl" (also "json", "ndjson") or "parquet"; anything else is InvalidArgument.
Result<OutputFormat> parse_output_format(std::string_view word);
/// By the ending of a file's name.
Result<OutputFormat> output_format_of(std::string_view path);

/// Writes `relation` at `name` in the folder that `folder` is the root of. Lists and structs are
/// JSON text in CSV. It holds `expected` rows; with another number the file does not appear.
Status write_output(const Context& context, engine::Connection& connection,
                    storage::Storage& folder, const std::string& name, std::string_view relation,
                    OutputFormat format, std::int64_t expected);

}  // namespace sluice::run
