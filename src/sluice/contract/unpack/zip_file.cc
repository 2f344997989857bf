#include "sluice/contract/unpack/zip_file.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/unpack/inflate.h"

namespace sluice::contract {
namespace {

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64LocatorSignature = 0x07064b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kEntrySignature = 0x02014b50;
constexpr std::uint32_t kMemberSignature = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEnd64LocatorBytes = 20;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kMemberBytes = 30;
constexpr std::size_t kCommentBytesMax = 0xffff;
constexpr std::size_t kDirectoryBytesMax = std::size_t{1} << 28;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint32_t kLarge = 0xffffffff;  // the number stands in the extra field

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return number;
}

std::string bytes_of(std::uint32_t number) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    bytes += static_cast<char>((number >> (8 * i)) & 0xff);
  }
  return bytes;
}

struct Member {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t checksum = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
};

class ZipFile {
 public:
  explicit ZipFile(const std::string& path) : path_(path), file_(path, std::ios::binary) {
    file_.seekg(0, std::ios::end);
    size_ = file_ ? static_cast<std::uint64_t>(file_.tellg()) : 0;
  }

  Result<std::vector<Member>> members();
  Status copy(const Context& context, const Member& member, const std::string& to);
  Result<std::string> load(const Member& member, std::uint64_t bytes_max);

 private:
  Error broken() const {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("this is no zip, or a part of it is missing: '{}'", path_))
        .with_hint("fetch the archive again, or unpack it and give the folder with --source");
  }
  Result<std::string> read(std::uint64_t at, std::uint64_t bytes);
  struct Directory {
    std::uint64_t at = 0;
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
  };
  Result<Directory> find_directory();
  /// Where the bytes of a member begin.
  Result<std::uint64_t> begin_of(const Member& member);
  Result<Member> entry(std::string_view bytes, std::size_t& at) const;

  std::string path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
};

Result<std::string> ZipFile::read(std::uint64_t at, std::uint64_t bytes) {
  if (at > size_ || bytes > size_ - at || bytes > kDirectoryBytesMax) {
    return broken();
  }
  std::string text(bytes, '\0');
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(at));
  file_.read(text.data(), static_cast<std::streamsize>(bytes));
  return file_ ? Result<std::string>(std::move(text)) : broken();
}

Result<ZipFile::Directory> ZipFile::find_directory() {
  const std::uint64_t tail_bytes = std::min<std::uint64_t>(size_, kEndBytes + kCommentBytesMax);
  SLUICE_TRY(const std::string tail, read(size_ - tail_bytes, tail_bytes));
  if (tail.size() < kEndBytes) {
    return broken();
  }
  std::optional<std::size_t> end;
  for (std::size_t at = tail.size() - kEndBytes + 1; at-- > 0 && !end;) {
    const bool is_end = number_at(tail, at, 4) == kEndSignature &&
                        at + kEndBytes + number_at(tail, at + 20, 2) <= tail.size();
    end = is_end ? std::optional(at) : std::nullopt;
  }
  if (!end) {
    return broken();
  }
  Directory directory{.at = number_at(tail, *end + 16, 4),
                      .bytes = number_at(tail, *end + 12, 4),
                      .entries = number_at(tail, *end + 10, 2)};
  const bool is_large =
      directory.at == kLarge || directory.bytes == kLarge || directory.entries == kCommentBytesMax;
  if (!is_large) {
    return directory;
  }
  const std::uint64_t end_at = size_ - tail_bytes + *end;
  if (end_at < kEnd64LocatorBytes) {
    return broken();
  }
  SLUICE_TRY(const std::string locator, read(end_at - kEnd64LocatorBytes, kEnd64LocatorBytes));
  if (number_at(locator, 0, 4) != kEnd64LocatorSignature) {
    return directory;  // just so many entries
  }
  SLUICE_TRY(const std::string large, read(number_at(locator, 8, 8), kEnd64Bytes));
  if (number_at(large, 0, 4) != kEnd64Signature) {
    return broken();
  }
  return Directory{.at = number_at(large, 48, 8),
                   .bytes = number_at(large, 40, 8),
                   .entries = number_at(large, 32, 8)};
}

Result<Member> ZipFile::entry(std::string_view bytes, std::size_t& at) const {
  if (bytes.size() - at < kEntryBytes || number_at(bytes, at, 4) != kEntrySignature) {
    return broken();
  }
  Member member{.name = {},
                .flags = static_cast<std::uint16_t>(number_at(bytes, at + 8, 2)),
                .method = static_cast<std::uint16_t>(number_at(bytes, at + 10, 2)),
                .checksum = static_cast<std::uint32_t>(number_at(bytes, at + 16, 4)),
                .packed_bytes = number_at(bytes, at + 20, 4),
                .bytes = number_at(bytes, at + 24, 4),
                .offset = number_at(bytes, at + 42, 4)};
  const std::size_t name_bytes = number_at(bytes, at + 28, 2);
  const std::size_t extra_bytes = number_at(bytes, at + 30, 2);
  const std::size_t whole = kEntryBytes + name_bytes + extra_bytes + number_at(bytes, at + 32, 2);
  if (bytes.size() - at < whole) {
    return broken();
  }
  member.name = std::string(bytes.substr(at + kEntryBytes, name_bytes));
  std::string_view extra = bytes.substr(at + kEntryBytes + name_bytes, extra_bytes);
  at += whole;
  while (extra.size() >= 4) {
    const std::size_t field_bytes = std::min<std::size_t>(number_at(extra, 2, 2), extra.size() - 4);
    if (number_at(extra, 0, 2) == 1) {
      std::size_t field = 4;
      for (std::uint64_t* number : {&member.bytes, &member.packed_bytes, &member.offset}) {
        if (*number == kLarge && field + 8 <= 4 + field_bytes) {
          *number = number_at(extra, field, 8);
          field += 8;
        }
      }
    }
    extra.remove_prefix(4 + field_bytes);
  }
  return member;
}

