#include "sluice/engine/fake/fake_engine.h"

#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::engine {
namespace {

std::string call_text(FakeVerb verb, const plan::Statement& statement) {
  std::string text = fmt::format("{} '{}'", to_string(verb), statement.text);
  for (const plan::Value& value : statement.parameters) {
    text += fmt::format(" <{}>", plan::to_string(value));
  }
  return text;
}

/// The script and how far it has come; shared by an engine and its connections.
class Stage {
 public:
  explicit Stage(FakeScript script) : script_(std::move(script)) {}

  const EngineFeatures& features() const { return script_.features; }

  std::vector<FakeCall> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  Status check_finished() const {
    const std::lock_guard lock(mutex_);
    if (next_ == script_.steps.size()) {
      return {};
    }
    const FakeStep& left = script_.steps[next_];
    return make_error(ErrorCode::Internal,
                      fmt::format("the script is not finished, its next step is: {}",
                                  call_text(left.verb, left.statement)));
  }

  Status connect(const Context& context) {
    const std::lock_guard lock(mutex_);
    SLUICE_CHECK(context.check());
    return record({.verb = FakeVerb::Connect});
  }

  /// The answer of the next step, if this call is what it expects.
  Result<FakeAnswer> take(const Context& context, FakeCall call) {
    const std::lock_guard lock(mutex_);
    SLUICE_CHECK(context.check());
    const FakeVerb verb = call.verb;
    const plan::Statement asked = call.statement;
    SLUICE_CHECK(record(std::move(call)));
    if (next_ == script_.steps.size()) {
      return make_error(ErrorCode::Internal,
                        fmt::format("the script has no step left for: {}", call_text(verb, asked)));
    }
    const FakeStep& step = script_.steps[next_];
    if (step.verb != verb || step.statement != asked) {
      return make_error(ErrorCode::Internal,
                        fmt::format("the script expected: {}, got: {}",
                                    call_text(step.verb, step.statement), call_text(verb, asked)));
    }
    ++next_;
    if (const auto* failure = std::get_if<Error>(&step.answer)) {
      return *failure;
    }
    return step.answer;
  }

 private:
  Status record(FakeCall call) {
    calls_.push_back(std::move(call));
    return calls_.size() == script_.failing_call ? Status(script_.failure) : Status{};
  }

  const FakeScript script_;
  mutable std::mutex mutex_;
  std::vector<FakeCall> calls_;
  std::size_t next_ = 0;
};

Error wrong_answer(FakeVerb verb, std::string_view expected) {
  return make_error(ErrorCode::Internal, fmt::format("the script answers a {} with something else "
                                                     "than {}",
                                                     to_string(verb), expected));
}

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(std::shared_ptr<Stage> stage) : stage_(std::move(stage)) {}

  Result<std::int64_t> execute(const Context& context, const plan::Statement& statement) override {
    SLUICE_TRY(const FakeAnswer answer,
               stage_->take(context, {.verb = FakeVerb::Execute, .statement = statement}));
    const auto* changed = std::get_if<FakeChanged>(&answer);
    return changed != nullptr ? Result<std::int64_t>(changed->rows)
                              : wrong_answer(FakeVerb::Execute, "a number of rows");
  }

  Result<ColumnStream> query(const Context& context, const plan::Statement& statement) override {
    SLUICE_TRY(const FakeAnswer answer,
               stage_->take(context, {.verb = FakeVerb::Query, .statement = statement}));
    const auto* rows = std::get_if<FakeRows>(&answer);
    return rows != nullptr ? make_rows(rows->schema, rows->rows)
                           : wrong_answer(FakeVerb::Query, "rows");
  }

  Result<schema::Schema> describe(const Context& context,
                                  const plan::Statement& statement) override {
    SLUICE_TRY(const FakeAnswer answer,
               stage_->take(context, {.verb = FakeVerb::Describe, .statement = statement}));
    const auto* rows = std::get_if<FakeRows>(&answer);
    return rows != nullptr ? Result<schema::Schema>(rows->schema)
                           : wrong_answer(FakeVerb::Describe, "rows");
  }

  Result<std::int64_t> load(const Context& context, std::string_view name,
                            ColumnStream rows) override {
    SLUICE_TRY(std::vector<std::string> lines, read_rows(std::move(rows)));
    const auto count = static_cast<std::int64_t>(lines.size());
    SLUICE_TRY(const FakeAnswer answer, stage_->take(context, {.verb = FakeVerb::Load,
                                                               .statement = std::string(name),
                                                               .rows = std::move(lines)}));
    return count;
  }

  void* native_handle() override { return nullptr; }

 private:
  std::shared_ptr<Stage> stage_;
};

class ScriptedEngine final : public FakeEngine {
 public:
  explicit ScriptedEngine(FakeScript script) : stage_(std::make_shared<Stage>(std::move(script))) {}

  std::string_view name() const override { return "fake"; }
  std::string version() const override { return "fake"; }
  const EngineFeatures& features() const override { return stage_->features(); }

  Result<std::unique_ptr<Connection>> connect(const Context& context) override {
    SLUICE_CHECK(stage_->connect(context));
    return std::unique_ptr<Connection>(std::make_unique<FakeConnection>(stage_));
  }

  std::vector<FakeCall> calls() const override { return stage_->calls(); }
  Status check_finished() const override { return stage_->check_finished(); }

 private:
  std::shared_ptr<Stage> stage_;
};

}  // namespace

std::string_view to_string(FakeVerb verb) {
  switch (verb) {
    case FakeVerb::Connect: return "connect";
    case FakeVerb::Execute: return "execute";
    case FakeVerb::Query: return "query";
    case FakeVerb::Describe: return "describe";
    case FakeVerb::Load: return "load";
  }
  return "unknown call";
}

std::unique_ptr<FakeEngine> make_fake_engine(FakeScript script) {
  return std::make_unique<ScriptedEngine>(std::move(script));
}

}  // namespace sluice::engine
