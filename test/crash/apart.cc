#include "apart.h"

#include <cstdio>
#include <exception>
#include <iostream>

#include <sys/wait.h>
#include <unistd.h>

namespace sluice::crash {

int run_apart(const std::function<int()>& work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 1;
    try {
      code = work();
    } catch (const std::exception& failed) {
      std::cerr << failed.what() << '\n';
    }
    std::cerr.flush();
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace sluice::crash
