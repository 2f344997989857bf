// One Spark session over one channel.
#pragma once

#include <memory>
#include <string>

#include <spark/connect/base.grpc.pb.h>

#include "sluice/engine/spark/address_internal.h"
#include "sluice/engine/spark/spark.h"

namespace sluice::engine::internal {

class SparkConnection final : public Connection {
 public:
  SparkConnection(std::shared_ptr<grpc::Channel> channel, const SparkAddress& address,
                  std::string session_id);
  ~SparkConnection() override;
  SparkConnection(const SparkConnection&) = delete;
  SparkConnection& operator=(const SparkConnection&) = delete;

  /// Reaches the server and sets the session to UTC.
  Status open(const Context& context);

  Result<std::int64_t> execute(const Context& context, const plan::Statement& statement) override;
  Result<ColumnStream> query(const Context& context, const plan::Statement& statement) override;
  Result<schema::Schema> describe(const Context& context,
                                  const plan::Statement& statement) override;
  Result<std::int64_t> load(const Context& context, std::string_view name,
                            ColumnStream rows) override;
  void* native_handle() override { return &session_; }

 private:
  template <class Request>
  Request make_request() const;
  /// Runs a plan to its end; `answer` (may be null) takes the relation that a SQL command gives.
  Status run_plan(const Context& context, spark::connect::Plan plan, std::string_view doing,
                  spark::connect::Relation* answer);

  SparkAddress address_;
  SparkSession session_;
  std::unique_ptr<spark::connect::SparkConnectService::Stub> stub_;
};

}  // namespace sluice::engine::internal
