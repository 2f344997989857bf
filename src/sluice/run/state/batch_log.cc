#include "sluice/run/state/batch_log.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"

namespace sluice::run {
namespace {

constexpr std::string_view kBefore = "batch-";
constexpr std::string_view kAfter = ".json";

/// Empty for the files of others. One number has one name: no zeros in front.
std::optional<std::uint64_t> number_of(std::string_view name) {
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter) ||
      name.size() <= kBefore.size() + kAfter.size()) {
    return std::nullopt;
  }
  name.remove_prefix(kBefore.size());
  name.remove_suffix(kAfter.size());
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (code != std::errc{} || end != name.data() + name.size() || name.front() == '0') {
    return std::nullopt;
  }
  return number;
}

Error make_gap_error(const std::string& missing) {
  return make_error(
             ErrorCode::Corrupt,
             fmt::format("the record of a batch is missing while later ones exist: '{}'", missing))
      .with_hint("restore the file from a copy: without it, its files would be read twice");
}

}  // namespace

BatchLog::BatchLog(storage::Storage& storage, std::string state_folder, StreamId stream)
    : storage_(storage), folder_(std::move(state_folder)), stream_(std::move(stream)) {
  folder_ += folder_.empty() || folder_.ends_with('/') ? "" : "/";
  folder_ += render_stream(stream_);
}

std::string BatchLog::path_of(std::uint64_t number) const {
  return fmt::format("{}/{}{}{}", folder_, kBefore, number, kAfter);
}

std::string BatchLog::uri_of(std::uint64_t number) const { return storage_.uri(path_of(number)); }

Result<std::vector<BatchRecord>> BatchLog::load_all(const Context& context) const {
  SLUICE_TRY(const std::vector<std::uint64_t> numbers, list_numbers(context));
  std::vector<BatchRecord> records;
  for (const std::uint64_t number : numbers) {
    if (number != records.size() + 1) {
      return make_gap_error(storage_.uri(path_of(records.size() + 1)));
    }
    SLUICE_TRY(BatchRecord record, load(context, number));
    records.push_back(std::move(record));
  }
  return records;
}

Result<std::optional<BatchRecord>> BatchLog::find_newest(const Context& context) const {
  SLUICE_TRY(const std::vector<std::uint64_t> numbers, list_numbers(context));
  if (numbers.empty()) {
    return std::optional<BatchRecord>();
  }
  SLUICE_TRY(BatchRecord record, load(context, numbers.back()));
  return std::optional<BatchRecord>(std::move(record));
}

Result<std::optional<BatchRecord>> BatchLog::write_or_find(const Context& context,
                                                           const BatchRecord& record) const {
  SLUICE_TRY(const std::string text, render_batch(record));
  const Status written = storage_.put_if_absent(context, path_of(record.number), text);
  if (written) {
    return std::optional<BatchRecord>();
  }
  // Whatever the error: what stands there now decides, and nothing there means nothing happened.
  Result<std::optional<BatchRecord>> looked = find(context, record.number);
  if (!looked) {
    return written.error().code == ErrorCode::AlreadyExists ? looked.error() : written.error();
  }
  std::optional<BatchRecord> there = *std::move(looked);
  if (!there) {
    return written.error();
  }
  if (*there != record) {
    return there;
  }
  SLUICE_CHECK(confirm(context, record.number));
  return std::optional<BatchRecord>();
}

Status BatchLog::confirm(const Context& context, std::uint64_t number) const {
  return storage_.publish(context, path_of(number), path_of(number));
}

Result<std::vector<std::uint64_t>> BatchLog::list_numbers(const Context& context) const {
  SLUICE_TRY(const std::vector<storage::ObjectInfo> infos, storage_.list(context, folder_));
  std::vector<std::uint64_t> numbers;
  for (const storage::ObjectInfo& info : infos) {
    const std::string_view name = std::string_view(info.path).substr(folder_.size() + 1);
    if (const auto number = number_of(name)) {
      numbers.push_back(*number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<std::optional<BatchRecord>> BatchLog::find(const Context& context,
                                                  std::uint64_t number) const {
  const std::string path = path_of(number);
  SLUICE_TRY(const std::optional<std::string> text,
             storage_.find(context, path, limits::kStateFileBytesMax));
  if (!text) {
    return std::optional<BatchRecord>();
  }
  const std::string shown = storage_.uri(path);
  SLUICE_TRY(BatchRecord record, parse_batch(*text, shown));
  if (record.number != number || record.stream != stream_) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("expected the record of batch {} of this stream, got one of "
                                  "batch {} of '{}' into '{}': '{}'",
                                  number, record.number, record.stream.contract,
                                  record.stream.target, shown))
        .with_hint("the file was copied or renamed: put it back where it belongs");
  }
  return std::optional<BatchRecord>(std::move(record));
}

Result<BatchRecord> BatchLog::load(const Context& context, std::uint64_t number) const {
  SLUICE_TRY(std::optional<BatchRecord> record, find(context, number));
  if (!record) {
    return make_gap_error(storage_.uri(path_of(number)));
  }
  return *std::move(record);
}

}  // namespace sluice::run
