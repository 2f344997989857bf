#include "sluice/orm/record/table_name.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::orm {
namespace {

TEST(TableName, IsTheSnakeCasePluralOfTheType) {
  const std::vector<std::pair<std::string, std::string>> names{
      {"User", "users"},
      {"City", "cities"},
      {"Day", "days"},
      {"Category", "categories"},
      {"Survey", "surveys"},
      {"UserID", "user_ids"},
      {"HTTPServer", "http_servers"},
      {"OAuth2Token", "oauth2_tokens"},
      {"APIKey2Go", "api_key2_gos"},
      {"UserV1", "user_v1s"},
      {"BoundingBox", "bounding_boxes"},
      {"Bus", "buses"},
      {"Analysis", "analyses"},
      {"Leaf", "leaves"},
      {"Roof", "roofs"},
      {"Quiz", "quizzes"},
      {"Person", "people"},
      {"SalesPerson", "sales_people"},
      {"Child", "children"},
      {"Address", "addresses"},
      {"Match", "matches"},
      {"OrderStatus", "order_statuses"},
      {"PageIndex", "page_indexes"},
      {"EventData", "event_data"},
      {"News", "news"},
      {"LS", "lses"},
      {"IPv4Route", "ipv4_routes"},
      {"already_snake", "already_snakes"},
      {"X", "xes"},
  };
  for (const auto& [type, table] : names) {
    EXPECT_EQ(derive_table_name(type), table) << type;
  }
}

}  // namespace
}  // namespace sluice::orm
