// What may be NULL within nested columns, and what may not: a member that is required, an element
// or a value of a map where the table says that none is NULL, at any depth. The engine tells
// nothing of such parts when it writes a file, so the new files are asked, and only those of tables
// that have such parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/schema/schema.h"
#include "sluice/table/files/copy.h"

namespace sluice::table {

/// The values that a column has at the end of some steps into it; without steps, its own.
struct NestedPart {
  enum class Into : std::uint8_t { Member, Element, Key, Value };
  struct Step {
    Into into = Into::Member;
    std::string member;
  };
  std::string column;
  std::vector<Step> steps;

  /// The steps of this part, and one more.
  NestedPart with(Into into, const std::string& member = "") const;
  /// "column.member.element"
  std::string path() const;
};

/// The nested columns, and the members in nested columns, that are never NULL.
std::vector<NestedPart> find_never_null(const schema::Schema& schema);

/// DataRejected when one of `parts` is NULL in a row of `files`, which is there otherwise.
Status check_nested_never_null(const Context& context, const FileCopy& copy,
                               const std::vector<NestedPart>& parts,
                               const std::vector<NewFile>& files);

}  // namespace sluice::table
