// Keys of a batch before they are used: never NULL, and once where they must be. What is refused is
// named by position and value, so that a person finds the rows. Each check is one query on the
// connection that holds the batch; nothing is changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/schema/schema.h"

namespace sluice::table {

/// Every column of `key` is one of the schema's and named once; InvalidArgument otherwise.
Status check_key_columns(std::string_view use, const std::vector<std::string>& key,
                         const schema::Schema& schema);

/// DataRejected when a row of the batch has a NULL in one of `columns`.
Status check_no_null(const Context& context, engine::Connection& connection,
                     std::string_view relation, std::string_view use,
                     const std::vector<std::string>& columns);

/// DataRejected when a row of the batch has no `date`, the column that says when it is from.
Status check_dated(const Context& context, engine::Connection& connection,
                   std::string_view relation, std::string_view use, const std::string& date,
                   const std::vector<std::string>& key);

/// DataRejected when two rows of the batch have the same key.
Status check_once(const Context& context, engine::Connection& connection, std::string_view relation,
                  std::string_view use, const std::vector<std::string>& key);

/// Both of these, of a batch of so many rows: one query when nothing is wrong. `table`: the columns
/// of the batch.
Status check_keys(const Context& context, engine::Connection& connection, std::string_view relation,
                  std::string_view use, const std::vector<std::string>& key,
                  const schema::Schema& table, std::int64_t rows);

/// DataRejected when a row of the batch has a key that `target` (a FROM item) holds.
Status check_new(const Context& context, engine::Connection& connection, std::string_view relation,
                 const std::string& target, const std::vector<std::string>& key);

/// "a.k1 = b.k1 AND a.k2 = b.k2", quoted.
std::string render_equal(const std::vector<std::string>& columns, std::string_view a,
                         std::string_view b, std::string_view sign = "=");

}  // namespace sluice::table
