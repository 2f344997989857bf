// expect: two columns have one name: columns are told apart without regard to case
#include <string>

#include "sluice/orm/model/table_model.h"

struct User {
  std::string id;
#ifndef SLUICE_GOOD
  std::string ID;
#endif
};

const auto& model = sluice::orm::table_model_of<User>();
