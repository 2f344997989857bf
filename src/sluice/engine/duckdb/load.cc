#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/load_internal.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

std::string fields_text(const std::vector<schema::Field>& fields) {
  std::string text;
  for (const schema::Field& field : fields) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", duckdb_identifier(field.name),
                        duckdb_type_text(field.type));
  }
  return text;
}

Status check_data(const DuckErrorData& data) {
  if (data.get() != nullptr && duckdb_error_data_has_error(data.get())) {
    return duckdb_error(duckdb_error_data_message(data.get()));
  }
  return {};
}

/// Microseconds are what a timestamp has with us: finer ones may come only with zeros below.
Status check_nanos(const ArrowSchema& schema, const ArrowArray& array) {
  if (std::string_view(schema.format).starts_with("tsn")) {
    const auto* instants = static_cast<const std::int64_t*>(array.buffers[1]) + array.offset;
    const auto* bits = static_cast<const std::uint8_t*>(array.buffers[0]);
    for (std::int64_t row = 0; row < array.length; ++row) {
      const std::int64_t at = row + array.offset;
      const bool valid = bits == nullptr || (bits[at >> 3] >> (at & 7) & 1) != 0;
      if (valid && instants[row] % 1000 != 0) {
        return make_error(ErrorCode::InvalidArgument,
                          fmt::format("a timestamp has nanoseconds, which microseconds cannot "
                                      "hold, in column '{}'",
                                      schema.name == nullptr ? "" : schema.name))
            .with_hint("round the column to microseconds before it is loaded");
      }
    }
  }
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    SLUICE_CHECK(check_nanos(*schema.children[i], *array.children[i]));
  }
  if (schema.dictionary != nullptr) {
    SLUICE_CHECK(check_nanos(*schema.dictionary, *array.dictionary));
  }
  return {};
}

bool has_nanos(const ArrowSchema& schema) {
  bool found = std::string_view(schema.format).starts_with("tsn");
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    found |= has_nanos(*schema.children[i]);
  }
  found |= schema.dictionary != nullptr && has_nanos(*schema.dictionary);
  return found;
}

/// An unknown number of nulls (-1) is read as none by DuckDB where a dictionary is; all it needs to
/// know is whether there may be any.
void settle_null_counts(ArrowArray& array) {
  if (array.null_count < 0) {
    array.null_count = array.n_buffers > 0 && array.buffers[0] != nullptr ? array.length : 0;
  }
  for (std::int64_t i = 0; i < array.n_children; ++i) {
    settle_null_counts(*array.children[i]);
  }
  if (array.dictionary != nullptr) {
    settle_null_counts(*array.dictionary);
  }
}

void release_nothing(ArrowArray* lent) { lent->release = nullptr; }

/// Rows [begin, begin + count) of a batch, as arrays that own nothing.
class Slice {
 public:
  Slice(const ArrowArray& batch, std::int64_t begin, std::int64_t count) {
    columns_.reserve(static_cast<std::size_t>(batch.n_children));
    for (std::int64_t i = 0; i < batch.n_children; ++i) {
      ArrowArray& column = columns_.emplace_back(*batch.children[i]);
      column.offset += batch.offset + begin;
      column.length = count;
      column.release = release_nothing;
      pointers_.push_back(&column);
    }
    rows_ = batch;
    rows_.offset = 0;
    rows_.length = count;
    rows_.children = pointers_.data();
    rows_.release = release_nothing;
  }
  ArrowArray* rows() { return &rows_; }

 private:
  std::vector<ArrowArray> columns_;
  std::vector<ArrowArray*> pointers_;
  ArrowArray rows_{};
};

Error appender_error(const DuckGuard& guard, const DuckAppender& appender, std::string_view sql) {
  const DuckErrorData data(duckdb_appender_error_data(appender.get()));
  return guard.failed(data.get() == nullptr ? "" : duckdb_error_data_message(data.get()), sql);
}

