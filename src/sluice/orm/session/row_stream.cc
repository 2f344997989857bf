#include "sluice/orm/session/row_stream.h"

namespace sluice::orm {

PageReader::PageReader(Decoder decoder, ColumnStream stream, std::unique_ptr<Lease> lease)
    : lease_(std::move(lease)), stream_(std::move(stream)), decoder_(std::move(decoder)) {}

Result<PageReader> PageReader::open(const TableModel& model, ColumnStream stream,
                                    std::unique_ptr<Lease> lease, const DecodeOptions& options) {
  SLUICE_TRY(const ArrowSchemaOwned schema, stream.schema());
  SLUICE_TRY(Decoder decoder, Decoder::bind(model, *schema.get(), options));
  return PageReader(std::move(decoder), std::move(stream), std::move(lease));
}

Result<std::size_t> PageReader::next() {
  rows_before_ += rows_;
  rows_ = 0;
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
  return rows_ == 0 ? Status{} : decoder_.decode(*batch_.get(), first, stride, rows_before_);
}

void PageReader::close() {
  batch_.reset();
  stream_ = {};
  lease_.reset();
}

}  // namespace sluice::orm
