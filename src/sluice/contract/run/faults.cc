#include "sluice/contract/run/faults.h"

#include <utility>

#include <fmt/format.h>

namespace sluice::contract {

Error refusal(const Diagnostics& diagnostics, const std::string& path) {
  Error error = to_error(diagnostics);
  const std::size_t errors = diagnostics.count(Severity::Error);
  if (error.hint.empty() || errors > 1) {
    error.hint +=
        fmt::format("{}`sluice validate {}` shows {} in {} place", error.hint.empty() ? "" : "; ",
                    path, errors == 1 ? "the mistake" : fmt::format("all {} mistakes", errors),
                    errors == 1 ? "its" : "their");
  }
  return error;
}

Status as_input_error(Status status) {
  if (status || status.error().code != ErrorCode::InvalidArgument) {
    return status;
  }
  Error error = std::move(status).error();
  error.code = ErrorCode::Corrupt;
  if (error.hint.empty()) {
    error.hint = "mend the file that is named, or take it out of the source; nothing was committed";
  }
  return error;
}

Error stopped(const std::string& path) {
  return make_error(
      ErrorCode::Cancelled,
      fmt::format("the batch was not committed; run it again to finish it: '{}'", path));
}

}  // namespace sluice::contract