Result<std::vector<Member>> ZipFile::members() {
  SLUICE_TRY(const Directory directory, find_directory());
  SLUICE_TRY(const std::string bytes, read(directory.at, directory.bytes));
  std::vector<Member> members;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    SLUICE_TRY(Member member, entry(bytes, at));
    members.push_back(std::move(member));
  }
  return members;
}

Result<std::uint64_t> ZipFile::begin_of(const Member& member) {
  SLUICE_TRY(const std::string header, read(member.offset, kMemberBytes));
  if (number_at(header, 0, 4) != kMemberSignature) {
    return broken();
  }
  return member.offset + kMemberBytes + number_at(header, 26, 2) + number_at(header, 28, 2);
}

Result<std::string> ZipFile::load(const Member& member, std::uint64_t bytes_max) {
  SLUICE_TRY(const std::uint64_t at, begin_of(member));
  SLUICE_TRY(std::string bytes, read(at, member.packed_bytes));
  if (member.method == kDeflated) {
    SLUICE_TRY(bytes, inflate(bytes, bytes_max));
  }
  return crc32_of(bytes) == member.checksum ? Result<std::string>(std::move(bytes)) : broken();
}

Status ZipFile::copy(const Context& context, const Member& member, const std::string& to) {
  SLUICE_TRY(std::uint64_t at, begin_of(member));
  std::ofstream out(to, std::ios::binary);
  if (member.method == kDeflated) {
    const std::string gzip_header("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    out << gzip_header;
  }
  constexpr std::uint64_t kPartBytes = std::uint64_t{1} << 20;
  for (std::uint64_t left = member.packed_bytes; left > 0;) {
    SLUICE_CHECK(context.check());
    SLUICE_TRY(const std::string part, read(at, std::min(left, kPartBytes)));
    out << part;
    at += part.size();
    left -= part.size();
  }
  if (member.method == kDeflated) {
    out << bytes_of(member.checksum) << bytes_of(static_cast<std::uint32_t>(member.bytes));
  }
  out.close();
  return out ? Status{}
             : make_error(ErrorCode::ResourceExhausted,
                          fmt::format("a file of a zip cannot be unpacked: '{}'", path_))
                   .with_hint("make room in the temporary folder, or unpack the archive yourself");
}

Status check_member(const Member& member, const std::string& path) {
  const bool is_encrypted = (member.flags & 1U) != 0;
  if (!is_encrypted && (member.method == kStored || member.method == kDeflated)) {
    return {};
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("a file of a zip is {}: '{}' in '{}'",
                                is_encrypted ? "encrypted" : "not compressed by deflate",
                                member.name, path))
      .with_hint("unpack the archive and give the folder with --source");
}

std::string ending_of(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('/') + 1);
  const std::size_t dot = last.rfind('.');
  std::string ending;
  for (const char c : dot == std::string_view::npos ? std::string_view{} : last.substr(dot)) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    ending += is_plain ? c : '_';
  }
  return ending;
}

}  // namespace

Result<std::vector<UnpackedFile>> unpack_zip(
    const Context& context, const std::string& path, const std::string& folder,
    const std::function<bool(std::string_view member)>& is_wanted) {
  ZipFile zip(path);
  SLUICE_TRY(std::vector<Member> members, zip.members());
  std::erase_if(members, [&](const Member& member) {
    return member.name.ends_with('/') || !is_wanted(member.name);
  });
  std::ranges::sort(members, {}, &Member::name);
  std::vector<UnpackedFile> files;
  const std::string prefix = path.substr(path.rfind('/') + 1);
  for (const Member& member : members) {
    SLUICE_CHECK(check_member(member, path));
    std::string to =
        fmt::format("{}/{}-{}{}", folder, prefix, files.size() + 1, ending_of(member.name));
    to += member.method == kDeflated ? ".gz" : "";
    SLUICE_CHECK(zip.copy(context, member, to));
    files.push_back({.path = std::move(to), .told = fmt::format("{}/{}", path, member.name)});
  }
  return files;
}

Result<std::optional<std::string>> find_zip_member(const std::string& path, std::string_view name,
                                                   std::uint64_t bytes_max) {
  ZipFile zip(path);
  SLUICE_TRY(const std::vector<Member> members, zip.members());
  const auto found = std::ranges::find(members, name, &Member::name);
  if (found == members.end()) {
    return std::optional<std::string>();
  }
  SLUICE_CHECK(check_member(*found, path));
  SLUICE_TRY_IN(std::string bytes, zip.load(*found, bytes_max),
                fmt::format("reading '{}' in '{}'", name, path));
  return std::optional(std::move(bytes));
}

}  // namespace sluice::contract
