#include "sluice/run/write/write.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/base/overloaded.h"
#include "sluice/run/write/turns.h"

namespace sluice::run {
namespace {

constexpr int kPauseMsMax = 60'000;

Status check_bounds(std::string_view name, int value, int low, int high) {
  if (value < low || value > high) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected {} of {} to {}, got '{}'", name, low, high, value));
  }
  return {};
}

Status check_request(const plan::Write& write, const RowSource& rows, const table::CommitKey& key) {
  if (key.key.empty()) {
    return make_error(ErrorCode::InvalidArgument, "expected a commit key, got an empty one");
  }
  if (std::holds_alternative<plan::Batches>(write.source) != (rows != nullptr)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected rows beside the plan exactly when its source is "
                                  "batches, got '{}'",
                                  plan::to_string(write)));
  }
  return {};
}

/// From the moment a commit is sent, neither a stop nor a deadline may hide its outcome.
Context settling(const Context& context) {
  Context unstoppable = context;
  unstoppable.stop = {};
  unstoppable.deadline.reset();
  return unstoppable;
}

/// One write in progress: what every step of the loop needs.
struct Attempting {
  const Context& context;
  table::Table& table;
  const plan::Write& write;
  const RowSource& rows;
  const table::CommitKey& key;
  const WriteOptions& options;
  bool is_announced = false;
};

struct TryAgain {
  Error reason;
};
using Step = std::variant<table::Receipt, TryAgain>;

Result<std::optional<table::Receipt>> find_known(const Context& context, const Attempting& write) {
  SLUICE_TRY_IN(auto known, write.table.find_commit(context, write.key.key),
                fmt::format("looking for the commit of key '{}'", write.key.key));
  if (!known.has_value()) {
    return std::optional<table::Receipt>{};
  }
  if (!known->fingerprint.empty() && known->fingerprint != write.key.fingerprint) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this key has committed another content: '{}'", write.key.key))
        .with_hint("Use a new key for a new content; the same key is for the same write again.");
  }
  return std::optional(known->receipt);
}

Error outcome_unknown(const Attempting& write, const Error& cause, const Error& unreadable) {
  Error error = make_error(
      ErrorCode::CommitUnknown,
      fmt::format("the commit was sent, its reply was lost and the table cannot be read: '{}'",
                  write.table.describe().uri));
  return std::move(error)
      .with_native(fmt::format("{}\n{}", to_string(cause), to_string(unreadable)))
      .with_hint(fmt::format("When the table can be read again, repeat the write with the key "
                             "'{}': it is committed once, whichever way this one went.",
                             write.key.key));
}

/// Only reading the table tells what became of a commit without a reply. When the key is not there
/// the commit may still be on its way: the next attempt is safe all the same, because it commits
/// against the version that was read now.
Result<Step> resolve_unknown(const Attempting& write, Error cause) {
  const Context context = settling(write.context);
  std::optional<Error> unreadable;
  for (int lookup = 0; lookup <= write.options.lookup_retry_max; ++lookup) {
    if (lookup > 0) {
      SLUICE_CHECK(context.pause(
          std::chrono::milliseconds(pause_ms(write.options, lookup - 1, *context.random))));
    }
    auto known = find_known(context, write);
    if (!known.has_value() && known.error().code == ErrorCode::InvalidArgument) {
      return std::move(known).error();
    }
    if (!known.has_value()) {
      unreadable = std::move(known).error();
      continue;
    }
    if (known->has_value()) {
      return Step{**known};
    }
    cause = std::move(cause).with_context("committing; the table was read and does not hold it");
    if (cause.is_retryable() || cause.code == ErrorCode::CommitUnknown) {
      return Step{TryAgain{std::move(cause)}};
    }
    return cause;
  }
  return outcome_unknown(write, cause, *unreadable);
}

Status announce(Attempting& write) {
  SLUICE_CHECK(write.context.check());
  if (write.is_announced || !write.options.before_commit) {
    return {};
  }
  SLUICE_CHECK(write.options.before_commit());
  write.is_announced = true;
  return write.context.check();
}

Result<Step> commit(Attempting& write, std::unique_ptr<table::Prepared> prepared) {
  const Context context = settling(write.context);
  if (Status stopped = announce(write); !stopped.has_value()) {
    SLUICE_CHECK(prepared->abort(context));
    return std::move(stopped).error();
  }
  SLUICE_TRY_IN(auto outcome, write.table.commit(context, std::move(prepared)), "committing");
  return std::visit(
      overloaded{
          [](const table::Committed& committed) -> Result<Step> { return Step{committed.receipt}; },
          [](const table::Conflict& conflict) -> Result<Step> {
            return Step{
                TryAgain{make_error(ErrorCode::CommitConflict,
                                    fmt::format("another writer was first: '{}'", conflict.with))}};
          },
          [&](table::Unknown& unknown) { return resolve_unknown(write, std::move(unknown.cause)); },
      },
      outcome);
}

