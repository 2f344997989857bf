#include "sluice/table/stored_form.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sluice::table {
namespace {

using schema::LogicalType;

TEST(StoredFormTest, EveryTypeIsReadBackAsItWas) {
  schema::Schema schema;
  const auto add = [&](LogicalType type) {
    schema.fields.push_back({.name = "c" + std::to_string(schema.fields.size()),
                             .type = std::move(type),
                             .nullable = schema.fields.size() % 2 == 0,
                             .id = static_cast<std::int32_t>(schema.fields.size()),
                             .comment = schema.fields.size() == 3 ? "a 'comment'" : ""});
  };
  add({schema::Boolean{}});
  for (const int bits : {8, 16, 32, 64}) {
    add({schema::Integer{.bits = bits}});
    add({schema::Integer{.bits = bits, .is_signed = false}});
  }
  add({schema::Float{.bits = 32}});
  add({schema::Float{.bits = 64}});
  add({schema::Decimal{.precision = 12, .scale = 2}});
  add({schema::Text{}});
  add({schema::Bytes{}});
  add({schema::Date{}});
  add({schema::Time{}});
  add({schema::Timestamp{.utc = true}});
  add({schema::Timestamp{.utc = false}});
  add({schema::UuidType{}});
  add({schema::Json{}});
  add({schema::List{.element = LogicalType{schema::Decimal{.precision = 3, .scale = 1}}}});
  add({schema::Map{.key = LogicalType{schema::Text{}}, .value = LogicalType{schema::Date{}}}});
  add({schema::Struct{.fields = {{.name = "in ner", .type = {schema::Text{}}}}}});
  const nlohmann::json stored = render_schema(schema);
  EXPECT_EQ(parse_schema(nlohmann::json::parse(stored.dump())).value(), schema);
}

TEST(StoredFormTest, AReceiptIsReadBackAsItWas) {
  const Receipt receipt{.ingest_id = make_uuid_v7(system_clock(), system_random()),
                        .version = 7,
                        .rows_in = 10,
                        .inserted = 1,
                        .updated = 2,
                        .unchanged = 3,
                        .deleted = 4,
                        .files = 5,
                        .bytes = 6,
                        .committed_at = parse_instant("2026-03-28T12:00:01.000250Z").value()};
  EXPECT_EQ(parse_receipt(render_receipt(receipt)).value(), receipt);
}

TEST(StoredFormTest, PartitionsAreReadBackAsTheyWere) {
  const std::vector<plan::PartitionField> fields{
      {.column = "region"},
      {.column = "id", .transform = plan::PartitionTransform::Bucket, .parameter = 16},
  };
  EXPECT_EQ(parse_partitions(render_partitions(fields)).value(), fields);
}

TEST(StoredFormTest, WhatIsNotOfOurFormIsCorruptAndNamed) {
  EXPECT_EQ(parse_document("{\"format\":", "_sluice/x.json").error().code, ErrorCode::Corrupt);
  EXPECT_EQ(parse_receipt(nlohmann::json{{"version", 1}}).error().message,
            "expected a text 'ingest_id', got '{\"version\":1}'");
  EXPECT_EQ(parse_schema(nlohmann::json{{{"name", "a"}, {"type", "int65"}}}).error().message,
            "expected the name of a type, got '\"int65\"'");
  EXPECT_EQ(parse_partitions(nlohmann::json{{"column", 1}}).error().code, ErrorCode::Corrupt);
}

TEST(StoredFormTest, ATypeThatIsNestedWithoutEndIsRefused) {
  nlohmann::json type = "text";
  for (int i = 0; i < 200; ++i) {
    type = nlohmann::json{{"list", type}};
  }
  const nlohmann::json fields = nlohmann::json::array({{{"name", "a"}, {"type", type}}});
  EXPECT_EQ(parse_schema(fields).error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace sluice::table
