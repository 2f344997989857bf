#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/sha256.h"
#include "sluice/orm/json/write.h"
#include "sluice/orm/session/arrow_bytes_internal.h"
#include "sluice/orm/session/insert_internal.h"
#include "sluice/schema/arrow.h"

namespace sluice::orm {
namespace {

/// A multiple of the engines' vectors, small enough for the cache of one core.
constexpr std::size_t kPageRows = 2048 * 8;

Error contradiction(std::string_view message, const TableModel& model, std::string_view hint) {
  return make_error(ErrorCode::InvalidArgument, fmt::format("{}: '{}'", message, model.table))
      .with_hint(std::string(hint));
}

std::vector<std::string> kept_columns(const TableModel& model) {
  std::vector<std::string> kept;
  for (const Column& column : model.columns) {
    if (column.is_immutable || column.stamp == Stamp::CreateTime) {
      kept.push_back(column.name);
    }
  }
  return kept;
}

Status check_update_columns(const TableModel& model, const InsertOptions& options) {
  for (const std::string& name : options.update_columns) {
    if (model.find_column(name) == nullptr) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the model has no column to update: '{}'", name))
          .with_hint("name columns by sluice::columns<&T::member>()");
    }
  }
  return {};
}

plan::Merge merge_on(const TableModel& model, const std::vector<std::string>& key,
                     const InsertOptions& options) {
  plan::Merge merge{.key = key,
                    .update_columns = options.update_columns,
                    .insert_only_columns = kept_columns(model)};
  std::erase_if(merge.insert_only_columns, [&](const std::string& kept) {
    return std::find(key.begin(), key.end(), kept) != key.end();
  });
  if (!merge.update_columns.empty()) {
    // What is named is taken; the stamps of the write come with it.
    merge.insert_only_columns.clear();
    merge.update_columns.emplace_back(internal::kIngestIdColumn);
    for (const Column& column : model.columns) {
      if (column.stamp == Stamp::UpdateTime) {
        merge.update_columns.push_back(column.name);
      }
    }
  }
  if (options.on_conflict == OnConflict::Ignore) {
    merge.on_match = plan::OnMatch::Ignore;
    merge.update_columns.clear();
    merge.insert_only_columns.clear();
  }
  return merge;
}

Result<plan::WriteMode> lower_update(const TableModel& model, const InsertOptions& options) {
  const std::vector<std::string>& key = model.merge_key.empty() ? model.key : model.merge_key;
  if (key.empty()) {
    return contradiction("an update needs a key to find its rows by, and the model has none", model,
                         "declare .key<&T::id>() or .merge_key<&T::id>()");
  }
  plan::Merge merge = merge_on(model, key, options);
  merge.update_only = true;
  return plan::WriteMode{std::move(merge)};
}

}  // namespace

Result<plan::WriteMode> lower_mode(const TableModel& model, const InsertOptions& options,
                                   Unknown unknown) {
  SLUICE_CHECK(check_update_columns(model, options));
  const bool updates = options.on_conflict == OnConflict::Update;
  const bool ignores = options.on_conflict == OnConflict::Ignore;
  if (ignores && !options.update_columns.empty()) {
    return contradiction("a row that is left as it is has no columns to update", model,
                         "leave update_columns empty, or set on_conflict to Update");
  }
  if (unknown == Unknown::Dropped) {
    return lower_update(model, options);
  }
  if (!model.merge_key.empty()) {
    if (options.on_conflict == OnConflict::Error) {
      return contradiction("a model with a merge key cannot refuse the rows it finds", model,
                           "leave on_conflict at its default, or take merge_key off the model");
    }
    return plan::WriteMode{merge_on(model, model.merge_key, options)};
  }
  if (!options.update_columns.empty() && !updates) {
    return contradiction("update_columns need a key that updates rows", model,
                         "set on_conflict to Update, or declare a merge key");
  }
  if (!updates && !ignores) {
    return plan::WriteMode{plan::Append{.unique_key = model.key}};
  }
  if (model.key.empty()) {
    return contradiction("a conflict needs a key to be found by, and the model has none", model,
                         "declare .key<&T::id>() or .merge_key<&T::id>()");
  }
  return plan::WriteMode{merge_on(model, model.key, options)};
}

/// Validates and encodes a page before it asks for the next one.
class InsertRows::Source final : public ColumnSource {
 public:
  explicit Source(InsertRows& rows) : rows_(&rows) {}

  Result<ArrowSchemaOwned> schema() override {
    return schema::to_arrow(encoded_schema(*rows_->model_, rows_->stamps_));
  }

  Result<std::optional<ArrowBatch>> next() override {
    Result<std::optional<ArrowBatch>> batch = encode_next();
    if (!batch.has_value()) {
      rows_->error_ = batch.error();
    }
    return batch;
  }

 private:
  Result<std::optional<ArrowBatch>> encode_next() {
    if (at_ == page_.count) {
      page_ = rows_->feed_->next(kPageRows);
      at_ = 0;
      if (rows_->feed_->thrown() != nullptr) {
        return make_error(ErrorCode::Cancelled, "the range of records threw an exception");
      }
      if (std::optional<Error> failed = rows_->feed_->failed()) {
        return *std::move(failed);
      }
      if (page_.count == 0) {
        return std::optional<ArrowBatch>{};
      }
      SLUICE_CHECK(check_page());
    }
    const std::size_t stride = rows_->feed_->stride();
    while (true) {
      const std::size_t count = std::min(rows_max_, page_.count - at_);
      Result<ArrowBatch> batch =
          encode_batch(*rows_->model_, static_cast<const std::byte*>(page_.first) + at_ * stride,
                       stride, count, rows_->stamps_, rows_->rows_);
      if (batch.has_value()) {
        at_ += count;
        rows_->rows_ += count;
        return std::optional(*std::move(batch));
      }
      if (batch.error().code != ErrorCode::ResourceExhausted || count == 1) {
        return std::move(batch).error();
      }
      rows_max_ = count / 2;
    }
  }

