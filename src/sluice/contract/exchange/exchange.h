// Contracts from and for other languages: ODCS 3.1 in both directions, dbt's schema and source
// files in one. An export carries the contract's own text in `customProperties`, under `sluice`, so
// that an import gives it back byte for byte; what was changed in the native fields of ODCS since
// the export (names, types, required, keys, quality, service levels) is laid over it. Pure: texts
// in, texts out. What a language says and a contract has no word for is kept under `metadata` or
// `x-odcs`, or told in `notes`, never passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::contract {

/// InvalidContract when the contract has errors. `path` is its file's name.
Result<std::string> export_odcs(std::string_view text, std::string_view path);

struct Imported {
  std::string name;  // of the table
  std::string text;  // a contract
  std::vector<std::string> notes;
};

/// A data contract of ODCS 3; `path` is its file's name. InvalidContract with the place of what is
/// not as the standard says; Unsupported for an older version.
Result<Imported> import_odcs(std::string_view text, std::string_view path);

/// Each model and each table of a source in a dbt properties file (schema.yml, sources.yml), in
/// order; at least one.
Result<std::vector<Imported>> import_dbt(std::string_view text, std::string_view path);

}  // namespace sluice::contract