/// Appends batches to what `open` opens for the columns of the first of them.
class Filler {
 public:
  using Open = std::function<Status(duckdb_data_chunk first, DuckAppender& out)>;

  Filler(const DuckGuard& guard, Open open) : guard_(guard), open_(std::move(open)) {}

  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;
  ~Filler() {
    // An appender that is destroyed puts in what it has gathered, also after an error.
    if (appender_.get() != nullptr) {
      duckdb_appender_clear(appender_.get());
    }
  }

  Result<std::int64_t> fill(ArrowSchemaOwned& arrow, ColumnStream& rows) {
    SLUICE_CHECK(check_data(DuckErrorData(
        duckdb_schema_from_arrow(guard_.session().get(), arrow.get(), types_.out()))));
    const bool nanos = has_nanos(*arrow.get());
    std::int64_t filled = 0;
    while (true) {
      SLUICE_CHECK(guard_.context().check());
      SLUICE_TRY(std::optional<ArrowBatch> batch, rows.next());
      if (!batch.has_value()) {
        break;
      }
      if (nanos) {
        SLUICE_CHECK(check_nanos(*arrow.get(), *batch->get()));
      }
      settle_null_counts(*batch->get());
      SLUICE_CHECK(append(*batch->get()));
      filled += (*batch)->length;
    }
    if (appender_.get() != nullptr && duckdb_appender_close(appender_.get()) != DuckDBSuccess) {
      return failed();
    }
    return filled;
  }

 private:
  Status append(const ArrowArray& batch) {
    const auto most = static_cast<std::int64_t>(duckdb_vector_size());
    for (std::int64_t begin = 0; begin < batch.length; begin += most) {
      Slice slice(batch, begin, std::min(most, batch.length - begin));
      DuckChunk chunk;
      SLUICE_CHECK(check_data(DuckErrorData(duckdb_data_chunk_from_arrow(
          guard_.session().get(), slice.rows(), types_.get(), chunk.out()))));
      if (appender_.get() == nullptr) {
        SLUICE_CHECK(open_(chunk.get(), appender_));
      }
      if (duckdb_append_data_chunk(appender_.get(), chunk.get()) != DuckDBSuccess) {
        return failed();
      }
    }
    return {};
  }

  Error failed() const { return appender_error(guard_, appender_, {}); }

  const DuckGuard& guard_;
  Open open_;
  DuckArrowTypes types_;
  DuckAppender appender_;
};

class Loader {
 public:
  Loader(const DuckGuard& guard, std::string_view name) : guard_(guard), name_(name) {}

  Result<std::int64_t> run(ColumnStream& rows) {
    SLUICE_TRY(ArrowSchemaOwned arrow, rows.schema());
    SLUICE_TRY(const schema::Schema schema, schema::from_arrow(*arrow.get()));
    SLUICE_CHECK(schema::validate(schema));
    SLUICE_CHECK(create(schema));
    Filler filler(guard_, [this](duckdb_data_chunk, DuckAppender& out) { return open(out); });
    Result<std::int64_t> loaded = filler.fill(arrow, rows);
    if (!loaded) {
      // Inside a broken transaction this fails too, and the rollback removes the table.
      static_cast<void>(
          guard_.session().run(fmt::format("DROP TABLE IF EXISTS temp.main.{}", quoted())));
    }
    return loaded;
  }

 private:
  std::string quoted() const { return duckdb_identifier(name_); }

  Status create(const schema::Schema& schema) {
    const std::string sql =
        fmt::format("CREATE OR REPLACE TEMP TABLE {} ({})", quoted(), fields_text(schema.fields));
    Status made = guard_.session().run(sql);
    if (!made && made.error().native.find("is of type View") != std::string::npos) {
      SLUICE_CHECK(guard_.session().run(fmt::format("DROP VIEW temp.main.{}", quoted())));
      made = guard_.session().run(sql);
    }
    return made;
  }