  Status check_page() {
    Verdict verdict;
    try {
      check_records(rows_->model_->checks, page_.first, rows_->feed_->stride(), page_.count,
                    rows_->rows_, verdict.violations);
    } catch (...) {
      // A rule of the caller's threw; between here and the caller lies the engine's C code.
      rows_->thrown_ = std::current_exception();
      return make_error(ErrorCode::Cancelled, "a rule threw an exception");
    }
    return verdict.passed() ? Status{} : Status(to_error(verdict));
  }

  InsertRows* rows_;
  RecordPage page_;
  std::size_t at_ = 0;
  std::size_t rows_max_ = kPageRows;
};

/// Records in memory, again for every attempt. They were validated before.
class InsertRows::KeptSource final : public ColumnSource {
 public:
  KeptSource(ColumnStream stream, std::optional<Error>& error)
      : stream_(std::move(stream)), error_(&error) {}
  Result<ArrowSchemaOwned> schema() override { return stream_.schema(); }
  Result<std::optional<ArrowBatch>> next() override {
    Result<std::optional<ArrowBatch>> batch = stream_.next();
    if (!batch.has_value()) {
      *error_ = batch.error();
    }
    return batch;
  }

 private:
  ColumnStream stream_;
  std::optional<Error>* error_;
};

/// Weighs what passes.
class InsertRows::CountedSource final : public ColumnSource {
 public:
  CountedSource(std::unique_ptr<ColumnSource> source, ArrowSchemaOwned schema, std::uint64_t& bytes)
      : source_(std::move(source)), schema_(std::move(schema)), bytes_(&bytes) {}
  Result<ArrowSchemaOwned> schema() override { return source_->schema(); }
  Result<std::optional<ArrowBatch>> next() override {
    Result<std::optional<ArrowBatch>> batch = source_->next();
    if (batch.has_value() && batch->has_value()) {
      *bytes_ += arrow_bytes(*schema_.get(), *(**batch).get());
    }
    return batch;
  }

 private:
  std::unique_ptr<ColumnSource> source_;
  ArrowSchemaOwned schema_;
  std::uint64_t* bytes_;
};

Status InsertRows::validate() const {
  const std::optional<RecordPage> all = feed_->find_all();
  if (!all.has_value()) {
    return {};
  }
  Verdict verdict;
  check_records(model_->checks, all->first, feed_->stride(), all->count, 0, verdict.violations);
  return verdict.passed() ? Status{} : Status(to_error(verdict));
}

Result<ColumnStream> InsertRows::open() {
  error_.reset();
  bytes_ = 0;
  std::unique_ptr<ColumnSource> source;
  if (const std::optional<RecordPage> all = feed_->find_all()) {
    rows_ = all->count;
    source = std::make_unique<KeptSource>(
        encode_stream(*model_, all->first, feed_->stride(), all->count, stamps_), error_);
  } else if (was_read_) {
    return make_error(ErrorCode::CommitConflict,
                      "another writer came first, and the range gives its records only once")
        .with_hint("insert again with a fresh range, or stage it with Via::Storage");
  } else {
    was_read_ = true;
    source = std::make_unique<Source>(*this);
  }
  SLUICE_TRY(ArrowSchemaOwned schema, source->schema());
  return ColumnStream(
      std::make_unique<CountedSource>(std::move(source), std::move(schema), bytes_));
}

std::uint64_t estimate_bytes(const TableModel& model, const RecordPage& records) {
  constexpr std::size_t kSampled = 64;
  const std::size_t step = std::max<std::size_t>(1, records.count / kSampled);
  const std::size_t stride = model.record->size;
  std::uint64_t sampled = 0;
  std::uint64_t bytes = 0;
  std::string text;
  for (std::size_t i = 0; i < records.count; i += step, ++sampled) {
    text.clear();
    for (const Column& column : model.columns) {
      const auto* record = static_cast<const std::byte*>(records.first) + i * stride;
      append_json(text, *column.member->type, record + column.member->offset);
    }
    bytes += std::max<std::uint64_t>(text.size(), stride);
  }
  return sampled == 0 ? 0 : bytes / sampled * records.count;
}

std::string fingerprint(const TableModel& model, const InsertOptions& options, Unknown unknown,
                        const RecordFeed& feed) {
  Sha256 hash;
  hash.update(model.table);
  hash.update(fmt::format("\n{}\n", static_cast<int>(options.on_conflict)));
  if (unknown == Unknown::Dropped) {
    hash.update("update\n");
  }
  for (const std::string& column : options.update_columns) {
    hash.update(column + "\n");
  }
  if (const std::optional<RecordPage> all = feed.find_all()) {
    std::string text;
    const auto* at = static_cast<const std::byte*>(all->first);
    for (std::size_t i = 0; i < all->count; ++i, at += feed.stride()) {
      text.clear();
      for (const Column& column : model.columns) {
        if (column.stamp == Stamp::None) {
          append_json(text, *column.member->type, at + column.member->offset);
          text.push_back('\n');
        }
      }
      hash.update(text);
    }
  }
  return to_hex(hash.digest());
}

}  // namespace sluice::orm
