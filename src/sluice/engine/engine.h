// The port to an engine: something that runs statements and moves Arrow streams. It knows no table
// format; formats ask it for statements, the run asks it for relations. One Engine is one database
// instance or one server address; one Connection is one session on it with its own temporary
// relations.
//
// An Engine is safe from any thread and outlives its connections. A Connection is used by one
// thread at a time. Cancelling the Context stops a running statement with Cancelled. Engine errors
// carry the engine's own text in `native` (it may hold data values) and never in `message`.
// A text of several statements runs in order and gives the result of the last, where the engine
// takes one; it has no parameters.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/plan/statement.h"
#include "sluice/schema/schema.h"

namespace sluice::engine {

/// What an engine can do beyond the port, as data: callers ask, nobody guesses by name.
struct EngineFeatures {
  bool transactions = false;        // BEGIN, COMMIT, ROLLBACK
  bool local_files = false;         // reads and writes files of this machine by path
  bool executes_over_rows = false;  // execute_over
  bool bound_parameters = true;     // '?' in statements, bound or written as literals
  bool functions = false;           // Connection::add_function and add_gate
  std::string dialect = "duckdb";   // the folder of dialect/ that speaks to it
};

/// A function of ours from one text to one text, by which statements call it. It is called from
/// several threads; NULL is never given to it. An error of it ends the statement.
struct TextFunction {
  std::string name;
  std::function<Result<std::string>(std::string_view text)> apply;
};

/// Counts the rows that pass it: `name()` in a WHERE is true of every row, and is asked once for
/// each.
struct RowCounter {
  std::string name;
  std::shared_ptr<std::atomic<std::int64_t>> rows;
};

using Function = std::variant<TextFunction, RowCounter>;

/// A gate in the WHERE of a statement, asked once for each row: `name(value, flags...)` is true
/// where the value is NULL. What is not NULL is kept in a table of one column, as it comes.
struct GateOptions {
  std::string name;
  std::string table;  // that is there, and not a temporary one
  int flags = 0;      // how many BIGINTs of flags follow the value
};

struct GateCounts {
  std::int64_t passed = 0;
  std::int64_t kept = 0;
  /// Rows that had the flag, passed or kept: of bit b of the nth BIGINT at 64 * n + b.
  std::vector<std::int64_t> flags;
};

/// One thread owns it; destroyed without being closed it may leave some of the rows in the table.
class Gate {
 public:
  virtual ~Gate() = default;
  /// After the statement that asked it has ended: from here on the table can be read.
  virtual Result<GateCounts> close() = 0;
};

class Connection {
 public:
  virtual ~Connection() = default;

  /// Runs a statement to its end; the number of rows it changed, 0 where the engine does not say.
  virtual Result<std::int64_t> execute(const Context& context,
                                       const plan::Statement& statement) = 0;

  /// Runs a query; batches come as they are computed, memory stays bounded. The stream ends before
  /// the connection does and before its next statement.
  virtual Result<ColumnStream> query(const Context& context, const plan::Statement& statement) = 0;

  /// The columns that a query would give, without running it.
  virtual Result<schema::Schema> describe(const Context& context,
                                          const plan::Statement& statement) = 0;

  /// Reads `rows` to the end into a temporary relation `name` of this connection, replacing one of
  /// that name; how many rows came.
  virtual Result<std::int64_t> load(const Context& context, std::string_view name,
                                    ColumnStream rows) = 0;

  /// Makes `function` known to the statements of this engine until it closes. Unsupported where an
  /// engine runs elsewhere: its features say so.
  virtual Status add_function(Function function) {  // NOLINT(*-unnecessary-value-param)
    static_cast<void>(function);
    return make_error(ErrorCode::Unsupported, "this engine takes no functions of this process")
        .with_hint("run on the embedded engine");
  }

  /// Makes a gate known to the statements of this engine, as add_function does. No other has had
  /// its name.
  virtual Result<std::unique_ptr<Gate>> add_gate(const GateOptions& options) {
    return make_error(ErrorCode::Unsupported,
                      "this engine takes no gates of this process: '" + options.name + "'")
        .with_hint("run on the embedded engine");
  }

  /// Runs a statement over `rows`, which it reads as the relation `name`: once for each part of
  /// them as they come, so it is one to which that makes no difference, such as INSERT ... SELECT
  /// of each row. How many rows came. Unsupported where the features do not name it.
  virtual Result<std::int64_t> execute_over(const Context& context,
                                            const plan::Statement& statement, std::string_view name,
                                            ColumnStream rows) {
    static_cast<void>(context), static_cast<void>(statement), static_cast<void>(rows);
    return make_error(ErrorCode::Unsupported,
                      "this engine runs no statement over rows: '" + std::string(name) + "'")
        .with_hint("load the rows first");
  }

  /// The engine's own handle (duckdb_connection, a Spark session), for callers who need what the
  /// port does not have. Owned by the connection.
  virtual void* native_handle() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;
  /// Name and version as the engine reports it, for `sluice version` and run records.
  virtual std::string version() const = 0;
  virtual const EngineFeatures& features() const = 0;
  virtual Result<std::unique_ptr<Connection>> connect(const Context& context) = 0;
};

/// How an engine is opened. Each engine says which options it takes; others are InvalidArgument.
struct EngineOptions {
  /// DuckDB: a database file, empty for memory. Spark: "sc://host:port".
  std::string address;
  std::uint64_t memory_bytes_max = std::uint64_t{4} << 30;
  int threads_max = 0;  // 0: all
  /// Where spilled data goes; empty: a folder of its own under the system's temporary folder.
  std::string spill_folder;
  /// Folders and files that statements may touch; empty with `locked`: none.
  std::vector<std::string> allowed_paths;
  /// Statements reach no file or address but the allowed paths, and cannot change that.
  bool locked = false;
  bool read_only = false;
  /// Data may be spilled to disk; else a statement that needs more memory is ResourceExhausted.
  bool may_spill = true;
  /// DuckDB: the extension (a path) whose ciphers encrypt what is spilled; empty: spilled in clear.
  std::string spill_cipher;
};

}  // namespace sluice::engine
