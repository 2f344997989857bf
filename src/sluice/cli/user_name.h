// Who runs the program, as the operating system knows it: what the lineage column of that name
// tells. The account of the process, else USER or LOGNAME, else empty (the column is left out).
// Read once per command; any thread.
#pragma once

#include <string>

namespace sluice::cli {

std::string user_name();

}  // namespace sluice::cli
