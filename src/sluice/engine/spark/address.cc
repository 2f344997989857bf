#include <charconv>

#include <fmt/format.h>

#include "sluice/engine/spark/address_internal.h"

namespace sluice::engine::internal {
namespace {

constexpr std::string_view kScheme = "sc://";
constexpr std::string_view kHint =
    "write sc://host:15002, or sc://host:443/;use_ssl=true;token=...";

Error wrong(std::string message) {
  return make_error(ErrorCode::InvalidArgument, std::move(message)).with_hint(std::string(kHint));
}

Status read_authority(std::string_view authority, SparkAddress& address) {
  const std::size_t colon = authority.rfind(':');
  address.host = authority.substr(0, colon);
  if (address.host.empty()) {
    return wrong("a Spark address names a host");
  }
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (code != std::errc{} || end != port.data() + port.size() || address.port < 1 ||
        address.port > 65535) {
      return wrong(fmt::format("expected a port of 1..65535 in a Spark address, got '{}'", port));
    }
  }
  return {};
}

Status read_parameter(std::string_view parameter, SparkAddress& address) {
  const std::size_t equals = parameter.find('=');
  const std::string_view key = parameter.substr(0, equals);
  const std::string value(equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
  if (key == "use_ssl" && (value == "true" || value == "false")) {
    address.use_ssl = value == "true";
  } else if (key == "token" && !value.empty()) {
    address.token = value;
  } else if (key == "user_id" && !value.empty()) {
    address.user_id = value;
  } else {
    return wrong(
        fmt::format("a Spark address takes use_ssl=true|false, token=, user_id=; got '{}'", key));
  }
  return {};
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

}  // namespace

Result<SparkAddress> parse_spark_address(std::string_view text) {
  if (!text.starts_with(kScheme)) {
    return wrong(fmt::format("a Spark address begins with {}; got '{}'", kScheme,
                             text.substr(0, text.find(';'))));
  }
  text.remove_prefix(kScheme.size());
  SparkAddress address;
  const std::size_t slash = std::min(text.find('/'), text.size());
  SLUICE_CHECK(read_authority(text.substr(0, slash), address));
  std::string_view rest = text.substr(std::min(slash + 1, text.size()));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    if (end > 0) {
      SLUICE_CHECK(read_parameter(rest.substr(0, end), address));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!address.token.empty() && !address.use_ssl && !is_this_machine(address.host)) {
    return wrong("a token is sent over TLS only: add use_ssl=true to the Spark address");
  }
  return address;
}

}  // namespace sluice::engine::internal
