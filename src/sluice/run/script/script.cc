#include "sluice/run/script/script.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/run/script/python_driver.h"

namespace sluice::run {
namespace {

using nlohmann::ordered_json;

Status write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    return make_error(ErrorCode::ResourceExhausted,
                      fmt::format("a file for a script cannot be written: '{}'", path))
        .with_hint("make room in the temporary folder; `sluice doctor` tells which it is");
  }
  return {};
}

ordered_json parsed(const std::string& text) {
  ordered_json value = ordered_json::parse(text.empty() ? "{}" : text, nullptr, false);
  return value.is_discarded() ? ordered_json::object() : value;
}

ordered_json links_of(const ScriptCall& call) {
  ordered_json links = ordered_json::array();
  for (const auto& [name, path] : call.links) {
    links.push_back({name, path});
  }
  return links;
}

Result<std::vector<std::string>> python_arguments(const ScriptCall& call) {
  const std::string driver = call.folder + "/driver.py";
  const std::string request = call.folder + "/request.json";
  const ordered_json asked{{"file", call.file},
                           {"entrypoint", call.entrypoint},
                           {"args", parsed(call.arguments)},
                           {"contract", parsed(call.contract)},
                           {"rows", call.rows},
                           {"links", links_of(call)},
                           {"result", call.result},
                           {"output_path", call.output_path},
                           {"output_format", call.output_format},
                           {"run_id", call.run_id},
                           {"copy", call.executed_copy}};
  SLUICE_CHECK(write_file(driver, kPythonDriver));
  SLUICE_CHECK(write_file(request, asked.dump()));
  return std::vector<std::string>{std::string(kPythonProgram), "-B", "-u", driver, request};
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  const std::size_t before = text.rfind('\n');
  return std::string(before == std::string_view::npos ? text : text.substr(before + 1));
}

Status check_outcome(const ScriptCall& call, const ChildOutcome& outcome) {
  std::error_code failed;
  std::string what;
  std::string hint =
      "mend the script and run again: nothing was committed; what it printed stands above, unless "
      "the contract masks: then run it by itself to see it";
  if (outcome.is_overdue) {
    what = fmt::format("the external logic took longer than {} seconds and was ended: '{}'",
                       call.time_limit.count(), call.file);
    hint = "make it faster, or raise external_logic.timeout_seconds";
  } else if (outcome.exit_code != 0) {
    what = fmt::format("the external logic failed (exit {}): '{}'", outcome.exit_code, call.file);
  } else if (!std::filesystem::is_regular_file(call.result, failed)) {
    what =
        fmt::format("the external logic left no rows where they were asked for: '{}'", call.file);
    hint = call.kind == ScriptKind::Command
               ? "a command writes Parquet to the file that its second argument names"
               : "it ended by itself: return a frame, and leave out sys.exit()";
  } else {
    return {};
  }
  const std::string last = last_line(outcome.output);
  return make_error(ErrorCode::DataRejected, std::move(what))
      .with_native(outcome.output.size() < 4096 ? outcome.output : "... " + last)
      .with_hint(std::move(hint));
}

}  // namespace

Result<std::string> run_script(const Context& context, const ScriptCall& call) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(call.file, failed)) {
    return make_error(ErrorCode::NotFound,
                      fmt::format("the file of the external logic is not there: '{}'", call.file))
        .with_hint("external_logic.path is relative to the contract's folder");
  }
  ChildCommand command{.arguments = {call.file, call.rows, call.result},
                       .folder = call.start_folder,
                       .environment = call.environment,
                       .time_limit = call.time_limit};
  if (call.kind != ScriptKind::Command) {
    SLUICE_TRY(command.arguments, python_arguments(call));
  } else {
    command.environment.emplace_back("SLUICE_ARGS", parsed(call.arguments).dump());
    command.environment.emplace_back("SLUICE_CONTRACT", parsed(call.contract).dump());
    command.environment.emplace_back("SLUICE_LINKS", links_of(call).dump());
  }
  SLUICE_TRY(ChildOutcome outcome, run_child(context, command));
  SLUICE_CHECK(check_outcome(call, outcome));
  return std::move(outcome.output);
}

Result<std::string> describe_python(const Context& context, const EnvironmentList& environment) {
  static constexpr std::string_view kAsk =
      "import importlib.util as u, platform as p\n"
      "has = [n for n in ('polars', 'pandas', 'pyarrow') if u.find_spec(n)]\n"
      "print(p.python_version(), 'with', ', '.join(has) if has else 'no frame library')\n";
  SLUICE_TRY(
      ChildOutcome outcome,
      run_child(context, {.arguments = {std::string(kPythonProgram), "-c", std::string(kAsk)},
                          .folder = "/",
                          .environment = environment,
                          .time_limit = std::chrono::seconds(20)}));
  if (outcome.exit_code != 0) {
    return make_error(ErrorCode::Unavailable, "python does not start")
        .with_native(std::move(outcome.output));
  }
  return last_line(outcome.output);
}

}  // namespace sluice::run
