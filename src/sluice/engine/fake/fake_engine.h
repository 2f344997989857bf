// An engine that follows a script: each call is compared with the next step and gets that step's
// answer. For tests of what stands above the engine port; it knows no SQL. What it was asked is
// recorded, and it can fail at any one call, so that a test can fail each of a write path's calls.
//
// One script serves all connections, in the order of the calls; the steps of a test with several
// threads are its own matter. Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sluice/engine/engine.h"
#include "sluice/engine/fake/rows.h"

namespace sluice::engine {

enum class FakeVerb : std::uint8_t { Connect, Execute, Query, Describe, Load };

std::string_view to_string(FakeVerb verb);

/// One call as it came: the statement, or the name and the rows of a load.
struct FakeCall {
  FakeVerb verb = FakeVerb::Execute;
  plan::Statement statement = "";
  std::vector<std::string> rows;  // of a load, as read_rows gives them
  friend bool operator==(const FakeCall&, const FakeCall&) = default;
};

/// What a query gives; its schema is what describe gives.
struct FakeRows {
  schema::Schema schema;
  std::vector<Row> rows;
};
/// What execute gives.
struct FakeChanged {
  std::int64_t rows = 0;
};
using FakeAnswer = std::variant<FakeChanged, FakeRows, Error>;

struct FakeStep {
  FakeVerb verb = FakeVerb::Execute;
  /// The statement that is expected, with its parameters; of a load, the name of the relation.
  plan::Statement statement;
  FakeAnswer answer = FakeChanged{};
};

struct FakeScript {
  std::vector<FakeStep> steps;
  /// The call of this number fails, counted from 1 over all calls and connects; 0: none does.
  std::size_t failing_call = 0;
  /// What it fails with.
  Error failure = make_error(ErrorCode::Unavailable, "the script lets this call fail");
  EngineFeatures features;
};

class FakeEngine : public Engine {
 public:
  /// Every call so far, connects included.
  virtual std::vector<FakeCall> calls() const = 0;
  /// An error that names the first step that no call has taken.
  virtual Status check_finished() const = 0;
};

std::unique_ptr<FakeEngine> make_fake_engine(FakeScript script);

}  // namespace sluice::engine
