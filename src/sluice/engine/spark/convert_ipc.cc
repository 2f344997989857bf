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

/// Batches of one schema as an Arrow IPC stream in memory.
class IpcWriter {
 public:
  Status open(ArrowSchemaOwned schema) {
    return arrow_steps(kEncoding, [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(schema_, arrow::ImportSchema(schema.get()));
      ARROW_ASSIGN_OR_RAISE(sink_, arrow::io::BufferOutputStream::Create());
      return arrow::ipc::MakeStreamWriter(sink_, schema_).Value(&writer_);
    });
  }

  Status append(ArrowBatch batch) {
    return arrow_steps(kEncoding, [&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const auto imported, arrow::ImportRecordBatch(batch.get(), schema_));
      return writer_->WriteRecordBatch(*imported);
    });
  }

  std::size_t bytes() const { return static_cast<std::size_t>(sink_->Tell().ValueOr(0)); }

  Result<std::string> finish() {
    std::shared_ptr<arrow::Buffer> buffer;
    SLUICE_CHECK(arrow_steps(kEncoding, [&]() -> arrow::Status {
      ARROW_RETURN_NOT_OK(writer_->Close());
      return sink_->Finish().Value(&buffer);
    }));
    return buffer->ToString();
  }

 private:
  static constexpr std::string_view kEncoding = "encoding rows for Spark";

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::BufferOutputStream> sink_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace

Result<EncodedRows> encode_ipc(ColumnStream rows, std::size_t bytes_max) {
  EncodedRows encoded;
  IpcWriter writer;
  SLUICE_TRY(ArrowSchemaOwned schema, rows.schema());
  SLUICE_CHECK(writer.open(std::move(schema)));
  while (true) {
    SLUICE_TRY(std::optional<ArrowBatch> batch, rows.next());
    if (!batch.has_value()) {
      break;
    }
    encoded.rows += (*batch)->length;
    SLUICE_CHECK(writer.append(*std::move(batch)));
    if (writer.bytes() > bytes_max) {
      return make_error(ErrorCode::ResourceExhausted,
                        fmt::format("rows sent to Spark in one message are limited to {} bytes",
                                    bytes_max))
          .with_hint(
              "send fewer rows at a time, or stage them as Parquet where Spark can read them");
    }
  }
  SLUICE_TRY(encoded.ipc_stream, writer.finish());
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
