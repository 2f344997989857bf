// A storage that fails on purpose, for the tests of every write path: at the n-th call it returns
// the error it was given, before the call had its effect or after it (the reply was lost), once or
// from there on. A test sweeps n from 1 until a run passes unharmed (sweep_faults): after any
// failure the world is as before or as after, never between. Calls are counted from all threads;
// the storage inside is the caller's and outlives this one. `uri` is not a call.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sluice/storage/storage.h"

namespace sluice::storage {

struct Fault {
  /// The first call is 1.
  std::uint64_t at_call = std::numeric_limits<std::uint64_t>::max();

  enum class Effect : std::uint8_t {
    None,      // the call does nothing
    LostReply  // the call does all it should, and its caller learns of the error only
  };
  Effect effect = Effect::None;

  /// Every call after it fails too, without effect: the process was killed or the network is gone.
  bool is_lasting = false;

  Error error = make_error(ErrorCode::Unavailable, "the fault of this test");
};

class FailingStorage final : public Storage {
 public:
  explicit FailingStorage(Storage& inner, Fault fault = {});

  /// Counts from zero again.
  void arm(Fault fault);
  /// Calls since the last arm.
  std::uint64_t calls() const;
  bool has_failed() const;
  /// Every call since the last arm: "put_if_absent a/b".
  std::vector<std::string> trace() const;

  std::string uri(std::string_view path) const override;
  Status put(const Context& context, std::string_view path, std::string_view bytes) override;
  Status put_if_absent(const Context& context, std::string_view path,
                       std::string_view bytes) override;
  Result<std::optional<std::string>> find(const Context& context, std::string_view path,
                                          std::uint64_t bytes_max) override;
  Result<std::vector<ObjectInfo>> list(const Context& context, std::string_view prefix) override;
  Status publish(const Context& context, std::string_view from, std::string_view to) override;
  Status remove(const Context& context, std::string_view path) override;
  Status prepare_folder(const Context& context, std::string_view path) override;

 private:
  enum class Verdict : std::uint8_t { Pass, FailBefore, FailAfter };
  Verdict count(std::string call);
  template <class Call>
  auto run(std::string name, Call call) -> decltype(call());

  Storage& inner_;
  mutable std::mutex mutex_;
  Fault fault_;
  std::vector<std::string> trace_;
  bool has_failed_ = false;
};

/// Calls `attempt` with a fault at call 1, 2, 3 ... of each kind given. An attempt makes its own
/// storage, and returns whether it met its fault: the first that did not ends the sweep of a kind.
/// Returns how many faults were met.
std::uint64_t sweep_faults(const std::vector<Fault>& kinds,
                           const std::function<bool(const Fault&)>& attempt);

}  // namespace sluice::storage
