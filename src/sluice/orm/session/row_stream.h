// Rows of one read, a page at a time: a single-pass range of Result<std::span<const T>>. A failure
// to open shows as the first page and a failure in between as the last one, so a stream needs no
// Result around it and nothing is thrown out of ++. Memory is one page, whatever the result's size.
//
// A page is valid until the next increment. Used by one thread; ends before its session is closed.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/orm/codec/decode.h"
#include "sluice/orm/model/table_model.h"

namespace sluice::orm {

/// What keeps the producer of a stream alive (a connection of the pool).
class Lease {
 public:
  virtual ~Lease() = default;
  /// Told what came through it.
  virtual void count_rows(std::size_t) {}
  virtual void fail() {}
};

/// Batches and how to read them, without the type of the rows.
class PageReader {
 public:
  static Result<PageReader> open(const TableModel& model, ColumnStream stream,
                                 std::unique_ptr<Lease> lease, const DecodeOptions& options);

  /// Takes the next batch that has rows; how many, 0 at the end.
  Result<std::size_t> next();
  /// Writes the rows of that batch.
  Status decode(void* first, std::size_t stride);
  /// Gives the producer back before the reader ends.
  void close();

 private:
  PageReader(Decoder decoder, ColumnStream stream, std::unique_ptr<Lease> lease);
  Result<std::size_t> take_batch();

  std::unique_ptr<Lease> lease_;  // outlives the stream
  ColumnStream stream_;
  Decoder decoder_;
  ArrowBatch batch_;
  std::size_t rows_before_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace sluice::orm

namespace sluice {

template <class T>
class RowStream {
 public:
  using Page = Result<std::span<const T>>;

  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Page;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(RowStream* stream) : stream_(stream) {}
    const Page& operator*() const { return *stream_->page_; }
    Iterator& operator++() {
      stream_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !stream_->page_.has_value(); }

   private:
    RowStream* stream_;
  };

  explicit RowStream(Result<orm::PageReader> reader) : reader_(std::move(reader)) {}

  /// Reads the first page. Call it once.
  Iterator begin() {
    advance();
    return Iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

  /// All rows; what `query` is made of.
  Result<std::vector<T>> collect() && {
    std::vector<T> all;
    for (const Page& page : *this) {
      if (!page.has_value()) {
        return page.error();
      }
      // The page is this stream's own and is filled anew: its rows can be moved.
      all.insert(all.end(), std::move_iterator(rows_.begin()),
                 std::move_iterator(rows_.begin() + static_cast<std::ptrdiff_t>((*page).size())));
    }
    return all;
  }

 private:
  void advance() {
    if (page_.has_value() && !page_->has_value()) {
      page_.reset();  // an error was the last page
      return;
    }
    page_ = load();
    if (page_->has_value() && (**page_).empty()) {
      page_.reset();
    }
  }
  Page load() {
    if (!reader_.has_value()) {
      return reader_.error();
    }
    SLUICE_TRY(const std::size_t rows, reader_->next());
    rows_.resize(rows);
    SLUICE_CHECK(reader_->decode(rows_.data(), sizeof(T)));
    return std::span<const T>(rows_);
  }

  Result<orm::PageReader> reader_;
  std::vector<T> rows_;
  std::optional<Page> page_;
};

/// Reads a stream of Arrow batches, wherever it comes from.
template <class T>
RowStream<T> stream_as(ColumnStream stream, const orm::DecodeOptions& options = {}) {
  return RowStream<T>(
      orm::PageReader::open(orm::table_model_of<T>(), std::move(stream), nullptr, options));
}

template <class T>
Result<std::vector<T>> collect_as(ColumnStream stream, const orm::DecodeOptions& options = {}) {
  return stream_as<T>(std::move(stream), options).collect();
}

}  // namespace sluice
