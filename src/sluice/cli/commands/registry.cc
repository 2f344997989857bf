#include <algorithm>
#include <array>

#include "sluice/cli/command.h"
#include "sluice/cli/commands/commands_internal.h"

namespace sluice::cli {

std::span<const Command* const> commands() {
  static constexpr std::array kCommands{
      &kInit,    &kRun,     &kQuarantine, &kRuns,       &kReport,     &kValidate,   &kFormat,
      &kDiff,    &kDdl,     &kTable,      &kSchema,     &kExportOdcs, &kImportOdcs, &kImportDbt,
      &kExplain, &kDecrypt, &kDoctor,     &kCompletion, &kVersion};
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(commands(), name, &Command::name);
  return found == commands().end() ? nullptr : *found;
}

}  // namespace sluice::cli
