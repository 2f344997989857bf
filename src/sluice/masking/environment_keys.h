// The keys for masked values, from the environment: SLUICE_PII_KEY, else LAKELOGIC_PII_KEY, and
// older ones, which only decrypt, from SLUICE_PII_OLD_KEYS (separated by line ends or commas).
// When both of the first are set, LakeLogic's is an older one. Read when it is called; never shown.
#pragma once

#include "sluice/masking/vault.h"

namespace sluice::masking {

Keys keys_of_environment();

}  // namespace sluice::masking
