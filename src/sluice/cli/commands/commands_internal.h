// The commands that exist, each defined in the file of its name, all with static lifetime. Declared
// here for registry.cc, which puts them in the order of the help text. A new command is its file, a
// line here and a line there.
#pragma once

#include "sluice/cli/command.h"

namespace sluice::cli {

extern const Command kCompletion;
extern const Command kDdl;
extern const Command kDecrypt;
extern const Command kDiff;
extern const Command kDoctor;
extern const Command kExplain;
extern const Command kExportOdcs;
extern const Command kFormat;
extern const Command kImportDbt;
extern const Command kImportOdcs;
extern const Command kInit;
extern const Command kQuarantine;
extern const Command kReport;
extern const Command kRun;
extern const Command kRuns;
extern const Command kSchema;
extern const Command kTable;
extern const Command kValidate;
extern const Command kVersion;

}  // namespace sluice::cli
