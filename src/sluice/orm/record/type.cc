#include "sluice/orm/record/type.h"

namespace sluice::orm {

const Member* Record::find(std::string_view member) const {
  for (const Member& candidate : members) {
    if (candidate.name == member) {
      return &candidate;
    }
  }
  return nullptr;
}

}  // namespace sluice::orm
