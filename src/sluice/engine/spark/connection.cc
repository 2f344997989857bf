#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "sluice/engine/spark/connection_internal.h"
#include "sluice/engine/spark/convert_internal.h"
#include "sluice/engine/spark/parameters_internal.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine::internal {
namespace {

namespace connect = spark::connect;

constexpr std::size_t kLocalRelationBytesMax = std::size_t{64} << 20;
constexpr auto kGoodbyeTime = std::chrono::seconds(2);

/// A call that ends early when the Context says so.
class Call {
 public:
  Call(const Context& context, const SparkAddress& address)
      : on_stop_(context.stop, [this] { client_.TryCancel(); }) {
    if (!address.token.empty()) {
      client_.AddMetadata("authorization", "Bearer " + address.token);
    }
    if (context.deadline.has_value()) {
      client_.set_deadline(std::chrono::system_clock::now() +
                           (*context.deadline - std::chrono::steady_clock::now()));
    }
  }
  grpc::ClientContext* get() { return &client_; }
  void cancel() { client_.TryCancel(); }

 private:
  grpc::ClientContext client_;
  std::stop_callback<std::function<void()>> on_stop_;
};

/// The error of a call that failed: Cancelled with the context's reason where it was stopped.
Error failed(const Context& context, const grpc::Status& status, std::string_view doing) {
  Error error = from_spark_status(status, doing);
  if (Status stopped = context.check(); !stopped && error.code == ErrorCode::Cancelled) {
    error.message = std::move(stopped).error().message;
  }
  return error;
}

Result<connect::Relation> sql_relation(const plan::Statement& statement) {
  connect::Relation relation;
  SLUICE_TRY(std::string text, render_with_parameters(statement));
  relation.mutable_sql()->set_query(std::move(text));
  return relation;
}

/// The answer to one ExecutePlan, read as it comes.
class ExecuteStream final : public ColumnSource {
 public:
  ExecuteStream(connect::SparkConnectService::Stub& stub, const Context& context,
                const SparkAddress& address, const connect::ExecutePlanRequest& request,
                schema::Schema schema)
      : call_(context, address),
        reader_(stub.ExecutePlan(call_.get(), request)),
        context_(context),
        schema_(std::move(schema)) {}

  ~ExecuteStream() override {
    if (!finished_) {
      call_.cancel();
      connect::ExecutePlanResponse rest;
      while (reader_->Read(&rest)) {
      }
      static_cast<void>(reader_->Finish());  // the cancellation that was asked for
    }
  }
  ExecuteStream(const ExecuteStream&) = delete;
  ExecuteStream& operator=(const ExecuteStream&) = delete;

  Result<ArrowSchemaOwned> schema() override;
  Result<std::optional<ArrowBatch>> next() override;

 private:
  Result<bool> read_message();

  Call call_;
  std::unique_ptr<grpc::ClientReader<connect::ExecutePlanResponse>> reader_;
  Context context_;
  schema::Schema schema_;
  ColumnStream message_;
  bool finished_ = false;
};

/// Takes the next Arrow message off the wire; false at the end.
Result<bool> ExecuteStream::read_message() {
  connect::ExecutePlanResponse response;
  while (!finished_ && reader_->Read(&response)) {
    if (response.has_execution_progress()) {
      const auto& stages = response.execution_progress().stages();
      std::uint64_t done = 0;
      std::uint64_t total = 0;
      for (const auto& stage : stages) {
        done += static_cast<std::uint64_t>(stage.num_completed_tasks());
        total += static_cast<std::uint64_t>(stage.num_tasks());
      }
      context_.progress->report("spark", done, total, "tasks");
    }
    if (response.has_arrow_batch()) {
      SLUICE_TRY(message_, decode_ipc(std::move(*response.mutable_arrow_batch()->mutable_data())));
      return true;
    }
  }
  if (!std::exchange(finished_, true)) {
    if (const grpc::Status status = reader_->Finish(); !status.ok()) {
      return failed(context_, status, "reading rows from Spark");
    }
  }
  return false;
}

Result<ArrowSchemaOwned> ExecuteStream::schema() {
  if (!message_.has_value()) {
    SLUICE_TRY(const bool came, read_message());
    if (!came) {
      return schema::to_arrow(schema_);
    }
  }
  return message_.schema();
}

Result<std::optional<ArrowBatch>> ExecuteStream::next() {
  SLUICE_CHECK(context_.check());
  while (true) {
    if (message_.has_value()) {
      SLUICE_TRY(auto batch, message_.next());
      if (batch.has_value()) {
        return batch;
      }
    }
    SLUICE_TRY(const bool came, read_message());
    if (!came) {
      return std::optional<ArrowBatch>{};
    }
  }
}

}  // namespace

