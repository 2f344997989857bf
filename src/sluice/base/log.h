// Where the library says what it does. It writes to no stream: the caller gives a sink and owns it
// for as long as the Context that names it is used. Lines carry no clear value of a masked field.
// Only cli/ prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

std::string_view to_string(LogLevel level);

struct LogLine {
  LogLevel level = LogLevel::Info;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;  // run_id, layer, table ...
};

/// Called from any thread; an implementation locks for itself.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(const LogLine& line) = 0;
};

/// Says nothing.
Log& silent_log();

}  // namespace sluice
