// What a Source holds. Apart from the public header, because its types cost every user's compiler
// half a second. A value; the batches are given once, whoever asks first.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "sluice/orm/session/source.h"
#include "sluice/plan/read.h"

namespace sluice {

struct Source::Kind {
  struct TableName {
    std::string name;
  };

  std::variant<plan::Read, TableName, std::shared_ptr<ColumnStream>, NativeSource> holds;
};

}  // namespace sluice
