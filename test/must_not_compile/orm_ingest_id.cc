// expect: _ingest_id is stamped by Sluice: a model that is written cannot declare it
#include <string>

#include "sluice/orm/model/check_model.h"

struct User {
  std::string id;
#ifndef SLUICE_GOOD
  std::string _ingest_id;
#endif
};

static_assert(sluice::internal::check_model<User>());
