#include "sluice/cli/exit_code.h"

namespace sluice::cli {

ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::InvalidContract: return ExitCode::InvalidContract;
    case ErrorCode::Cancelled: return ExitCode::Interrupted;
    case ErrorCode::Unauthorized:
    case ErrorCode::Unavailable:
    case ErrorCode::ResourceExhausted:
    case ErrorCode::CommitConflict:
    case ErrorCode::CommitUnknown: return ExitCode::Unavailable;
    case ErrorCode::InvalidArgument: return ExitCode::WrongUsage;
    case ErrorCode::NotFound:
    case ErrorCode::AlreadyExists:
    case ErrorCode::Unsupported:
    case ErrorCode::Corrupt:
    case ErrorCode::DataRejected:
    case ErrorCode::Internal: return ExitCode::Failed;
  }
  return ExitCode::Failed;
}

}  // namespace sluice::cli
