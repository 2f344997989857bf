// Arrow columns into records: bound once per result, then one loop per column and batch. Nothing is
// converted that loses a bit: what does not fit is an error with row and column, never a zero. A
// NULL goes only into an optional.
//
// A Decoder is immutable once bound; safe from any thread. It keeps no reference to the schema.
#pragma once

#include <cstddef>
#include <memory>

#include "sluice/base/arrow_stream.h"
#include "sluice/orm/model/table_model.h"

namespace sluice::orm {

struct DecodeOptions {
  /// A column that the struct does not have is an error; by default it is dropped.
  bool refuse_extra_columns = false;
  /// The column of a member that is defaulted or stamped may be missing: the member stays as the
  /// struct initialises it.
  bool may_lack_defaults = false;
};

class Decoder {
 public:
  /// Finds the column of each member, without regard to case. InvalidArgument names every member
  /// without one, a column that comes twice, and a column whose type cannot be read.
  static Result<Decoder> bind(const TableModel& model, const ArrowSchema& schema,
                              const DecodeOptions& options = {});

  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder();

  /// Fills the rows of `batch` into as many fresh records; the first is row `first_row` of the
  /// result.
  Status decode(const ArrowArray& batch, void* first, std::size_t stride,
                std::size_t first_row) const;

 private:
  struct Bound;
  explicit Decoder(std::unique_ptr<Bound> bound);
  std::unique_ptr<Bound> bound_;
};

}  // namespace sluice::orm
