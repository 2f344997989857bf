// The port to bytes: where manifests, batch records and staged files live. Paths are relative to
// the root that the storage was made for, use '/', and never leave it ("..", an absolute path:
// InvalidArgument).
//
// What every storage promises, and the shared suite (storage/suite/suite.h) checks:
//   * `put` is atomic: a reader sees the old bytes or the new bytes, never a part, and a success
//     reply of a durable storage survives a power cut.
//   * `put_if_absent` lets exactly one of any number of writers win; the others get AlreadyExists.
//   * `list` is complete at the instant of the call and ordered by path, bytewise.
//   * After an error nothing was changed, except that CommitUnknown and Unavailable leave it open:
//     read the object back before saying anything.
// Safe from any thread and any process. Engines write data files themselves, at `uri`, under names
// that begin with '_'; `publish` then makes such a file visible at its final name. It never
// replaces an object: another one at the final name is AlreadyExists.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::storage {

struct ObjectInfo {
  std::string path;
  std::uint64_t size_bytes = 0;
  sys_micros modified;
  /// Changes whenever the bytes do; how is the storage's own matter.
  std::string tag;
  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

class Storage {
 public:
  virtual ~Storage() = default;

  /// Where `path` lies for an engine: an absolute local path or a URI. Of the root for "" and for
  /// what check_path refuses.
  virtual std::string uri(std::string_view path) const = 0;

  /// Writes the whole object; replaces what was there.
  virtual Status put(const Context& context, std::string_view path, std::string_view bytes) = 0;

  /// Writes the whole object unless one is there: then AlreadyExists, and nothing was changed.
  virtual Status put_if_absent(const Context& context, std::string_view path,
                               std::string_view bytes) = 0;

  /// The whole object; empty when there is none. Larger than `bytes_max`: ResourceExhausted.
  virtual Result<std::optional<std::string>> find(const Context& context, std::string_view path,
                                                  std::uint64_t bytes_max) = 0;

  /// Everything under the folder `prefix` ("" is the root), with all its subfolders.
  virtual Result<std::vector<ObjectInfo>> list(const Context& context, std::string_view prefix) = 0;

  /// Flushes what an engine wrote at `from` and makes it visible at `to` in one step. Done twice it
  /// succeeds: `from` gone and `to` there is success. `from` = `to` only flushes: for an object
  /// that another process wrote and that is about to be relied on.
  virtual Status publish(const Context& context, std::string_view from, std::string_view to) = 0;

  /// Removes the object, or a folder that holds nothing; none there is success.
  virtual Status remove(const Context& context, std::string_view path) = 0;

  /// Folders above `path` exist afterwards, where the storage has folders at all.
  virtual Status prepare_folder(const Context& context, std::string_view path) = 0;
};

/// Names that begin so are the unfinished files of a storage: never listed, never accepted.
inline constexpr std::string_view kTemporaryPrefix = "_tmp-";

/// `path` with its "." parts removed, or InvalidArgument when it is absolute, empty, reserved or
/// leaves the root.
Result<std::string> check_path(std::string_view path);

/// As check_path; "" is the root.
Result<std::string> check_folder(std::string_view prefix);

/// What `find` answers when the object is larger than its caller takes.
Error make_too_large_error(std::string_view path, std::uint64_t size, std::uint64_t bytes_max);

}  // namespace sluice::storage