SparkConnection::SparkConnection(std::shared_ptr<grpc::Channel> channel,
                                 const SparkAddress& address, std::string session_id)
    : address_(address),
      session_{.address = address.target(),
               .session_id = std::move(session_id),
               .user_id = address.user_id},
      stub_(connect::SparkConnectService::NewStub(channel)) {}

SparkConnection::~SparkConnection() {
  Context goodbye;
  goodbye.deadline = std::chrono::steady_clock::now() + kGoodbyeTime;
  Call call(goodbye, address_);
  connect::ReleaseSessionResponse response;
  // A server that is gone has released the session already.
  static_cast<void>(
      stub_->ReleaseSession(call.get(), make_request<connect::ReleaseSessionRequest>(), &response));
}

template <class Request>
Request SparkConnection::make_request() const {
  Request request;
  request.set_session_id(session_.session_id);
  request.mutable_user_context()->set_user_id(session_.user_id);
  request.set_client_type("sluice");
  return request;
}

Status SparkConnection::open(const Context& context) {
  SLUICE_CHECK(context.check());
  auto request = make_request<connect::ConfigRequest>();
  connect::KeyValue& pair = *request.mutable_operation()->mutable_set()->add_pairs();
  pair.set_key("spark.sql.session.timeZone");
  pair.set_value("UTC");
  Call call(context, address_);
  connect::ConfigResponse response;
  if (const grpc::Status status = stub_->Config(call.get(), request, &response); !status.ok()) {
    return failed(context, status,
                  fmt::format("opening a Spark session at '{}'", session_.address));
  }
  return {};
}

Status SparkConnection::run_plan(const Context& context, connect::Plan plan, std::string_view doing,
                                 connect::Relation* answer) {
  SLUICE_CHECK(context.check());
  auto request = make_request<connect::ExecutePlanRequest>();
  *request.mutable_plan() = std::move(plan);
  Call call(context, address_);
  const auto reader = stub_->ExecutePlan(call.get(), request);
  connect::ExecutePlanResponse response;
  while (reader->Read(&response)) {
    if (answer != nullptr && response.has_sql_command_result()) {
      *answer = response.sql_command_result().relation();
    }
  }
  if (const grpc::Status status = reader->Finish(); !status.ok()) {
    return failed(context, status, doing);
  }
  return {};
}

Result<std::int64_t> SparkConnection::execute(const Context& context,
                                              const plan::Statement& statement) {
  constexpr std::string_view kDoing = "running a statement on Spark";
  connect::Plan command;
  SLUICE_TRY(*command.mutable_command()->mutable_sql_command()->mutable_input(),
             sql_relation(statement));
  connect::Plan rest;
  SLUICE_CHECK(run_plan(context, std::move(command), kDoing, rest.mutable_root()));
  // Commands run at once and answer with their rows; of a query Spark only repeats the text.
  if (rest.root().has_sql()) {
    SLUICE_CHECK(run_plan(context, std::move(rest), kDoing, nullptr));
  }
  return std::int64_t{0};
}

Result<ColumnStream> SparkConnection::query(const Context& context,
                                            const plan::Statement& statement) {
  SLUICE_TRY(schema::Schema schema, describe(context, statement));
  auto request = make_request<connect::ExecutePlanRequest>();
  SLUICE_TRY(*request.mutable_plan()->mutable_root(), sql_relation(statement));
  return ColumnStream(
      std::make_unique<ExecuteStream>(*stub_, context, address_, request, std::move(schema)));
}

Result<schema::Schema> SparkConnection::describe(const Context& context,
                                                 const plan::Statement& statement) {
  SLUICE_CHECK(context.check());
  auto request = make_request<connect::AnalyzePlanRequest>();
  SLUICE_TRY(*request.mutable_schema()->mutable_plan()->mutable_root(), sql_relation(statement));
  Call call(context, address_);
  connect::AnalyzePlanResponse response;
  if (const grpc::Status status = stub_->AnalyzePlan(call.get(), request, &response);
      !status.ok()) {
    return failed(context, status, "analysing a query on Spark");
  }
  return from_spark_schema(response.schema().schema());
}

Result<std::int64_t> SparkConnection::load(const Context& context, std::string_view name,
                                           ColumnStream rows) {
  SLUICE_TRY(EncodedRows encoded, encode_ipc(std::move(rows), kLocalRelationBytesMax));
  connect::Plan plan;
  connect::CreateDataFrameViewCommand& view =
      *plan.mutable_command()->mutable_create_dataframe_view();
  view.set_name(std::string(name));
  view.set_replace(true);
  view.mutable_input()->mutable_local_relation()->set_data(std::move(encoded.ipc_stream));
  SLUICE_CHECK(run_plan(context, std::move(plan), "sending rows to Spark", nullptr));
  return encoded.rows;
}

}  // namespace sluice::engine::internal
