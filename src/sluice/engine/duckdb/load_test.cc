#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include <gmock/gmock.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/duckdb/load_internal.h"
#include "sluice/engine/fake/rows.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// One stream whose schema and batches are changed on their way: foreign producers in small.
class Changed final : public ColumnSource {
 public:
  Changed(ColumnStream stream, std::function<void(ArrowSchema&)> schema,
          std::function<void(ArrowArray&)> batch)
      : stream_(std::move(stream)),
        change_schema_(std::move(schema)),
        change_batch_(std::move(batch)) {}

  Result<ArrowSchemaOwned> schema() override {
    SLUICE_TRY(ArrowSchemaOwned schema, stream_.schema());
    change_schema_(*schema.get());
    return schema;
  }
  Result<std::optional<ArrowBatch>> next() override {
    SLUICE_TRY(std::optional<ArrowBatch> batch, stream_.next());
    if (batch.has_value()) {
      change_batch_(*batch->get());
    }
    return batch;
  }

 private:
  ColumnStream stream_;
  std::function<void(ArrowSchema&)> change_schema_;
  std::function<void(ArrowArray&)> change_batch_;
};

class DuckdbLoad : public testing::Test {
 protected:
  DuckdbLoad()
      : engine_(make_duckdb_engine({.threads_max = 1}).value()),
        connection_(engine_->connect(context_).value()) {}

  Result<std::int64_t> load(schema::LogicalType type, const std::vector<Row>& rows,
                            const std::function<void(ArrowSchema&)>& schema,
                            const std::function<void(ArrowArray&)>& batch) {
    const schema::Schema one{.fields = {{.name = "v", .type = std::move(type), .comment = {}}}};
    auto source = std::make_unique<Changed>(make_rows(one, rows).value(), schema, batch);
    return connection_->load(context_, "loaded", ColumnStream(std::move(source)));
  }
  std::vector<std::string> loaded() {
    return read_rows(connection_->query(context_, "FROM loaded").value()).value();
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

void keep_schema(ArrowSchema&) {}
void keep_batch(ArrowArray&) {}

TEST_F(DuckdbLoad, ABatchMayBeAPartOfItsBuffers) {
  std::vector<Row> rows;
  rows.reserve(2'040);
  for (std::int64_t i = 0; i < 2'040; ++i) {
    rows.push_back({i % 3 == 0 ? plan::Value(plan::Null{}) : plan::Value(std::to_string(i))});
  }
  const auto part = [](ArrowArray& batch) {
    batch.offset = 2'033;
    batch.length = 4;
  };
  EXPECT_EQ(load({schema::Text{}}, rows, keep_schema, part).value(), 4);
  EXPECT_THAT(loaded(), ElementsAre("'2033'", "null", "'2035'", "'2036'"));
}

TEST_F(DuckdbLoad, ABatchStaysTheProducers) {
  bool kept = false;
  const auto look = [&](ArrowArray& batch) { kept = batch.release != nullptr; };
  EXPECT_EQ(load({schema::Boolean{}}, {{true}, {plan::Null{}}}, keep_schema, look).value(), 2);
  EXPECT_TRUE(kept);
  EXPECT_THAT(loaded(), ElementsAre("true", "null"));
}

TEST_F(DuckdbLoad, NanosecondsComeInWhenNothingIsCutOff) {
  const auto nanos = [](const char* format) {
    return [format](ArrowSchema& schema) { schema.children[0]->format = format; };
  };
  const auto value = [](std::int64_t nanos_since_1970) {
    return std::vector<Row>{{sys_micros{std::chrono::microseconds{nanos_since_1970}}},
                            {plan::Null{}}};
  };
  const schema::LogicalType local{schema::Timestamp{.utc = false}};
  EXPECT_EQ(load(local, value(1'000'250'000), nanos("tsn:"), keep_batch).value(), 2);
  EXPECT_THAT(loaded(), ElementsAre("1970-01-01T00:00:01.000250", "null"));
  EXPECT_EQ(load(local, value(1'000'250'000), nanos("tsn:UTC"), keep_batch).value(), 2);
  EXPECT_THAT(loaded(), ElementsAre("1970-01-01T00:00:01.000250Z", "null"));
  EXPECT_EQ(load(local, value(1'000), nanos("tsm:"), keep_batch).value(), 2);
  EXPECT_THAT(loaded(), ElementsAre("1970-01-01T00:00:01.000000", "null"));
  const auto finer = load(local, value(1'000'250'001), nanos("tsn:"), keep_batch);
  EXPECT_EQ(finer.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(finer.error().message, HasSubstr("'v'"));
}

TEST_F(DuckdbLoad, DictionariesAndLargeTextsAreReadAsText) {
  std::array<std::int64_t, 3> ends{0, 3, 8};
  const std::string words = "redgreen";
  std::array<const void*, 3> buffers{nullptr, ends.data(), words.data()};
  ArrowSchema word_schema{};
  word_schema.format = "U";
  word_schema.name = "";
  word_schema.release = [](ArrowSchema* self) { self->release = nullptr; };
  ArrowArray word_array{};
  word_array.length = 2;
  word_array.n_buffers = 3;
  word_array.buffers = buffers.data();
  word_array.release = [](ArrowArray* self) { self->release = nullptr; };
  auto stored = load(
      {schema::Integer{.bits = 32}},
      {{std::int64_t{1}}, {plan::Null{}}, {std::int64_t{0}}, {std::int64_t{1}}},
      [&](ArrowSchema& schema) { schema.children[0]->dictionary = &word_schema; },
      [&](ArrowArray& batch) {
        batch.children[0]->dictionary = &word_array;
        batch.children[0]->null_count = -1;
      });
  EXPECT_EQ(stored.value(), 4);
  EXPECT_THAT(loaded(), ElementsAre("'green'", "null", "'red'", "'green'"));
}

TEST_F(DuckdbLoad, ASchemaThatIsNoneIsRefused) {
  auto twice = make_rows({.fields = {{.name = "v", .type = {schema::Text{}}, .comment = {}},
                                     {.name = "V", .type = {schema::Text{}}, .comment = {}}}},
                         {});
  EXPECT_THAT(connection_->load(context_, "loaded", *std::move(twice)).error().message,
              HasSubstr("two columns of one name"));
  const auto odd = load(
      {schema::Integer{}}, {}, [](ArrowSchema& schema) { schema.children[0]->format = "tDs"; },
      keep_batch);
  EXPECT_EQ(odd.error().code, ErrorCode::Unsupported);
}

TEST(DuckdbTypeText, SpellsNestedTypes) {
  using schema::LogicalType;
  const LogicalType record{schema::Struct{
      .fields = {{.name = "a \"b\"", .type = {schema::Decimal{4, 1}}, .comment = {}},
                 {.name = "c", .type = {schema::Integer{8, false}}, .comment = {}}}}};
  const LogicalType list{schema::List{.element = record}};
  const LogicalType map{schema::Map{.key = LogicalType{schema::Text{}}, .value = list}};
  EXPECT_EQ(duckdb_type_text(map),
            R"(MAP(VARCHAR, STRUCT("a ""b""" DECIMAL(4, 1), "c" UTINYINT)[]))");
}

}  // namespace
}  // namespace sluice::engine
