#include "sluice/table/files/damage.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/table/files/copy.h"

namespace sluice::table {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "PAR1";
/// Both marks and the length of the footer.
constexpr std::uintmax_t kBytesMin = 12;

Error damaged(std::string_view what, std::string_view table, const FilePlace& file) {
  return make_error(ErrorCode::Corrupt,
                    fmt::format("a data file of the table '{}' {}: '{}'", table, what, file.place))
      .with_hint(
          "put the file back from a copy; without one the rows in it are lost, and a run with the "
          "strategy overwrite and no partitions writes the table anew");
}

bool ends_as_parquet(const std::string& place) {
  std::array<char, kMagic.size()> end{};
  std::ifstream in(place, std::ios::binary);
  in.seekg(-static_cast<std::streamoff>(end.size()), std::ios::end);
  in.read(end.data(), static_cast<std::streamsize>(end.size()));
  return !in || std::string_view(end.data(), end.size()) == kMagic;
}

Status check_file(std::string_view table, const FilePlace& file, bool is_opened) {
  if (!file.place.starts_with('/')) {
    return {};
  }
  std::error_code failed;
  const std::uintmax_t bytes = fs::file_size(file.place, failed);
  if (failed == std::errc::no_such_file_or_directory) {
    return damaged("is not there", table, file);
  }
  if (failed) {
    return {};  // who reads it says why
  }
  if (bytes == 0) {
    return damaged("is empty", table, file);
  }
  const bool is_as_told = file.bytes >= 0 && bytes == static_cast<std::uintmax_t>(file.bytes);
  if (bytes < kBytesMin || ((!is_as_told || is_opened) && !ends_as_parquet(file.place))) {
    const std::string of = file.bytes > 0 ? fmt::format(" of {}", file.bytes) : "";
    return damaged(fmt::format("is cut short or no Parquet file ({}{} bytes)", bytes, of), table,
                   file);
  }
  return {};
}

Status read_through(const Context& context, engine::Connection& connection, const FilePlace& file) {
  SLUICE_TRY(
      ColumnStream rows,
      connection.query(context, fmt::format("SELECT * FROM read_parquet({}, hive_partitioning = "
                                            "false)",
                                            quote_path(file.place))));
  while (true) {
    SLUICE_TRY(const auto batch, rows.next());
    if (!batch.has_value()) {
      return {};
    }
  }
}

bool may_be_damage(ErrorCode code) {
  return code == ErrorCode::NotFound || code == ErrorCode::Unavailable ||
         code == ErrorCode::Corrupt || code == ErrorCode::InvalidArgument ||
         code == ErrorCode::Internal;
}

}  // namespace

Status check_data_files(std::string_view table, const std::vector<FilePlace>& files) {
  for (const FilePlace& file : files) {
    SLUICE_CHECK(check_file(table, file, false));
  }
  return {};
}

Error tell_damaged_file(const Context& context, engine::Connection& connection,
                        std::string_view table, const std::vector<FilePlace>& files, Error error) {
  if (!may_be_damage(error.code)) {
    return error;
  }
  const auto told = [&](Error found) {
    found.context = std::move(error.context);
    found.native = std::move(error.native);
    return found;
  };
  for (const FilePlace& file : files) {
    if (Status looked = check_file(table, file, true); !looked.has_value()) {
      return told(std::move(looked).error());
    }
  }
  if (error.code != ErrorCode::Corrupt && error.code != ErrorCode::Internal) {
    return error;
  }
  for (const FilePlace& file : files) {
    const Status read = read_through(context, connection, file);
    if (!read.has_value() && may_be_damage(read.error().code)) {
      return told(damaged("is broken inside", table, file));
    }
  }
  return error;
}

}  // namespace sluice::table