  Status open(DuckAppender& out) const {
    if (duckdb_appender_create_ext(guard_.session().get(), "temp", "main", name_.c_str(),
                                   out.out()) != DuckDBSuccess) {
      return appender_error(guard_, out, {});
    }
    return {};
  }

  const DuckGuard& guard_;
  std::string name_;
};

/// The statement is run by the appender, over what it has gathered, whenever that is enough.
Status open_over(const DuckGuard& guard, const std::string& sql, const std::string& name,
                 const schema::Schema& schema, duckdb_data_chunk first, DuckAppender& out) {
  std::vector<DuckType> types;
  std::vector<duckdb_logical_type> raw_types;
  std::vector<const char*> names;
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    types.emplace_back(duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(first, i)));
    raw_types.push_back(types.back().get());
    names.push_back(schema.fields[i].name.c_str());
  }
  if (duckdb_appender_create_query(guard.session().get(), sql.c_str(), names.size(),
                                   raw_types.data(), name.c_str(), names.data(),
                                   out.out()) != DuckDBSuccess) {
    return appender_error(guard, out, sql);
  }
  return {};
}

}  // namespace

Result<std::int64_t> load_rows(const DuckGuard& guard, std::string_view name, ColumnStream rows) {
  return Loader(guard, name).run(rows);
}

Result<std::int64_t> execute_over_rows(const DuckGuard& guard, const plan::Statement& statement,
                                       std::string_view name, ColumnStream rows) {
  if (!statement.parameters.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      "a statement over rows has no parameters, its values are in the rows");
  }
  SLUICE_TRY(ArrowSchemaOwned arrow, rows.schema());
  SLUICE_TRY(const schema::Schema schema, schema::from_arrow(*arrow.get()));
  SLUICE_CHECK(schema::validate(schema));
  const std::string relation(name);
  Filler filler(guard, [&](duckdb_data_chunk first, DuckAppender& out) {
    return open_over(guard, statement.text, relation, schema, first, out);
  });
  return filler.fill(arrow, rows);
}

std::string duckdb_type_text(const schema::LogicalType& type) {
  return std::visit(
      overloaded{
          [](const schema::Boolean&) -> std::string { return "BOOLEAN"; },
          [](const schema::Integer& integer) -> std::string {
            const char* sign = integer.is_signed ? "" : "U";
            switch (integer.bits) {
              case 8: return fmt::format("{}TINYINT", sign);
              case 16: return fmt::format("{}SMALLINT", sign);
              case 32: return fmt::format("{}INTEGER", sign);
              default: return fmt::format("{}BIGINT", sign);
            }
          },
          [](const schema::Float& number) -> std::string {
            return number.bits == 32 ? "FLOAT" : "DOUBLE";
          },
          [](const schema::Decimal& decimal) {
            return fmt::format("DECIMAL({}, {})", decimal.precision, decimal.scale);
          },
          [](const schema::Text&) -> std::string { return "VARCHAR"; },
          [](const schema::Bytes&) -> std::string { return "BLOB"; },
          [](const schema::Date&) -> std::string { return "DATE"; },
          [](const schema::Time&) -> std::string { return "TIME"; },
          [](const schema::Timestamp& timestamp) -> std::string {
            return timestamp.utc ? "TIMESTAMPTZ" : "TIMESTAMP";
          },
          [](const schema::UuidType&) -> std::string { return "UUID"; },
          [](const schema::Json&) -> std::string { return "JSON"; },
          [](const schema::List& list) { return duckdb_type_text(*list.element) + "[]"; },
          [](const schema::Map& map) {
            return fmt::format("MAP({}, {})", duckdb_type_text(*map.key),
                               duckdb_type_text(*map.value));
          },
          [](const schema::Struct& inner) {
            return fmt::format("STRUCT({})", fields_text(inner.fields));
          },
      },
      type.kind);
}

}  // namespace sluice::engine
