#include <algorithm>
#include <exception>
#include <functional>

#include <fmt/format.h>

#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/duckdb/feed_internal.h"
#include "sluice/engine/duckdb/import_internal.h"
#include "sluice/engine/duckdb/statement_internal.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

constexpr const char* kFunction = "_sluice_rows";

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

idx_t connection_id(duckdb_client_context context) {
  const idx_t id = duckdb_client_context_get_connection_id(context);
  duckdb_destroy_client_context(&context);
  return id;
}

}  // namespace

/// The rows of one call.
class RowFeed {
 public:
  RowFeed(const DuckGuard& guard, ArrowSchemaOwned arrow, schema::Schema schema, ColumnStream rows)
      : guard_(guard),
        arrow_(std::move(arrow)),
        schema_(std::move(schema)),
        rows_(std::move(rows)),
        nanos_(has_nanos(*arrow_.get())) {
    duckdb_client_context context = nullptr;
    duckdb_connection_get_client_context(guard_.session().get(), &context);
    connection_id_ = engine::connection_id(context);
  }

  /// Takes the first rows; false when there are none.
  Result<bool> open() {
    SLUICE_CHECK(take_batch());
    if (!batch_.has_value()) {
      return false;
    }
    SLUICE_TRY(ChunkImporter importer,
               ChunkImporter::make(guard_.session(), *arrow_.get(), *batch_.get()));
    importer_.emplace(std::move(importer));
    return true;
  }

  idx_t connection_id() const { return connection_id_; }
  std::int64_t given() const { return given_; }
  /// Why the rows ended early: on its way through a statement an error becomes a text.
  const std::optional<Error>& error() const { return error_; }

  void bind(duckdb_bind_info info) const {
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
      duckdb_bind_add_result_column(info, schema_.fields[i].name.c_str(),
                                    importer_->columns()[i].type.get());
    }
  }

  /// True for the first statement that reads it; rows come once.
  bool start() { return !std::exchange(started_, true); }

  Status next(duckdb_data_chunk out) {
    Status filled = fill(out);
    if (!filled.has_value()) {
      error_ = filled.error();
    }
    return filled;
  }

 private:
  Status take_batch() {
    batch_.reset();
    at_ = 0;
    while (!batch_.has_value()) {
      SLUICE_CHECK(guard_.context().check());
      SLUICE_TRY(std::optional<ArrowBatch> batch, rows_.next());
      if (!batch.has_value()) {
        return {};
      }
      if ((*batch)->length == 0) {
        continue;
      }
      if (nanos_) {
        SLUICE_CHECK(check_nanos(*arrow_.get(), *batch->get()));
      }
      settle_null_counts(*batch->get());
      batch_ = *std::move(batch);
    }
    return {};
  }

  Status fill(duckdb_data_chunk out) {
    // Texts point into the batch until the next vector is asked for.
    if (batch_.has_value() && at_ == batch_->length) {
      SLUICE_CHECK(take_batch());
    }
    if (!batch_.has_value()) {
      duckdb_data_chunk_set_size(out, 0);
      return {};
    }
    const auto most = static_cast<std::int64_t>(duckdb_vector_size());
    const std::int64_t count = std::min(most, batch_->length - at_);
    SLUICE_CHECK(importer_->fill(*batch_.get(), at_, count, out));
    duckdb_data_chunk_set_size(out, static_cast<idx_t>(count));
    at_ += count;
    given_ += count;
    return {};
  }

  const DuckGuard& guard_;
  ArrowSchemaOwned arrow_;
  schema::Schema schema_;
  ColumnStream rows_;
  bool nanos_;
  idx_t connection_id_ = 0;
  std::optional<ChunkImporter> importer_;
  ArrowBatch batch_;
  std::int64_t at_ = 0;
  std::int64_t given_ = 0;
  bool started_ = false;
  std::optional<Error> error_;
};

