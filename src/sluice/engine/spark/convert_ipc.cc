#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "sluice/engine/spark/convert_internal.h"

namespace sluice::engine::internal {
namespace {

Error from_arrow_status(const arrow::Status& status, std::string_view doing) {
  return make_error(status.IsOutOfMemory() ? ErrorCode::ResourceExhausted : ErrorCode::Corrupt,
                    fmt::format("{} failed", doing))
      .with_native(status.ToString());
}

/// Runs `steps`, which return arrow::Status, and turns a failure into an Error.
template <class Steps>
Status arrow_steps(std::string_view doing, Steps&& steps) {
  const arrow::Status status = std::forward<Steps>(steps)();
  return status.ok() ? Status{} : Status(from_arrow_status(status, doing));
}

}  // namespace

Result<EncodedRows> encode_ipc(ColumnStream rows, std::size_t bytes_max) {
  EncodedRows encoded;
  std::shared_ptr<arrow::Buffer> buffer;
  bool too_large = false;
  SLUICE_CHECK(arrow_steps("encoding rows for Spark", [&]() -> arrow::Status {
    ArrowArrayStream raw = std::move(rows).release_to_caller();
    ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ImportRecordBatchReader(&raw));
    ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
    ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, reader->schema()));
    for (std::shared_ptr<arrow::RecordBatch> batch; !too_large;) {
      ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
      if (batch == nullptr) {
        break;
      }
      ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
      encoded.rows += batch->num_rows();
      ARROW_ASSIGN_OR_RAISE(const std::int64_t written, sink->Tell());
      too_large = static_cast<std::size_t>(written) > bytes_max;
    }
    ARROW_RETURN_NOT_OK(writer->Close());
    return sink->Finish().Value(&buffer);
  }));
  if (too_large) {
    return make_error(
               ErrorCode::ResourceExhausted,
               fmt::format("rows sent to Spark in one message are limited to {} bytes", bytes_max))
        .with_hint("send fewer rows at a time, or stage them as Parquet where Spark can read them");
  }
  encoded.ipc_stream = buffer->ToString();
  return encoded;
}

Result<ColumnStream> decode_ipc(std::string ipc_stream) {
  ArrowArrayStream raw{};
  SLUICE_CHECK(arrow_steps("decoding rows from Spark", [&]() -> arrow::Status {
    const auto buffer = arrow::Buffer::FromString(std::move(ipc_stream));
    const auto input = std::make_shared<arrow::io::BufferReader>(buffer);
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::RecordBatchReader> reader,
                          arrow::ipc::RecordBatchStreamReader::Open(input));
    return arrow::ExportRecordBatchReader(std::move(reader), &raw);
  }));
  return ColumnStream(std::move(raw));
}

}  // namespace sluice::engine::internal
