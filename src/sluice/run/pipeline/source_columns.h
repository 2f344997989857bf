// What a source looks like, before a row of it is judged: its columns, the headers of its CSV files
// and, where lines may be refused, whether some are. A header that names a column twice, or a
// record with two spellings of one key, is an error here: nothing is renamed in silence. Reads the
// first lines of CSV files and all of JSON files, on the caller's connection, and keeps nothing.
// And what CSV files are that a contract links to and declares nothing of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/pipeline.h"
#include "sluice/run/pipeline/csv_header.h"
#include "sluice/schema/schema.h"

namespace sluice::run {

struct SourceColumns {
  schema::Schema columns;  // none where there is not one record
  /// Columns that are NULL in every record of JSON: nothing says what they are. Texts until then.
  std::vector<std::string> valueless;
  /// Columns of JSON that are read as texts, or lists of them, and may hold numbers.
  std::vector<std::string> mixed;
  /// Lines that are no records were met. Only with BadLines::Refuse; else they are an error.
  bool has_bad_lines = false;
};

/// Completes `source` with what its files say (CSV headers, JSON by line). Without a column that
/// stands in, records of JSON none of which has a key are an error.
Result<SourceColumns> settle_source(const Context& context, engine::Connection& connection,
                                    plan::Scan& source, plan::BadLines bad_lines,
                                    const ExpectedColumns& expected);

/// A structure of JSON with texts for whole numbers of any size: what would not fit a type would be
/// NULL. And for what never had a value, too.
std::string with_texts(std::string structure);
/// A structure of JSON with texts for fractions, whose digits a double may not hold.
std::string with_texts_for_doubles(std::string structure);

/// What the contract says of the columns of its source's files.
ExpectedColumns expected_columns(const plan::Pipeline& pipeline);

/// Makes views of CSV references, whose columns are of the types as which all of their values are
/// written, and tells the columns of JSON without a value. References without a record lose their
/// files.
Status settle_references(const Context& context, engine::Connection& connection,
                         std::vector<plan::Reference>& references);

/// Of a reference that was settled: its files hold no record.
bool has_no_record(const plan::Reference& reference);

}  // namespace sluice::run
