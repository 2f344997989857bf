// expect: no column type stands for the type of this member
#include <string>

#include "sluice/orm/model/table_model.h"

struct User {
  std::string id;
#ifndef SLUICE_GOOD
  const char* name;
#endif
};

const auto& model = sluice::orm::table_model_of<User>();
