#include "sluice/run/script/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::run {
namespace {

constexpr std::size_t kOutputMax = std::size_t{64} << 10;
constexpr int kPollMs = 50;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) {
      ::close(number_);
      number_ = -1;
    }
  }

 private:
  int number_;
};

/// The plan of a start: what posix_spawn is told about descriptors, signals and the group.
class Start {
 public:
  Start() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  Start(const Start&) = delete;
  Start(Start&&) = delete;
  Start& operator=(const Start&) = delete;
  Start& operator=(Start&&) = delete;
  ~Start() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  int spawn(const ChildCommand& command, int output, pid_t& child) {
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, 1);
    posix_spawn_file_actions_adddup2(&actions_, output, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    posix_spawn_file_actions_addchdir_np(&actions_, command.folder.c_str());
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    std::vector<std::string> texts = command.arguments;
    std::vector<char*> arguments = pointers(texts);
    std::vector<std::string> settings;
    for (const auto& [name, value] : command.environment) {
      settings.push_back(fmt::format("{}={}", name, value));
    }
    std::vector<char*> environment = pointers(settings);
    return posix_spawnp(&child, arguments.front(), &actions_, &attributes_, arguments.data(),
                        environment.data());
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) {
      list.push_back(text.data());
    }
    list.push_back(nullptr);
    return list;
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// The end of all that a child prints.
class Tail {
 public:
  void append(std::string_view bytes) {
    end_.append(bytes);
    if (end_.size() > 2 * kOutputMax) {
      cut();
    }
  }
  /// Behind a line about what is left out, if anything is.
  std::string take() {
    cut();
    return left_out_ == 0 ? std::move(end_)
                          : fmt::format("({} bytes that were printed before this are left out)\n{}",
                                        left_out_, end_);
  }

 private:
  void cut() {
    if (end_.size() > kOutputMax) {
      left_out_ += end_.size() - kOutputMax;
      end_.erase(0, end_.size() - kOutputMax);
    }
  }

  std::string end_;
  std::size_t left_out_ = 0;
};

/// What is there to read; false when all writers are gone.
bool drain(int from, Tail& into) {
  std::array<char, 4096> bytes{};
  for (;;) {
    const ssize_t count = read(from, bytes.data(), bytes.size());
    if (count > 0) {
      into.append({bytes.data(), static_cast<std::size_t>(count)});
      continue;
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR);
  }
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Waits for the child; kills its group when the time is over or the run is stopped.
Result<ChildOutcome> watch(const Context& context, const ChildCommand& command, pid_t child,
                           int output) {
  const auto overdue = std::chrono::steady_clock::now() + command.time_limit;
  ChildOutcome outcome;
  Tail printed;
  Status stopped;
  int status = 0;
  bool is_killed = false;
  for (pid_t ended = 0; ended != child;) {
    pollfd waiting{.fd = output, .events = POLLIN, .revents = 0};
    poll(&waiting, 1, kPollMs);
    if (!drain(output, printed)) {
      poll(nullptr, 0, kPollMs / 10);
    }
    ended = waitpid(child, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) {
      return make_error(ErrorCode::Internal, fmt::format("a script's end could not be awaited: {}",
                                                         std::strerror(errno)));
    }
    if (ended == child || is_killed) {
      continue;
    }
    stopped = context.check();
    outcome.is_overdue = std::chrono::steady_clock::now() >= overdue;
    if (!stopped || outcome.is_overdue) {
      kill(-child, SIGKILL);
      is_killed = true;
    }
  }
  kill(-child, SIGKILL);  // what it left running
  drain(output, printed);
  SLUICE_CHECK(std::move(stopped));
  outcome.output = printed.take();
  outcome.exit_code = exit_code_of(status);
  return outcome;
}

}  // namespace

Result<ChildOutcome> run_child(const Context& context, const ChildCommand& command) {
  SLUICE_CHECK(context.check());
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return make_error(ErrorCode::ResourceExhausted,
                      fmt::format("no pipe for the output of a script: {}", std::strerror(errno)));
  }
  const Descriptor output(ends[0]);
  Descriptor written(ends[1]);
  fcntl(output.number(), F_SETFL, O_NONBLOCK);
  pid_t child = 0;
  const int failed = Start().spawn(command, written.number(), child);
  written.close();
  if (failed != 0) {
    return make_error(failed == ENOENT ? ErrorCode::NotFound : ErrorCode::Unavailable,
                      fmt::format("a program cannot be started ({}): '{}'", std::strerror(failed),
                                  command.arguments.front()))
        .with_hint(
            "install it, or put its folder on the PATH; `sluice doctor` tells what is "
            "there");
  }
  return watch(context, command, child, output.number());
}

}  // namespace sluice::run
