#include "sluice/engine/spark/spark.h"

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "sluice/base/uuid.h"
#include "sluice/engine/spark/connection_internal.h"

namespace sluice::engine {
namespace {

constexpr int kMessageBytesMax = 128 << 20;  // the server's own default

// Asking for a schema changes nothing, so it is asked again when a connection breaks under it: a
// server closes one over which many calls were cancelled.
constexpr const char* kRetries = R"({"methodConfig": [{
  "name": [{"service": "spark.connect.SparkConnectService", "method": "AnalyzePlan"}],
  "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.05s", "maxBackoff": "1s",
                  "backoffMultiplier": 3, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

class SparkEngine final : public Engine {
 public:
  explicit SparkEngine(internal::SparkAddress address) : address_(std::move(address)) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    arguments.SetMaxSendMessageSize(kMessageBytesMax);
    arguments.SetServiceConfigJSON(kRetries);
    channel_ = grpc::CreateCustomChannel(
        address_.target(),
        address_.use_ssl ? grpc::SslCredentials({}) : grpc::InsecureChannelCredentials(),
        arguments);
  }

  std::string_view name() const override { return "spark"; }
  std::string version() const override { return "Spark Connect at " + address_.target(); }
  const EngineFeatures& features() const override { return features_; }

  Result<std::unique_ptr<Connection>> connect(const Context& context) override {
    auto connection = std::make_unique<internal::SparkConnection>(
        channel_, address_, to_string(make_uuid_v7(*context.clock, *context.random)));
    SLUICE_CHECK(connection->open(context));
    return std::unique_ptr<Connection>(std::move(connection));
  }

 private:
  internal::SparkAddress address_;
  std::shared_ptr<grpc::Channel> channel_;
  EngineFeatures features_{
      .transactions = false, .local_files = false, .bound_parameters = true, .dialect = "spark"};
};

}  // namespace

Result<std::unique_ptr<Engine>> make_spark_engine(const EngineOptions& options) {
  if (options.locked || options.read_only || !options.allowed_paths.empty()) {
    return make_error(ErrorCode::Unsupported, "Spark cannot be locked to some paths from outside")
        .with_hint("check contracts on the embedded engine; give Spark an account of its own");
  }
  SLUICE_TRY(internal::SparkAddress address, internal::parse_spark_address(options.address));
  return std::unique_ptr<Engine>(std::make_unique<SparkEngine>(std::move(address)));
}

}  // namespace sluice::engine
