// Columns in motion: owning wrappers around the Arrow C structs. A ColumnStream yields record
// batches (struct arrays) of one schema until it is empty. Move-only; single consumer; not safe
// from several threads at once. Foreign producers plug in by their ArrowArrayStream, ours by
// implementing ColumnSource.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "sluice/base/arrow_abi.h"
#include "sluice/base/result.h"

namespace sluice {

/// Owns one of the C structs and calls its release exactly once.
template <class CStruct>
class ArrowOwned {
 public:
  ArrowOwned() = default;
  explicit ArrowOwned(CStruct&& taken) : raw_(std::exchange(taken, CStruct{})) {}
  ArrowOwned(ArrowOwned&& other) noexcept : raw_(std::exchange(other.raw_, CStruct{})) {}
  ArrowOwned& operator=(ArrowOwned&& other) noexcept {
    if (this != &other) {
      reset();
      raw_ = std::exchange(other.raw_, CStruct{});
    }
    return *this;
  }
  ArrowOwned(const ArrowOwned&) = delete;
  ArrowOwned& operator=(const ArrowOwned&) = delete;
  ~ArrowOwned() { reset(); }

  void reset() {
    if (raw_.release != nullptr) {
      raw_.release(&raw_);
    }
    raw_ = CStruct{};
  }

  bool has_value() const { return raw_.release != nullptr; }
  CStruct* get() { return &raw_; }
  const CStruct* get() const { return &raw_; }
  CStruct* operator->() { return &raw_; }
  const CStruct* operator->() const { return &raw_; }
  /// Gives ownership away, as the C interface moves: by copying the struct.
  CStruct release_to_caller() { return std::exchange(raw_, CStruct{}); }

 private:
  CStruct raw_{};
};

using ArrowSchemaOwned = ArrowOwned<ArrowSchema>;
using ArrowBatch = ArrowOwned<ArrowArray>;

/// Where batches come from. Destroying it releases whatever it holds.
class ColumnSource {
 public:
  virtual ~ColumnSource() = default;
  virtual Result<ArrowSchemaOwned> schema() = 0;
  /// The next batch; empty at the end. After an error the stream is over.
  virtual Result<std::optional<ArrowBatch>> next() = 0;
};

class ColumnStream {
 public:
  ColumnStream() = default;
  explicit ColumnStream(std::unique_ptr<ColumnSource> source) : source_(std::move(source)) {}
  /// Takes a foreign producer.
  explicit ColumnStream(ArrowArrayStream&& foreign);

  bool has_value() const { return source_ != nullptr; }
  Result<ArrowSchemaOwned> schema() { return source_->schema(); }
  Result<std::optional<ArrowBatch>> next() { return source_->next(); }

  /// Hands the stream to a foreign consumer.
  ArrowArrayStream release_to_caller() &&;

 private:
  std::unique_ptr<ColumnSource> source_;
};

}  // namespace sluice
