#include "sluice/contract/arrow/reader.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/io/file.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <fmt/format.h>

namespace sluice::contract {
namespace {

constexpr std::string_view kFileMark = "ARROW1";
constexpr std::string_view kOldFeatherMark = "FEA1";
/// What a stream begins and ends with; writers before 0.15 had no first half.
constexpr std::string_view kBeginMark("\xff\xff\xff\xff", 4);
constexpr std::string_view kEndMark("\xff\xff\xff\xff\0\0\0\0", 8);

Error broken(const std::string& path, const arrow::Status& status) {
  if (status.IsOutOfMemory()) {
    return make_error(ErrorCode::ResourceExhausted,
                      fmt::format("an Arrow file needs more memory than there is: '{}'", path))
        .with_hint("write it in smaller batches, or as Parquet");
  }
  return make_error(ErrorCode::Corrupt,
                    fmt::format("this is no Arrow file, or a broken one: '{}'", path))
      .with_native(status.ToString())
      .with_hint("write it again, or as Parquet");
}

arrow::ipc::IpcReadOptions read_options() {
  arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;  // threads of the run's budget only
  return options;
}

/// One batch after the other of either kind of file.
class Batches {
 public:
  virtual ~Batches() = default;
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  /// Null at the end.
  virtual arrow::Result<std::shared_ptr<arrow::RecordBatch>> next() = 0;
};

class FileBatches final : public Batches {
 public:
  explicit FileBatches(std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader)
      : reader_(std::move(reader)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    if (next_ == reader_->num_record_batches()) {
      return nullptr;
    }
    return reader_->ReadRecordBatch(next_++);
  }

 private:
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader_;
  int next_ = 0;
};

using FileOfArrow = std::shared_ptr<arrow::io::ReadableFile>;

class StreamBatches final : public Batches {
 public:
  StreamBatches(FileOfArrow file, std::shared_ptr<arrow::RecordBatchReader> reader)
      : file_(std::move(file)), reader_(std::move(reader)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader_->Next());
    if (batch == nullptr) {
      ARROW_ASSIGN_OR_RAISE(const std::int64_t size, file_->GetSize());
      ARROW_ASSIGN_OR_RAISE(const std::int64_t at, file_->Tell());
      if (at != size) {
        return arrow::Status::Invalid("the stream ends at byte ", at, " of ", size);
      }
    }
    return batch;
  }

 private:
  FileOfArrow file_;
  std::shared_ptr<arrow::RecordBatchReader> reader_;
};

class ArrowFileSource final : public ColumnSource {
 public:
  ArrowFileSource(std::string path, std::unique_ptr<Batches> batches)
      : path_(std::move(path)), batches_(std::move(batches)) {}

  Result<ArrowSchemaOwned> schema() override {
    ArrowSchema raw{};
    if (const arrow::Status status = arrow::ExportSchema(*batches_->schema(), &raw); !status.ok()) {
      return broken(path_, status);
    }
    return ArrowSchemaOwned(std::move(raw));
  }

  Result<std::optional<ArrowBatch>> next() override {
    arrow::Result<std::shared_ptr<arrow::RecordBatch>> batch = batches_->next();
    if (!batch.ok()) {
      return broken(path_, batch.status());
    }
    if (*batch == nullptr) {
      return std::optional<ArrowBatch>();
    }
    if (const arrow::Status status = (*batch)->ValidateFull(); !status.ok()) {
      return broken(path_, status);
    }
    ArrowArray raw{};
    if (const arrow::Status status = arrow::ExportRecordBatch(**batch, &raw); !status.ok()) {
      return broken(path_, status);
    }
    return std::optional(ArrowBatch(std::move(raw)));
  }

 private:
  std::string path_;
  std::unique_ptr<Batches> batches_;
};

arrow::Result<std::unique_ptr<Batches>> open_batches(const FileOfArrow& file, bool is_stream) {
  if (is_stream) {
    ARROW_ASSIGN_OR_RAISE(auto reader,
                          arrow::ipc::RecordBatchStreamReader::Open(file, read_options()));
    return std::make_unique<StreamBatches>(file, std::move(reader));
  }
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(file, read_options()));
  return std::make_unique<FileBatches>(std::move(reader));
}

arrow::Result<std::string> read_at(const FileOfArrow& file, std::int64_t from, std::int64_t bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto buffer, file->ReadAt(from, bytes));
  return buffer->ToString();
}

struct Ends {
  std::string first;
  std::string last;
};

arrow::Result<Ends> read_ends(const FileOfArrow& file) {
  constexpr std::int64_t kBytes = 8;
  ARROW_ASSIGN_OR_RAISE(const std::int64_t size, file->GetSize());
  Ends ends;
  ARROW_ASSIGN_OR_RAISE(ends.first, read_at(file, 0, std::min(size, kBytes)));
  ARROW_ASSIGN_OR_RAISE(ends.last,
                        read_at(file, size - std::min(size, kBytes), std::min(size, kBytes)));
  ARROW_RETURN_NOT_OK(file->Seek(0));
  return ends;
}

}  // namespace

Result<ColumnStream> read_arrow_file(const std::string& path) {
  const arrow::Result<FileOfArrow> file = arrow::io::ReadableFile::Open(path);
  if (!file.ok()) {
    return make_error(ErrorCode::NotFound, fmt::format("a file cannot be opened: '{}'", path))
        .with_native(file.status().ToString())
        .with_hint("check that it is there and may be read");
  }
  const arrow::Result<Ends> ends = read_ends(*file);
  if (!ends.ok()) {
    return broken(path, ends.status());
  }
  if (ends->first.starts_with(kOldFeatherMark)) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a Feather file of version 1 is not read: '{}'", path))
        .with_hint("write it again as version 2, or as Parquet");
  }
  const bool is_stream = !ends->first.starts_with(kFileMark);
  arrow::Result<std::unique_ptr<Batches>> batches = open_batches(*file, is_stream);
  if (!batches.ok()) {
    return broken(path, batches.status());
  }
  // Without the mark nobody knows whether batches are missing.
  const std::string_view mark = kEndMark.substr(ends->first.starts_with(kBeginMark) ? 0 : 4);
  if (is_stream && !ends->last.ends_with(mark)) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("an Arrow stream ends without its end mark, so rows may be "
                                  "missing: '{}'",
                                  path))
        .with_hint("write it again and close the writer");
  }
  return ColumnStream(std::make_unique<ArrowFileSource>(path, *std::move(batches)));
}

}  // namespace sluice::contract
