#include "sluice/run/pipeline/parquet_columns.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/schema/schema.h"

namespace sluice::run {
namespace {

using schema::Field;
using schema::Schema;
using std::string;

/// Files whose columns are the same.
struct Alike {
  std::vector<string> files;
  string told;  // of the first one
};

Result<std::vector<Alike>> find_alike(const Context& context, engine::Connection& connection,
                                      const plan::FileScan& scan) {
  const auto told = [&](std::size_t i) { return scan.told.empty() ? scan.files[i] : scan.told[i]; };
  if (scan.files.size() == 1) {
    return std::vector<Alike>{{.files = scan.files, .told = told(0)}};
  }
  SLUICE_TRY(const std::vector<TextRow> shapes,
             query_texts(context, connection, dialect::render_parquet_shapes(scan.files)));
  std::vector<Alike> all;
  for (const TextRow& row : shapes) {
    const auto shape = static_cast<std::size_t>(std::stoull(row[1].value_or("1")));
    all.resize(std::max(all.size(), shape));
    Alike& alike = all[shape - 1];
    const string file = row[0].value_or("");
    if (alike.files.empty()) {
      const auto at = std::ranges::find(scan.files, file) - scan.files.begin();
      alike.told = told(static_cast<std::size_t>(at));
    }
    alike.files.push_back(file);
  }
  return all;
}

/// The nodes of a schema, each before its members.
class Nodes {
 public:
  Nodes(const std::vector<TextRow>& rows, const string& told) : rows_(rows), told_(told) {}

  /// The next node and all below it.
  Status check() {
    const std::size_t members = std::stoull(rows_[at_][1].value_or("0"));
    ++at_;
    std::vector<string> names;
    for (std::size_t i = 0; i < members && at_ < rows_.size(); ++i) {
      const TextRow& row = rows_[at_];
      string name = row[0].value_or("");
      if (std::ranges::any_of(names,
                              [&](const string& one) { return schema::same_column(one, name); })) {
        return make_error(ErrorCode::DataRejected,
                          fmt::format("a Parquet file has two columns of one name, as case does "
                                      "not count: '{}' in '{}'",
                                      name, told_))
            .with_hint("rename one of them where the file is written");
      }
      if (row[2] == "true") {
        return make_error(ErrorCode::DataRejected,
                          fmt::format("a decimal of {} digits is wider than the 38 that are read: "
                                      "'{}' in '{}'",
                                      row[3].value_or("?"), name, told_))
            .with_hint("write it as a decimal of up to 38 digits, or as a text");
      }
      names.push_back(std::move(name));
      SLUICE_CHECK(check());
    }
    return {};
  }

 private:
  const std::vector<TextRow>& rows_;
  const string& told_;
  std::size_t at_ = 0;
};

bool has_float(const schema::LogicalType& type) {
  return std::visit(overloaded{[](const schema::Float&) { return true; },
                               [](const schema::List& list) { return has_float(*list.element); },
                               [](const schema::Map& map) { return has_float(*map.value); },
                               [](const schema::Struct& inner) {
                                 return std::ranges::any_of(inner.fields, [](const Field& member) {
                                   return has_float(member.type);
                                 });
                               },
                               [](const auto&) { return false; }},
                    type.kind);
}

/// Values of other files that are no longer what they were, as one of the files has floating point
/// numbers there.
Status check_digits(const Context& context, engine::Connection& connection, const Schema& together,
                    const Alike& alike) {
  const plan::FileScan some{.files = alike.files, .format = plan::ParquetFormat{}};
  SLUICE_TRY(const string query, dialect::render_probe(some));
  SLUICE_TRY(const Schema own, connection.describe(context, query));
  Schema from;
  Schema to;
  for (const Field& field : own.fields) {
    const Field* read = together.find(field.name);
    if (read != nullptr && read->type != field.type && has_float(read->type)) {
      from.fields.push_back(field);
      to.fields.push_back(*read);
    }
  }
  if (from.fields.empty()) {
    return {};
  }
  SLUICE_TRY(const string counts, dialect::render_changed_values(some, from, to));
  SLUICE_TRY(const std::vector<std::int64_t> changed, query_counts(context, connection, counts));
  for (std::size_t i = 0; i < changed.size(); ++i) {
    if (changed[i] > 0) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("a column of Parquet is {} in '{}' and a floating point number "
                                    "in other files, which does not hold {} of its values: '{}'",
                                    schema::to_string(from.fields[i].type), alike.told, changed[i],
                                    from.fields[i].name))
          .with_hint("write the column in one type, or read the files in runs of their own");
    }
  }
  return {};
}

}  // namespace

Status check_parquet_columns(const Context& context, engine::Connection& connection,
                             const plan::FileScan& scan) {
  if (!std::holds_alternative<plan::ParquetFormat>(scan.format) || scan.files.empty()) {
    return {};
  }
  SLUICE_TRY(const std::vector<Alike> all, find_alike(context, connection, scan));
  for (const Alike& alike : all) {
    SLUICE_TRY(const std::vector<TextRow> nodes,
               query_texts(context, connection, dialect::render_parquet_nodes(alike.files[0])));
    SLUICE_CHECK(nodes.empty() ? Status{} : Nodes(nodes, alike.told).check());
  }
  if (all.size() == 1) {
    return {};
  }
  SLUICE_TRY(const string query, dialect::render_probe(scan));
  SLUICE_TRY(const Schema together, connection.describe(context, query));
  for (const Alike& alike : all) {
    SLUICE_CHECK(check_digits(context, connection, together, alike));
  }
  return {};
}

}  // namespace sluice::run
