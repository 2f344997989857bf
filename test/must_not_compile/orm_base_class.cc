// expect: a model has no base class: make it a member instead
#include <string>

#include "sluice/orm/model/table_model.h"

struct Base {
  std::string id;
};
#ifdef SLUICE_GOOD
struct User {
  Base base;
#else
struct User : Base {
#endif
  std::string email;
};

const auto& model = sluice::orm::table_model_of<User>();
