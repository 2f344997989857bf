// Spark through the Spark Connect protocol: gRPC to a server that may be anywhere, Arrow both ways,
// no JVM in this process. One Connection is one Spark session. What the port cannot have here is
// declared in features(): statements are not transactional, and a SQL command says nothing of the
// rows it changed.
#pragma once

#include <memory>
#include <string>

#include "sluice/engine/engine.h"

namespace sluice::engine {

/// What native_handle() of a Spark connection points to: enough to join the session with another
/// client.
struct SparkSession {
  std::string address;
  std::string session_id;
  std::string user_id;
};

/// `address` is "sc://host[:port][/;key=value...]" with the keys use_ssl, token and user_id.
/// Connecting is lazy: a server that is away shows at connect(), as Unavailable.
Result<std::unique_ptr<Engine>> make_spark_engine(const EngineOptions& options);

}  // namespace sluice::engine
