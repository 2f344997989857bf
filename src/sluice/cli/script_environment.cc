#include "sluice/cli/script_environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sluice::cli {
namespace {

constexpr std::array<const char*, 17> kPassed{"PATH",
                                              "HOME",
                                              "LANG",
                                              "LANGUAGE",
                                              "LC_ALL",
                                              "LC_CTYPE",
                                              "TZ",
                                              "TMPDIR",
                                              "PYTHONPATH",
                                              "PYTHONHOME",
                                              "VIRTUAL_ENV",
                                              "PYENV_ROOT",
                                              "PYENV_VERSION",
                                              "JAVA_HOME",
                                              "SPARK_HOME",
                                              "LD_LIBRARY_PATH",
                                              "POLARS_MAX_THREADS"};

}  // namespace

run::EnvironmentList script_environment(const std::vector<std::string>& named) {
  run::EnvironmentList passed;
  const auto pass = [&](const char* name) {
    const char* value = std::getenv(name);
    if (value != nullptr) {
      passed.emplace_back(name, value);
    }
  };
  for (const char* name : kPassed) {
    pass(name);
  }
  for (const std::string& name : named) {
    if (std::ranges::find(kPassed, name) == kPassed.end()) {
      pass(name.c_str());
    }
  }
  return passed;
}

}  // namespace sluice::cli
