#include "sluice/run/pipeline/run_result.h"

namespace sluice::run {

std::string_view to_string(RunStatus status) {
  switch (status) {
    case RunStatus::Succeeded: return "succeeded";
    case RunStatus::Skipped: return "skipped";
    case RunStatus::Failed: return "failed";
  }
  return "?";
}

namespace {

Error kept_none() {
  return make_error(ErrorCode::NotFound, "the result has no rows: the run did not keep them")
      .with_hint("set RunOptions::keep_rows; a run that was skipped has none");
}

}  // namespace

Result<ColumnStream> RunResult::good() const {
  return kept_rows == nullptr ? Result<ColumnStream>(kept_none()) : kept_rows->good();
}

Result<ColumnStream> RunResult::bad() const {
  return kept_rows == nullptr ? Result<ColumnStream>(kept_none()) : kept_rows->bad();
}

}  // namespace sluice::run
