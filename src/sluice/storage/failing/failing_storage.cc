#include "sluice/storage/failing/failing_storage.h"

#include <utility>

#include <fmt/format.h>

namespace sluice::storage {

FailingStorage::FailingStorage(Storage& inner, Fault fault)
    : inner_(inner), fault_(std::move(fault)) {}

void FailingStorage::arm(Fault fault) {
  const std::scoped_lock lock(mutex_);
  fault_ = std::move(fault);
  trace_.clear();
  has_failed_ = false;
}

std::uint64_t FailingStorage::calls() const {
  const std::scoped_lock lock(mutex_);
  return trace_.size();
}

bool FailingStorage::has_failed() const {
  const std::scoped_lock lock(mutex_);
  return has_failed_;
}

std::vector<std::string> FailingStorage::trace() const {
  const std::scoped_lock lock(mutex_);
  return trace_;
}

FailingStorage::Verdict FailingStorage::count(std::string call) {
  const std::scoped_lock lock(mutex_);
  trace_.push_back(std::move(call));
  const std::uint64_t number = trace_.size();
  if (number == fault_.at_call) {
    has_failed_ = true;
    return fault_.effect == Fault::Effect::LostReply ? Verdict::FailAfter : Verdict::FailBefore;
  }
  return fault_.is_lasting && number > fault_.at_call ? Verdict::FailBefore : Verdict::Pass;
}

template <class Call>
auto FailingStorage::run(std::string name, Call call) -> decltype(call()) {
  const Verdict verdict = count(std::move(name));
  if (verdict == Verdict::FailBefore) {
    return fault_.error;
  }
  auto reply = call();
  if (verdict == Verdict::FailAfter) {
    return fault_.error;
  }
  return reply;
}

std::string FailingStorage::uri(std::string_view path) const { return inner_.uri(path); }

Status FailingStorage::put(const Context& context, std::string_view path, std::string_view bytes) {
  return run(fmt::format("put {}", path), [&] { return inner_.put(context, path, bytes); });
}

Status FailingStorage::put_if_absent(const Context& context, std::string_view path,
                                     std::string_view bytes) {
  return run(fmt::format("put_if_absent {}", path),
             [&] { return inner_.put_if_absent(context, path, bytes); });
}

Result<std::optional<std::string>> FailingStorage::find(const Context& context,
                                                        std::string_view path,
                                                        std::uint64_t bytes_max) {
  return run(fmt::format("find {}", path), [&] { return inner_.find(context, path, bytes_max); });
}

Result<std::vector<ObjectInfo>> FailingStorage::list(const Context& context,
                                                     std::string_view prefix) {
  return run(fmt::format("list {}", prefix), [&] { return inner_.list(context, prefix); });
}

Status FailingStorage::publish(const Context& context, std::string_view from, std::string_view to) {
  return run(fmt::format("publish {} {}", from, to),
             [&] { return inner_.publish(context, from, to); });
}

Status FailingStorage::remove(const Context& context, std::string_view path) {
  return run(fmt::format("remove {}", path), [&] { return inner_.remove(context, path); });
}

Status FailingStorage::prepare_folder(const Context& context, std::string_view path) {
  return run(fmt::format("prepare_folder {}", path),
             [&] { return inner_.prepare_folder(context, path); });
}

std::uint64_t sweep_faults(const std::vector<Fault>& kinds,
                           const std::function<bool(const Fault&)>& attempt) {
  std::uint64_t met = 0;
  for (const Fault& kind : kinds) {
    Fault fault = kind;
    for (fault.at_call = 1; attempt(fault); ++fault.at_call) {
      ++met;
    }
  }
  return met;
}

}  // namespace sluice::storage
