#include "sluice/storage/memory/memory_storage.h"

#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace sluice::storage {
namespace {

struct Object {
  std::string bytes;
  sys_micros modified;
  std::uint64_t generation = 0;
};

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(const MemoryStorageOptions& options) : options_(options) {}

  std::string uri(std::string_view path) const override {
    const Result<std::string> clean = check_path(path);
    return "memory:///" + (clean ? *clean : "");
  }

  Status put(const Context& context, std::string_view path, std::string_view bytes) override {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(const std::string clean, check_path(path));
    const std::scoped_lock lock(mutex_);
    return store(context, clean, bytes);
  }

  Status put_if_absent(const Context& context, std::string_view path,
                       std::string_view bytes) override {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(const std::string clean, check_path(path));
    const std::scoped_lock lock(mutex_);
    if (objects_.contains(clean)) {
      return make_error(ErrorCode::AlreadyExists,
                        fmt::format("another writer was first: '{}'", clean));
    }
    return store(context, clean, bytes);
  }

  Result<std::optional<std::string>> find(const Context& context, std::string_view path,
                                          std::uint64_t bytes_max) override {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(const std::string clean, check_path(path));
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(clean);
    if (found == objects_.end()) {
      return std::optional<std::string>();
    }
    if (found->second.bytes.size() > bytes_max) {
      return make_too_large_error(clean, found->second.bytes.size(), bytes_max);
    }
    return std::optional<std::string>(found->second.bytes);
  }

  Result<std::vector<ObjectInfo>> list(const Context& context, std::string_view prefix) override {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(const std::string folder, check_folder(prefix));
    const std::string begin = folder.empty() ? "" : folder + "/";
    std::vector<ObjectInfo> infos;
    const std::scoped_lock lock(mutex_);
    for (auto at = objects_.lower_bound(begin); at != objects_.end(); ++at) {
      if (!at->first.starts_with(begin)) {
        break;
      }
      infos.push_back(ObjectInfo{.path = at->first,
                                 .size_bytes = at->second.bytes.size(),
                                 .modified = at->second.modified,
                                 .tag = fmt::format("{}", at->second.generation)});
    }
    return infos;
  }

  Status publish(const Context& context, std::string_view from, std::string_view to) override {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(const std::string source, check_path(from));
    SLUICE_TRY(const std::string target, check_path(to));
    const std::scoped_lock lock(mutex_);
    const bool has_source = objects_.contains(source);
    const bool has_target = objects_.contains(target);
    if (!has_source && !has_target) {
      return make_error(ErrorCode::NotFound,
                        fmt::format("nothing was written to publish: '{}'", source));
    }
    if (!has_source || source == target) {
      return {};
    }
    if (has_target) {
      return make_error(ErrorCode::AlreadyExists,
                        fmt::format("another object has this name already: '{}'", target));
    }
    auto moved = objects_.extract(source);
    moved.key() = target;
    objects_.insert(std::move(moved));
    return {};
  }

  Status remove(const Context& context, std::string_view path) override {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(const std::string clean, check_path(path));
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(clean);
    if (found != objects_.end()) {
      bytes_ -= found->second.bytes.size();
      objects_.erase(found);
    }
    return {};
  }

  Status prepare_folder(const Context& context, std::string_view path) override {
    SLUICE_CHECK(context.check());
    SLUICE_CHECK(check_path(path));
    return {};
  }

 private:
  Status store(const Context& context, const std::string& path, std::string_view bytes) {
    const auto found = objects_.find(path);
    const std::uint64_t others =
        bytes_ - (found == objects_.end() ? 0 : found->second.bytes.size());
    if (bytes.size() > options_.bytes_max || others > options_.bytes_max - bytes.size()) {
      return make_error(ErrorCode::ResourceExhausted,
                        fmt::format("the memory storage is full at {} bytes: '{}'",
                                    options_.bytes_max, path))
          .with_hint("give MemoryStorageOptions::bytes_max a larger value, or remove objects");
    }
    bytes_ = others + bytes.size();
    objects_[path] = Object{
        .bytes = std::string(bytes), .modified = context.clock->now(), .generation = ++generation_};
    return {};
  }

  const MemoryStorageOptions options_;
  std::mutex mutex_;
  std::map<std::string, Object, std::less<>> objects_;  // ordered bytewise: char_traits<char>
  std::uint64_t bytes_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Storage> make_memory_storage(const MemoryStorageOptions& options) {
  return std::make_unique<MemoryStorage>(options);
}

}  // namespace sluice::storage
