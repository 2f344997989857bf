// Whether the number that a SELECT gives may be shown in a contract that masks. It may where words
// alone tell that nothing but clear columns is read: each name is one of them, of a function, of a
// relation or of what the query made of such. All else is hidden, also what is merely not
// understood: a star, a row as one value, columns that get other names by their position. Pure;
// safe from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::contract::internal {

struct ShownNames {
  std::function<bool(const std::string&)> is_clear;  // a column that is known and not masked
  std::function<bool(const std::string&)> is_masked;
  std::function<bool(const std::string&)> is_rows;  // a relation; in lower case
};

bool reads_clear_only(std::string_view query, const ShownNames& names);

}  // namespace sluice::contract::internal
