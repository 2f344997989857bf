// Records on their way into a write: in memory, where a retry reads them again, or from a range
// that gives each of them once. A page is validated and encoded before the next one is asked for,
// so a generator runs only as fast as the table takes its rows.
#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/orm/session/row_stream.h"

namespace sluice::orm {

struct RecordPage {
  const void* first = nullptr;
  std::size_t count = 0;
};

class RecordFeed {
 public:
  explicit RecordFeed(std::size_t stride) : stride_(stride) {}
  virtual ~RecordFeed() = default;
  RecordFeed(const RecordFeed&) = delete;
  RecordFeed(RecordFeed&&) = delete;
  RecordFeed& operator=(const RecordFeed&) = delete;
  RecordFeed& operator=(RecordFeed&&) = delete;

  std::size_t stride() const { return stride_; }
  /// All records, when they lie in memory.
  virtual std::optional<RecordPage> find_all() const = 0;
  /// The next records, valid until the next call; empty at the end. What the range throws is kept.
  virtual RecordPage next(std::size_t records_max) = 0;
  /// What the range threw, if it did.
  virtual std::exception_ptr thrown() const { return nullptr; }
  /// Why the records ended early, where it was no exception.
  virtual std::optional<Error> failed() const { return std::nullopt; }

 private:
  std::size_t stride_;
};

class SpanFeed final : public RecordFeed {
 public:
  SpanFeed(const void* first, std::size_t stride, std::size_t count)
      : RecordFeed(stride), all_{first, count} {}
  std::optional<RecordPage> find_all() const override { return all_; }
  RecordPage next(std::size_t) override { return std::exchange(all_, {}); }

 private:
  RecordPage all_;
};

template <class Range>
class RangeFeed final : public RecordFeed {
 public:
  using Record = std::remove_cvref_t<decltype(*std::begin(std::declval<Range&>()))>;

  explicit RangeFeed(Range& range) : RecordFeed(sizeof(Record)), range_(&range) {}

  std::optional<RecordPage> find_all() const override { return std::nullopt; }
  RecordPage next(std::size_t records_max) override {
    page_.clear();
    try {
      if (!at_.has_value()) {
        at_.emplace(std::begin(*range_));
      } else if (!ended_) {
        ++*at_;  // past the last record of the page before
      }
      while (!(*at_ == std::end(*range_))) {
        page_.push_back(**at_);
        if (page_.size() == records_max) {
          return {page_.data(), page_.size()};
        }
        ++*at_;
      }
      ended_ = true;
    } catch (...) {
      thrown_ = std::current_exception();
      return {};
    }
    return {page_.data(), page_.size()};
  }
  std::exception_ptr thrown() const override { return thrown_; }

 private:
  Range* range_;
  std::optional<decltype(std::begin(std::declval<Range&>()))> at_;
  bool ended_ = false;
  std::vector<Record> page_;
  std::exception_ptr thrown_;
};

template <class Range>
RangeFeed(Range&) -> RangeFeed<Range>;

/// Arrow batches, read into records: they pass the same rules as any other.
template <class T>
class BatchFeed final : public RecordFeed {
 public:
  explicit BatchFeed(RowStream<T> rows) : RecordFeed(sizeof(T)), rows_(std::move(rows)) {}

  std::optional<RecordPage> find_all() const override { return std::nullopt; }
  RecordPage next(std::size_t) override {
    if (!at_.has_value()) {
      at_.emplace(rows_.begin());
    } else if (*at_ != rows_.end()) {
      ++*at_;
    }
    if (*at_ == rows_.end()) {
      return {};
    }
    const Result<std::span<const T>>& page = **at_;
    if (!page.has_value()) {
      error_ = page.error();
      return {};
    }
    return {(*page).data(), (*page).size()};
  }
  std::optional<Error> failed() const override { return error_; }

 private:
  RowStream<T> rows_;
  std::optional<typename RowStream<T>::Iterator> at_;
  std::optional<Error> error_;
};

}  // namespace sluice::orm
