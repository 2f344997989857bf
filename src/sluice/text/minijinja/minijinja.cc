#include "sluice/text/minijinja/minijinja.h"

#include <cstdint>

#include <sluice_template.h>

namespace sluice::text {
namespace {

/// Takes a text of the bridge over.
std::string take(char* text) {
  std::string copy = text == nullptr ? "" : text;
  sluice_bridge_free_text(text);
  return copy;
}

ErrorCode code_of(std::int32_t kind) {
  switch (kind) {
    case SLUICE_BRIDGE_INVALID: return ErrorCode::InvalidArgument;
    case SLUICE_BRIDGE_EXHAUSTED: return ErrorCode::ResourceExhausted;
    case SLUICE_BRIDGE_UNAVAILABLE: return ErrorCode::Unavailable;
    default: return ErrorCode::Internal;
  }
}

Error wrong(std::int32_t kind, std::string_view name, std::uint32_t line, char* text) {
  Error error = make_error(code_of(kind), take(text));
  error.at = {.file = std::string(name), .line = line, .column = 0};
  return error;
}

/// The bridge reads a text up to its first zero byte.
Status check_whole(std::string_view name, std::string_view source) {
  for (const std::string_view text : {name, source}) {
    if (text.find('\0') != std::string_view::npos) {
      Error error = make_error(ErrorCode::InvalidArgument, "a zero byte is in it");
      error.at = {.file = std::string(name.substr(0, name.find('\0'))), .line = 0, .column = 0};
      return error;
    }
  }
  return {};
}

}  // namespace

Status check_with_minijinja(std::string_view name, std::string_view source) {
  SLUICE_CHECK(check_whole(name, source));
  char* text = nullptr;
  std::uint32_t line = 0;
  const std::int32_t kind =
      sluice_template_check(std::string(name).c_str(), std::string(source).c_str(), &line, &text);
  return kind == SLUICE_BRIDGE_OK ? Status{} : Status(wrong(kind, name, line, text));
}

Result<std::string> render_with_minijinja(std::string_view name, std::string_view source,
                                          std::string_view values) {
  SLUICE_CHECK(check_whole(name, source));
  char* text = nullptr;
  std::uint32_t line = 0;
  const std::int32_t kind =
      sluice_template_render(std::string(name).c_str(), std::string(source).c_str(),
                             std::string(values).c_str(), &line, &text);
  if (kind != SLUICE_BRIDGE_OK) {
    return wrong(kind, name, line, text);
  }
  return take(text);
}

}  // namespace sluice::text
