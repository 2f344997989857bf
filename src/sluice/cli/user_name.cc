#include "sluice/cli/user_name.h"

#include <array>
#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

namespace sluice::cli {

std::string user_name() {
  std::array<char, 16'384> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  for (const char* variable : {"USER", "LOGNAME"}) {
    if (const char* name = std::getenv(variable); name != nullptr) {
      return name;
    }
  }
  return "";
}

}  // namespace sluice::cli
