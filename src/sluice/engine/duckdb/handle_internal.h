// Owners of the C API's handles: each is destroyed exactly once, by its own function.
#pragma once

#include <cstring>
#include <utility>

#include <duckdb.h>

namespace sluice::engine {

/// A handle and the function that destroys it. `out()` is for calls that make one.
template <class Raw, auto Destroy>
class DuckHandle {
 public:
  DuckHandle() = default;
  explicit DuckHandle(Raw raw) : raw_(raw) {}
  DuckHandle(DuckHandle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  DuckHandle& operator=(DuckHandle&& other) noexcept {
    reset();
    raw_ = std::exchange(other.raw_, nullptr);
    return *this;
  }
  DuckHandle(const DuckHandle&) = delete;
  DuckHandle& operator=(const DuckHandle&) = delete;
  ~DuckHandle() { reset(); }

  void reset() {
    if (raw_ != nullptr) {
      Destroy(&raw_);
      raw_ = nullptr;
    }
  }
  Raw get() const { return raw_; }
  Raw* out() {
    reset();
    return &raw_;
  }

 private:
  Raw raw_ = nullptr;
};

using DuckConfig = DuckHandle<duckdb_config, duckdb_destroy_config>;
using DuckPrepared = DuckHandle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using DuckExtracted = DuckHandle<duckdb_extracted_statements, duckdb_destroy_extracted>;
using DuckPending = DuckHandle<duckdb_pending_result, duckdb_destroy_pending>;
using DuckChunk = DuckHandle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using DuckType = DuckHandle<duckdb_logical_type, duckdb_destroy_logical_type>;
using DuckValue = DuckHandle<duckdb_value, duckdb_destroy_value>;
using DuckErrorData = DuckHandle<duckdb_error_data, duckdb_destroy_error_data>;
using DuckAppender = DuckHandle<duckdb_appender, duckdb_appender_destroy>;
using DuckFunction = DuckHandle<duckdb_scalar_function, duckdb_destroy_scalar_function>;
using DuckAggregate = DuckHandle<duckdb_aggregate_function, duckdb_destroy_aggregate_function>;
using DuckTableFunction = DuckHandle<duckdb_table_function, duckdb_destroy_table_function>;
using DuckArrowOptions = DuckHandle<duckdb_arrow_options, duckdb_destroy_arrow_options>;
using DuckArrowTypes =
    DuckHandle<duckdb_arrow_converted_schema, duckdb_destroy_arrow_converted_schema>;

/// A result is a struct, not a pointer; destroying a zeroed one is fine.
class DuckResult {
 public:
  DuckResult() { std::memset(&raw_, 0, sizeof(raw_)); }
  DuckResult(DuckResult&& other) noexcept : raw_(other.raw_) {
    std::memset(&other.raw_, 0, sizeof(raw_));
  }
  DuckResult& operator=(DuckResult&&) = delete;
  DuckResult(const DuckResult&) = delete;
  DuckResult& operator=(const DuckResult&) = delete;
  ~DuckResult() { duckdb_destroy_result(&raw_); }

  duckdb_result* get() { return &raw_; }

 private:
  duckdb_result raw_;
};

}  // namespace sluice::engine
