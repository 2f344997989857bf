// What a step and the columns before it say about each other before an engine is asked: that no
// column takes the name of another one, which would be lost without a word, and what to tell a
// person whose step names a column that is not there or not yet of its type.
// Pure functions; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/plan/pipeline.h"
#include "sluice/schema/schema.h"

namespace sluice::run {

/// Refuses a rename, a join and an unpivot that give a column the name of one that stays.
Status check_names_made(const plan::Step& step, const schema::Schema& input);

/// Columns among `given` whose place a lineage column of the same name takes. The standard's own
/// names are not told: an earlier run wrote those, and each run writes its own.
std::vector<std::string> stamped_over(const plan::Pipeline& pipeline, const schema::Schema& given);

/// Refuses a lineage column with the name of a declared one that the source or a step fills.
Status check_stamps(const plan::Pipeline& pipeline, const schema::Schema& given);

/// The name in an engine's text that it did not find; empty: the text says something else.
std::string unknown_name(std::string_view native);
/// The same where a statement makes a column of the name that it reads.
std::string name_used_too_early(std::string_view native);

/// "the columns here are 'a', 'b'", when a person would read so many.
std::string hint_of_columns(const schema::Schema& input);

/// Of a step before the schema: that columns which it reads are texts until then.
std::string hint_of_texts(const plan::Step& step, const schema::Schema& input,
                          const std::vector<plan::DeclaredColumn>& declared);

/// The name of a column before the step; empty: it was not renamed.
std::optional<std::string> renamed_from(const plan::RenameColumns& step, std::string_view column);

/// The columns that a lifecycle window reads of a reference: an engine that does not find one says
/// that there is no such table.
std::vector<std::string> names_asked_of(std::string_view reference, const plan::RowRule& rule);

}  // namespace sluice::run