Result<std::optional<Turns::Turn>> take_turn(const Attempting& write, int retry) {
  std::optional<Turns::Turn> turn;
  if (Turns* turns = write.options.turns) {
    SLUICE_TRY(Turns::Turn taken,
               retry == 0 ? turns->join(write.context) : turns->go_alone(write.context));
    turn.emplace(std::move(taken));
  }
  return turn;
}

Result<Step> attempt_once(Attempting& write, int retry) {
  SLUICE_CHECK(write.context.check());
  SLUICE_TRY([[maybe_unused]] const auto turn, take_turn(write, retry));
  SLUICE_TRY(auto known, find_known(write.context, write));
  if (known.has_value()) {
    return Step{*known};
  }
  ColumnStream stream;
  if (write.rows != nullptr) {
    SLUICE_TRY_IN(stream, write.rows(), "asking for the rows of a write");
  }
  auto prepared = write.table.prepare(write.context, write.write, std::move(stream), write.key);
  if (!prepared.has_value()) {
    Error error = std::move(prepared).error().with_context(
        fmt::format("preparing {}", plan::mode_name(write.write.mode)));
    if (error.code == ErrorCode::CommitConflict) {
      return Step{TryAgain{std::move(error)}};
    }
    return error;
  }
  return commit(write, *std::move(prepared));
}

}  // namespace

Status validate(const WriteOptions& options) {
  SLUICE_CHECK(
      check_bounds("commit_retry_max", options.commit_retry_max, 0, limits::kCommitRetryMax));
  SLUICE_CHECK(
      check_bounds("lookup_retry_max", options.lookup_retry_max, 0, limits::kCommitRetryMax));
  SLUICE_CHECK(check_bounds("pause_initial_ms", options.pause_initial_ms, 0, kPauseMsMax));
  return check_bounds("pause_max_ms", options.pause_max_ms, options.pause_initial_ms, kPauseMsMax);
}

int pause_ms(const WriteOptions& options, int retry, Random& random) {
  int longest = options.pause_initial_ms;
  for (int doubled = 0; doubled < retry && longest < options.pause_max_ms; ++doubled) {
    longest *= 2;
  }
  longest = std::min(longest, options.pause_max_ms);
  std::array<std::uint8_t, 2> bytes{};
  random.fill(bytes);
  const int draw = bytes[0] << 8 | bytes[1];
  return longest - longest / 2 * draw / 0xffff;
}

Result<table::Receipt> write_once(const Context& context, table::Table& table,
                                  const plan::Write& write, const RowSource& rows,
                                  const table::CommitKey& key, const WriteOptions& options) {
  SLUICE_CHECK(validate(options));
  SLUICE_CHECK(check_request(write, rows, key));
  Attempting attempting{context, table, write, rows, key, options};
  for (int retry = 0;; ++retry) {
    SLUICE_TRY(Step step, attempt_once(attempting, retry));
    if (auto* receipt = std::get_if<table::Receipt>(&step)) {
      return *receipt;
    }
    Error& reason = std::get<TryAgain>(step).reason;
    if (retry == options.commit_retry_max) {
      return std::move(reason)
          .with_context(fmt::format("trying to commit {} times", retry + 1))
          .with_hint(
              "Nothing of this write is visible. Repeat it with the same key, or allow more "
              "retries where many writers share a table.");
    }
    context.say(LogLevel::Info, fmt::format("the commit is tried again: {}", reason.message));
    SLUICE_CHECK(
        context.pause(std::chrono::milliseconds(pause_ms(options, retry, *context.random))));
  }
}

Result<table::Maintained> maintain(const Context& context, table::Table& table,
                                   const table::Maintenance& request, const WriteOptions& options) {
  SLUICE_CHECK(validate(options));
  for (int retry = 0;; ++retry) {
    SLUICE_CHECK(context.check());
    auto done = table.maintain(context, request);
    if (done.has_value() || done.error().code != ErrorCode::CommitConflict ||
        retry == options.commit_retry_max) {
      return done;
    }
    context.say(LogLevel::Info,
                fmt::format("{} is tried again: {}", table::maintenance_name(request),
                            done.error().message));
    SLUICE_CHECK(
        context.pause(std::chrono::milliseconds(pause_ms(options, retry, *context.random))));
  }
}

}  // namespace sluice::run
