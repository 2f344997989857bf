// Log sinks: one line of text or one JSON object for every LogLine. The library opens no file and
// writes to no stream: where a line goes is a function of the caller's, so a sink fits any logging
// library, a file or a test.
//
//   sluice::JsonLog log([](std::string_view line) { std::cerr << line << '\n'; });
//   auto db = sluice::open(sluice::duckdb("shop.db"), {.log = &log});
//
// Safe from any thread: lines come whole and one at a time. What the function throws is dropped: a
// log that fails does not fail a write.
#pragma once

#include <memory>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/base/function.h"
#include "sluice/base/log.h"

namespace sluice {

/// Takes one line, without its end.
using LineWriter = Function<void(std::string_view line)>;

struct LineLogOptions {
  /// Lines below it are dropped.
  LogLevel level = LogLevel::Info;

  /// Where the time of a line comes from; nullptr: the machine.
  const Clock* clock = nullptr;
};

/// Lets one line at a time through to the writer.
class LineGate;

/// "2026-03-28T12:00:01.000250Z info ingest committed ingest_id=... table=users rows_in=3".
class TextLog final : public Log {
 public:
  explicit TextLog(LineWriter writer, const LineLogOptions& options = {});
  void write(const LogLine& line) override;

 private:
  LineLogOptions options_;
  std::shared_ptr<LineGate> gate_;
};

/// {"time":"2026-03-28T12:00:01.000250Z","level":"info","message":"ingest committed",...}, a field
/// each for the fields of the line, their values as text.
class JsonLog final : public Log {
 public:
  explicit JsonLog(LineWriter writer, const LineLogOptions& options = {});
  void write(const LogLine& line) override;

 private:
  LineLogOptions options_;
  std::shared_ptr<LineGate> gate_;
};

}  // namespace sluice
