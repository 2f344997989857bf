#include "sluice/orm/session/row_stream.h"

namespace sluice::orm {
namespace {

/// The stream ends before what it comes from.
Error abandon(Error error, ColumnStream stream, std::unique_ptr<Lease> lease) {
  stream = {};
  if (lease != nullptr) {
    lease->fail();
  }
  return error;
}

}  // namespace

PageReader::PageReader(Decoder decoder, ColumnStream stream, std::unique_ptr<Lease> lease)
    : lease_(std::move(lease)), stream_(std::move(stream)), decoder_(std::move(decoder)) {}

Result<PageReader> PageReader::open(const TableModel& model, ColumnStream stream,
                                    std::unique_ptr<Lease> lease, const DecodeOptions& options) {
  Result<ArrowSchemaOwned> schema = stream.schema();
  if (!schema.has_value()) {
    return abandon(std::move(schema).error(), std::move(stream), std::move(lease));
  }
  Result<Decoder> decoder = Decoder::bind(model, *schema->get(), options);
  if (!decoder.has_value()) {
    return abandon(std::move(decoder).error(), std::move(stream), std::move(lease));
  }
  return PageReader(*std::move(decoder), std::move(stream), std::move(lease));
}

Result<std::size_t> PageReader::next() {
  Result<std::size_t> rows = take_batch();
  if (lease_ != nullptr) {
    rows.has_value() ? lease_->count_rows(*rows) : lease_->fail();
  }
  return rows;
}

Result<std::size_t> PageReader::take_batch() {
  rows_before_ += rows_;
  rows_ = 0;
  batch_.reset();  // its memory may become that of the next
  while (stream_.has_value()) {
    SLUICE_TRY(std::optional<ArrowBatch> batch, stream_.next());
    if (!batch.has_value()) {
      close();
      break;
    }
    batch_ = *std::move(batch);
    rows_ = static_cast<std::size_t>(batch_->length);
    if (rows_ > 0) {
      break;
    }
  }
  return rows_;
}

Status PageReader::decode(void* first, std::size_t stride) {
  if (rows_ == 0) {
    return {};
  }
  Status decoded = decoder_.decode(*batch_.get(), first, stride, rows_before_);
  if (!decoded.has_value() && lease_ != nullptr) {
    lease_->fail();
  }
  return decoded;
}

void PageReader::close() {
  batch_.reset();
  stream_ = {};
  lease_.reset();
}

}  // namespace sluice::orm