namespace {

/// Found in bind, which runs before the others and in the same statement.
RowFeed* find_feed(duckdb_bind_info info) {
  auto& feeds = *static_cast<RowFeeds*>(duckdb_bind_get_extra_info(info));
  const DuckValue number(duckdb_bind_get_parameter(info, 0));
  duckdb_client_context context = nullptr;
  duckdb_table_function_get_client_context(info, &context);
  return feeds.find(duckdb_get_int64(number.get()), connection_id(context));
}

void bind_feed(duckdb_bind_info info) {
  RowFeed* feed = find_feed(info);
  if (feed == nullptr) {
    duckdb_bind_set_error(info, "these rows belong to another call");
    return;
  }
  feed->bind(info);
  duckdb_bind_set_bind_data(info, feed, nullptr);
}

void start_feed(duckdb_init_info info) {
  duckdb_init_set_max_threads(info, 1);
  if (!static_cast<RowFeed*>(duckdb_init_get_bind_data(info))->start()) {
    duckdb_init_set_error(info, "these rows are read once");
  }
}

/// DuckDB calls from its own threads; nothing may be thrown into it.
void give_rows(duckdb_function_info info, duckdb_data_chunk out) {
  auto& feed = *static_cast<RowFeed*>(duckdb_function_get_bind_data(info));
  try {
    if (const Status given = feed.next(out); !given.has_value()) {
      duckdb_function_set_error(info, given.error().message.c_str());
    }
  } catch (const std::exception&) {
    duckdb_function_set_error(info, "the source of the rows failed");
  }
}

/// Known to statements while it lives.
class Entry {
 public:
  Entry(RowFeeds& feeds, RowFeed& feed) : feeds_(&feeds), number_(feeds.add(feed)) {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() { feeds_->remove(number_); }
  std::int64_t number() const { return number_; }

 private:
  RowFeeds* feeds_;
  std::int64_t number_;
};

}  // namespace

Status RowFeeds::attach(duckdb_connection connection) {
  DuckTableFunction function(duckdb_create_table_function());
  const DuckType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_set_name(function.get(), kFunction);
  duckdb_table_function_add_parameter(function.get(), number.get());
  duckdb_table_function_set_extra_info(function.get(), this, nullptr);
  duckdb_table_function_set_bind(function.get(), &bind_feed);
  duckdb_table_function_set_init(function.get(), &start_feed);
  duckdb_table_function_set_function(function.get(), &give_rows);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    return make_error(ErrorCode::Internal,
                      fmt::format("DuckDB does not take a table function: '{}'", kFunction));
  }
  return {};
}

std::int64_t RowFeeds::add(RowFeed& feed) {
  const std::lock_guard lock(mutex_);
  feeds_.emplace(++last_, &feed);
  return last_;
}

void RowFeeds::remove(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  feeds_.erase(number);
}

RowFeed* RowFeeds::find(std::int64_t number, idx_t connection_id) {
  const std::lock_guard lock(mutex_);
  const auto found = feeds_.find(number);
  const bool own = found != feeds_.end() && found->second->connection_id() == connection_id;
  return own ? found->second : nullptr;
}

Result<std::int64_t> run_over_rows(const DuckGuard& guard, const std::string& sql,
                                   const std::string& name, ColumnStream rows) {
  SLUICE_TRY(ArrowSchemaOwned arrow, rows.schema());
  SLUICE_TRY(schema::Schema schema, schema::from_arrow(*arrow.get()));
  SLUICE_CHECK(schema::validate(schema));
  RowFeed feed(guard, std::move(arrow), std::move(schema), std::move(rows));
  SLUICE_TRY(const bool any, feed.open());
  if (!any) {
    return 0;
  }
  const Entry entry(guard.session().database().feeds(), feed);
  const std::string whole = fmt::format("WITH {} AS NOT MATERIALIZED (FROM {}({})) {}",
                                        duckdb_identifier(name), kFunction, entry.number(), sql);
  SLUICE_TRY(const DuckPrepared prepared, prepare_only(guard, whole));
  const Status run = run_to_end(guard, prepared, whole);
  if (!run.has_value()) {
    return feed.error().has_value() ? *feed.error() : run.error();
  }
  return feed.given();
}

}  // namespace sluice::engine
