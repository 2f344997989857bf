#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/disk.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/delta/past_internal.h"

namespace sluice::table::delta {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLog = "_delta_log";
constexpr std::size_t kDigits = 20;

Status link_to(const fs::path& there, const fs::path& name) {
  std::error_code failed;
  fs::create_directories(name.parent_path(), failed);
  if (!failed) {
    fs::create_symlink(there, name, failed);
  }
  return failed ? Status(make_disk_error(failed.value(), "linking to", there.string())) : Status{};
}

/// Entries that sum several up may reach beyond the version.
bool is_wanted(std::string_view name, std::int64_t version) {
  const std::int64_t its = version_in_name(name);
  return name.starts_with("_sidecars/") ||
         (its >= 0 && its <= version && name.find(".compacted.") == std::string_view::npos);
}

Status link_log(const Context& context, storage::Storage& storage, const fs::path& root,
                std::int64_t version) {
  SLUICE_TRY(const auto objects, storage.list(context, kLog));
  for (const storage::ObjectInfo& object : objects) {
    if (is_wanted(std::string_view(object.path).substr(kLog.size() + 1), version)) {
      SLUICE_CHECK(link_to(storage.uri(object.path), root / object.path));
    }
  }
  return {};
}

/// They lie beside the data, or in folders of their own.
Status link_deletion_vectors(const fs::path& table, const fs::path& root) {
  std::error_code failed;
  auto entry = fs::directory_iterator(table, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    std::error_code unseen;
    const bool may_hold_one =
        name != kLog && (entry->is_directory(unseen) || name.starts_with("deletion_vector"));
    if (may_hold_one) {
      SLUICE_CHECK(link_to(entry->path(), root / name));
    }
  }
  return failed ? Status(make_disk_error(failed.value(), "listing", table.string())) : Status{};
}

}  // namespace

std::int64_t version_in_name(std::string_view name) {
  std::int64_t version = 0;
  if (name.size() <= kDigits || name[kDigits] != '.') {
    return -1;
  }
  const char* end = name.data() + kDigits;
  const auto read = std::from_chars(name.data(), end, version);
  return read.ec == std::errc{} && read.ptr == end ? version : -1;
}

Result<PastLog> PastLog::make(const Context& context, storage::Storage& storage,
                              std::int64_t version) {
  SLUICE_TRY(TempFolder folder, TempFolder::make("sluice-past"));
  SLUICE_CHECK(link_log(context, storage, folder.path(), version));
  SLUICE_CHECK(link_deletion_vectors(storage.uri(""), folder.path()));
  return PastLog(std::move(folder), storage.uri(""), version);
}

Status PastLog::put_back(const Context& context, engine::Connection& connection,
                         LiveFiles& files) const {
  std::error_code unseen;
  const fs::path real = fs::canonical(root(), unseen);  // the kernel names places without links
  const std::string linked = (unseen ? root() : real.string()) + "/";
  for (FileVersion::File& file : files.files) {
    if (file.place.starts_with(linked)) {
      file.place = fmt::format("{}/{}", table_, file.place.substr(linked.size()));
    }
    std::error_code failed;
    if (!fs::exists(file.place, failed)) {
      return make_error(ErrorCode::NotFound,
                        fmt::format("a file of version {} was vacuumed: '{}'", version_, file.path))
          .with_hint("Read a newer version; vacuum says how long replaced files are kept.");
    }
  }
  SLUICE_CHECK(connection.execute(
      context,
      fmt::format("UPDATE {0} SET place = {1} || substr(place, {2}) WHERE starts_with(place, {3})",
                  dialect::quote_identifier(files.relation), dialect::quote_literal(table_ + "/"),
                  linked.size() + 1, dialect::quote_literal(linked))));
  return {};
}

}  // namespace sluice::table::delta
