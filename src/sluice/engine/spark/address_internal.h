// "sc://host:port/;use_ssl=true;token=...;user_id=..." taken apart.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::engine::internal {

struct SparkAddress {
  std::string host;
  int port = 15002;
  bool use_ssl = false;
  std::string token;  // never printed
  std::string user_id = "sluice";

  std::string target() const { return host + ":" + std::to_string(port); }
};

/// A token without TLS is refused, except to this machine.
Result<SparkAddress> parse_spark_address(std::string_view text);

}  // namespace sluice::engine::internal
