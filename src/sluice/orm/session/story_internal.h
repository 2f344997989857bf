// The story of one ingest, told to the log and the counters: started, staged, committed or aborted,
// each line with its ingest id. A story that nobody ended was aborted.
//
// One thread; the Context and the registry outlive it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/orm/observe/metrics.h"
#include "sluice/table/table.h"

namespace sluice::orm {

class IngestStory {
 public:
  struct Opening {
    std::string table;
    std::string ingest_id;
    std::string_view path;            // "direct", "storage"
    std::optional<std::size_t> rows;  // unknown of a range
    std::string staging_prefix;       // empty: nothing is staged
  };
  IngestStory(const Context& context, Metrics* metrics, Opening opening);
  IngestStory(const IngestStory&) = delete;
  IngestStory(IngestStory&&) = delete;
  IngestStory& operator=(const IngestStory&) = delete;
  IngestStory& operator=(IngestStory&&) = delete;
  ~IngestStory();

  /// What has been encoded and staged so far; told with the next line.
  void carried(std::uint64_t bytes, std::size_t parts);
  void staged(const table::Receipt& expected);
  void conflicted(std::string_view with);
  void committed(const table::Receipt& receipt);
  void aborted(const Error& error);

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  void tell(LogLevel level, std::string message, Fields more);
  double seconds() const;

  Log* log_;
  Metrics* metrics_;
  Opening opening_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t bytes_ = 0;
  std::size_t parts_ = 0;
  bool ended_ = false;
};

/// The same table, whose writes are told to a story. `bytes` is read when a write is prepared.
std::unique_ptr<table::Table> observe_table(table::Table& table, IngestStory& story,
                                            std::function<std::uint64_t()> bytes,
                                            std::size_t parts);

}  // namespace sluice::orm
