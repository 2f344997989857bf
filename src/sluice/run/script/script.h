// External logic of a contract: a python function, a notebook or a command that gets the source
// rows as a Parquet file and gives its own back. It runs in a process of its own (child_process.h),
// so that whatever it does ends with it; the embedded engine, the keys and the state of the run are
// out of its reach. The caller owns the files and decides whether what it printed may be shown.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/run/script/child_process.h"

namespace sluice::run {

enum class ScriptKind : unsigned char { Python, Notebook, Command };

struct ScriptCall {
  ScriptKind kind = ScriptKind::Python;
  std::string file;        // absolute
  std::string entrypoint;  // of a python script
  std::string arguments;   // a JSON object
  std::string contract;    // a JSON object: what the script is told of the contract
  std::string rows;        // the source rows, Parquet
  std::vector<std::pair<std::string, std::string>> links;  // name and Parquet file
  std::string result;                                      // where its rows are to be
  /// A file that the script writes, and its format; read where it returns nothing. May be empty.
  std::string output_path;
  std::string output_format;
  std::string run_id;
  std::string executed_copy;  // of a notebook: where it is written with its outputs
  std::string folder;         // of the exchange: its own and empty
  std::string start_folder;   // the contract's
  EnvironmentList environment;
  std::chrono::seconds time_limit{300};
};

/// What it printed. DataRejected with the output in `native` when it failed or took too long.
Result<std::string> run_script(const Context& context, const ScriptCall& call);

/// The program that runs python scripts.
inline constexpr std::string_view kPythonProgram = "python3";

/// What this machine has for python scripts: its version and the frame libraries, one line.
Result<std::string> describe_python(const Context& context, const EnvironmentList& environment);

}  // namespace sluice::run
