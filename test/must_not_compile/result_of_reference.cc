// expect: a Result owns its value; return a pointer or a view instead of a reference
#include <string>

#include "sluice/base/result.h"

#ifdef SLUICE_GOOD
sluice::Result<const std::string*> name(const std::string& text) { return &text; }
#else
sluice::Result<const std::string&> name(const std::string& text) { return text; }
#endif
