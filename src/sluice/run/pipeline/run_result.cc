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

}  // namespace sluice::run
