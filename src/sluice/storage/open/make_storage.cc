#include "sluice/storage/open/make_storage.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "sluice/storage/memory/memory_storage.h"

namespace sluice::storage {
namespace {

using Made = Result<std::unique_ptr<Storage>>;

struct Scheme {
  std::string_view name;
  /// `rest` is what follows the two slashes.
  Made (*make)(std::string_view scheme, std::string_view rest, const StorageOptions& options);
};

/// "%41" -> "A". A percent sign that no two digits follow is an error: it was forgotten, or half of
/// it is lost.
Result<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(at + 1, 2);
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (code != std::errc{} || digits.size() != 2 || end != digits.data() + 2) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("expected two hexadecimal digits after '%', got '{}'", text))
          .with_hint("write a percent sign in a file URI as %25, or give a plain path");
    }
    decoded += static_cast<char>(static_cast<unsigned char>(value));
    at += 2;
  }
  return decoded;
}

Made make_file(std::string_view, std::string_view rest, const StorageOptions& options) {
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (!host.empty() && host != "localhost") {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a file URI of this machine, got one of '{}'", host))
        .with_hint("an absolute path has three slashes: file:///folder");
  }
  SLUICE_TRY(std::string path, decode_percent(rest.substr(host.size())));
  return make_file_storage({.root = std::move(path), .durability = options.durability});
}

Made make_memory(std::string_view, std::string_view, const StorageOptions&) {
  return make_memory_storage();
}

Made refuse_object_store(std::string_view scheme, std::string_view, const StorageOptions&) {
  return make_error(
             ErrorCode::Unsupported,
             fmt::format("object stores come through the bridge, which is not built into this "
                         "binary: '{}://'",
                         scheme))
      .with_hint("use a folder of this machine, or a build of sluice that has the bridge");
}

constexpr std::array kSchemes{
    Scheme{"file", make_file},
    Scheme{"memory", make_memory},
    Scheme{"s3", refuse_object_store},
    Scheme{"s3a", refuse_object_store},
    Scheme{"gs", refuse_object_store},
    Scheme{"gcs", refuse_object_store},
    Scheme{"abfss", refuse_object_store},
    Scheme{"abfs", refuse_object_store},
    Scheme{"az", refuse_object_store},
    Scheme{"azure", refuse_object_store},
};

Error make_unknown_error(std::string_view name) {
  std::string known;
  for (const Scheme& scheme : kSchemes) {
    if (scheme.make != refuse_object_store) {
      known += fmt::format("{}{}://", known.empty() ? "" : ", ", scheme.name);
    }
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("expected a path or the URI of a storage, got '{}://'", name))
      .with_hint(fmt::format("this binary serves paths and {}", known));
}

}  // namespace

Result<std::unique_ptr<Storage>> make_storage(std::string_view uri, const StorageOptions& options) {
  constexpr std::string_view kMark = "://";
  constexpr std::string_view kShortFile = "file:/";  // as Spark and Hadoop print it
  const std::size_t mark = uri.find(kMark);
  if (mark == std::string_view::npos && uri.starts_with(kShortFile)) {
    return make_file("file", uri.substr(kShortFile.size() - 1), options);
  }
  if (mark == std::string_view::npos || uri.substr(0, mark).find('/') != std::string_view::npos) {
    return make_file_storage({.root = std::string(uri), .durability = options.durability});
  }
  std::string name(uri.substr(0, mark));
  for (char& letter : name) {
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  const auto* const scheme = std::find_if(kSchemes.begin(), kSchemes.end(),
                                          [&](const Scheme& one) { return one.name == name; });
  if (scheme == kSchemes.end()) {
    return make_unknown_error(name);
  }
  return scheme->make(name, uri.substr(mark + kMark.size()), options);
}

}  // namespace sluice::storage
