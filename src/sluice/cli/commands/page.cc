#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "sluice/cli/commands/page_internal.h"
#include "sluice/contract/run/records.h"
#include "sluice/report/run_json.h"
#include "sluice/storage/file/file_storage.h"

namespace sluice::cli {

report::RecordedRun recorded(const Context& context, const run::RunResult& result,
                             const contract::RunOptions& options) {
  report::RecordedRun recorded{.record = report::to_record_json(result), .earlier = {}};
  const auto runs =
      contract::load_runs(context, result.contract.path, options, report::kHistoryMax + 1);
  if (!runs) {
    return recorded;  // a contract that keeps no records has no history
  }
  for (const run::StoredRun& run : *runs) {
    if (run.run_id != result.run_id) {
      recorded.earlier.push_back(contract::record_text(run));
    }
  }
  return recorded;
}

Status write_page(const Context& context, const std::string& path, std::string_view html) {
  std::error_code failed;
  const std::filesystem::path full = std::filesystem::absolute(path, failed);
  if (failed || full.filename().empty() || std::filesystem::is_directory(full, failed)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected the name of a file for the report, got '{}'", path))
        .with_hint("name a file such as report.html");
  }
  SLUICE_TRY(const std::unique_ptr<storage::Storage> folder,
             storage::make_file_storage({.root = full.parent_path().string()}));
  return folder->put(context, full.filename().string(), html);
}

}  // namespace sluice::cli
