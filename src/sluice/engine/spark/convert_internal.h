// Between our schemas, rows and errors and those of the protocol. Protobuf and Arrow headers stay
// in the .cc files that include this one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <grpcpp/support/status.h>
#include <spark/connect/types.pb.h>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/schema/schema.h"

namespace sluice::engine::internal {

Result<schema::Schema> from_spark_schema(const spark::connect::DataType& type);

/// What the server answered, as an Error whose text for people is ours and whose `native` is
/// Spark's.
Error from_spark_status(const grpc::Status& status, std::string_view doing);

/// Reads `rows` to the end into one Arrow IPC stream of at most `bytes_max`.
struct EncodedRows {
  std::string ipc_stream;
  std::int64_t rows = 0;
};
Result<EncodedRows> encode_ipc(ColumnStream rows, std::size_t bytes_max);

/// The batches of one Arrow IPC stream; the bytes are kept alive by them.
Result<ColumnStream> decode_ipc(std::string ipc_stream);

}  // namespace sluice::engine::internal
