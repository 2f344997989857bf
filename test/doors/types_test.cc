// What each member type is as a column: the table of docs/orm.md, row by row. The type of DuckDB
// and of Spark, the Arrow form and the Parquet column are held against what is really made; the
// least, the greatest and the empty value go through a table and through staged Parquet files
// unchanged.
#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/spark/spark.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/session/session.h"
#include "sluice/schema/arrow.h"

namespace types {

enum class Tier : std::uint8_t { Free, Paid };

struct Address {
  std::string street;
  std::optional<std::int32_t> number;
  friend bool operator==(const Address&, const Address&) = default;
};

struct Plain {
  std::int64_t number;
  bool flag;
  std::int8_t i8;
  std::int16_t i16;
  std::int32_t i32;
  std::int64_t i64;
  std::uint8_t u8;
  std::uint16_t u16;
  std::uint32_t u32;
  std::uint64_t u64;
  float f;
  double d;
  sluice::Decimal<4, 1> tiny;
  sluice::Decimal<12, 2> price;
  sluice::Decimal<38, 4> huge;
  std::string text;
  Tier tier = Tier::Free;
  sluice::SortableId sortable = {"0ujtsYcgvSTl8PAuAdqWYSMnLOv"};
  sluice::Location place = {"s3://bucket/a/b"};
  sluice::TableName table = {"orders"};
  std::vector<std::byte> raw;
  std::chrono::sys_days day;
  std::chrono::year_month_day calendar = std::chrono::year(2024) / 2 / 29;
  sluice::TimeOfDay time;
  sluice::sys_micros instant;
  sluice::local_micros local;
  sluice::Uuid id;
  sluice::JsonText json = {"null"};
  std::vector<Address> as_json;
  std::vector<std::string> texts;
  std::vector<bool> bits;
  std::array<double, 2> pair;
  std::vector<std::optional<Address>> holes;
  std::map<std::string, std::optional<std::int32_t>> counts;
  Address home;
  friend bool operator==(const Plain&, const Plain&) = default;
};

struct Maybe {
  std::int64_t number;
  std::optional<bool> flag;
  std::optional<std::int8_t> i8;
  std::optional<std::int64_t> i64;
  std::optional<std::uint64_t> u64;
  std::optional<float> f;
  std::optional<double> d;
  std::optional<sluice::Decimal<12, 2>> price;
  std::optional<std::string> text;
  std::optional<Tier> tier;
  std::optional<sluice::SortableId> sortable;
  std::optional<std::vector<std::byte>> raw;
  std::optional<std::chrono::sys_days> day;
  std::optional<std::chrono::year_month_day> calendar;
  std::optional<sluice::TimeOfDay> time;
  std::optional<sluice::sys_micros> instant;
  std::optional<sluice::local_micros> local;
  std::optional<sluice::Uuid> id;
  std::optional<sluice::JsonText> json;
  std::optional<std::vector<Address>> as_json;
  std::optional<std::vector<std::string>> texts;
  std::optional<std::vector<bool>> bits;
  std::optional<std::map<std::string, std::optional<std::int32_t>>> counts;
  std::optional<Address> home;
  friend bool operator==(const Maybe&, const Maybe&) = default;
};

struct Description {
  std::string text;
};

}  // namespace types

template <>
inline constexpr auto sluice::model<types::Plain> =
    sluice::orm::table("plain").key<&types::Plain::number>().json<&types::Plain::as_json>();
template <>
inline constexpr auto sluice::model<types::Maybe> =
    sluice::orm::table("maybe").key<&types::Maybe::number>().json<&types::Maybe::as_json>();

namespace sluice::orm {
namespace {

using types::Maybe;
using types::Plain;

/// One row of the table.
struct Row {
  std::string_view member;      // of Plain
  std::string_view documented;  // the first cell of the row in docs/orm.md
  std::string_view duckdb;
  std::string_view spark;    // "-": Spark has no such type
  std::string_view arrow;    // the format, with those of its children
  std::string_view parquet;  // of the leaves, by DuckDB's reading of the file
};

constexpr std::string_view kSigned = "signed integers of 8, 16, 32, 64 bits";
constexpr std::string_view kUnsigned = "unsigned integers";
constexpr std::string_view kReal = "`float`, `double`";
constexpr std::string_view kDecimal = "`Decimal<p, s>`";
constexpr std::string_view kText = "`std::string`, an enum (its name)";
constexpr std::string_view kForm = "`SortableId`, `Location`, `TableName`";
constexpr std::string_view kDate = "`sys_days`, `year_month_day`";
constexpr std::string_view kJson = "`JsonText`, any member named by `.json`";
constexpr std::string_view kList = "vector, `std::array` of X";

constexpr auto kRows = std::to_array<Row>({
    {"flag", "`bool`", "BOOLEAN", "BOOLEAN", "b", "BOOLEAN"},
    {"i8", kSigned, "TINYINT", "TINYINT", "c", "INT32 INT_8"},
    {"i16", kSigned, "SMALLINT", "SMALLINT", "s", "INT32 INT_16"},
    {"i32", kSigned, "INTEGER", "INT", "i", "INT32 INT_32"},
    {"i64", kSigned, "BIGINT", "BIGINT", "l", "INT64 INT_64"},
    {"u8", kUnsigned, "UTINYINT", "SMALLINT", "C", "INT32 UINT_8"},
    {"u16", kUnsigned, "USMALLINT", "INT", "S", "INT32 UINT_16"},
    {"u32", kUnsigned, "UINTEGER", "BIGINT", "I", "INT32 UINT_32"},
    {"u64", kUnsigned, "UBIGINT", "DECIMAL(20,0)", "L", "INT64 UINT_64"},
    {"f", kReal, "FLOAT", "FLOAT", "f", "FLOAT"},
    {"d", kReal, "DOUBLE", "DOUBLE", "g", "DOUBLE"},
    {"tiny", kDecimal, "DECIMAL(4,1)", "DECIMAL(4,1)", "d:4,1", "INT32 DECIMAL"},
    {"price", kDecimal, "DECIMAL(12,2)", "DECIMAL(12,2)", "d:12,2", "INT64 DECIMAL"},
    {"huge", kDecimal, "DECIMAL(38,4)", "DECIMAL(38,4)", "d:38,4", "FIXED_LEN_BYTE_ARRAY DECIMAL"},
    {"text", kText, "VARCHAR", "STRING", "u", "BYTE_ARRAY UTF8"},
    {"tier", kText, "VARCHAR", "STRING", "u", "BYTE_ARRAY UTF8"},
    {"sortable", kForm, "VARCHAR", "STRING", "u", "BYTE_ARRAY UTF8"},
    {"place", kForm, "VARCHAR", "STRING", "u", "BYTE_ARRAY UTF8"},
    {"table", kForm, "VARCHAR", "STRING", "u", "BYTE_ARRAY UTF8"},
    {"raw", "vector of bytes", "BLOB", "BINARY", "z", "BYTE_ARRAY"},
    {"day", kDate, "DATE", "DATE", "tdD", "INT32 DATE"},
    {"calendar", kDate, "DATE", "DATE", "tdD", "INT32 DATE"},
    {"time", "`TimeOfDay`", "TIME", "-", "ttu", "INT64 TIME_MICROS"},
    {"instant", "`sys_micros`", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "tsu:UTC",
     "INT64 TIMESTAMP_MICROS"},
    {"local", "`local_micros`", "TIMESTAMP", "TIMESTAMP_NTZ", "tsu:", "INT64 TIMESTAMP_MICROS"},
    {"id", "`Uuid`", "UUID", "STRING", "w:16", "FIXED_LEN_BYTE_ARRAY UUID"},
    {"json", kJson, "JSON", "STRING", "u", "BYTE_ARRAY JSON"},
    {"as_json", kJson, "JSON", "STRING", "u", "BYTE_ARRAY JSON"},
    {"texts", kList, "VARCHAR[]", "ARRAY<STRING>", "+l<u>", "BYTE_ARRAY UTF8"},
    {"bits", kList, "BOOLEAN[]", "ARRAY<BOOLEAN>", "+l<b>", "BOOLEAN"},
    {"pair", kList, "DOUBLE[]", "ARRAY<DOUBLE>", "+l<g>", "DOUBLE"},
    {"holes", kList, "STRUCT(\"street\" VARCHAR, \"number\" INTEGER)[]",
     "ARRAY<STRUCT<`street`: STRING, `number`: INT>>", "+l<+s<u, i>>",
     "BYTE_ARRAY UTF8, INT32 INT_32"},
    {"counts", "`std::map<K, V>`", "MAP(VARCHAR, INTEGER)", "MAP<STRING, INT>", "+m<+s<u, i>>",
     "BYTE_ARRAY UTF8, INT32 INT_32"},
    {"home", "a nested aggregate", "STRUCT(\"street\" VARCHAR, \"number\" INTEGER)",
     "STRUCT<`street`: STRING, `number`: INT>", "+s<u, i>", "BYTE_ARRAY UTF8, INT32 INT_32"},
});

std::string arrow_form(const ArrowSchema& schema) {
  std::string text = schema.format;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    text += (i == 0 ? "<" : ", ") + arrow_form(*schema.children[i]);
  }
  return schema.n_children > 0 ? text + ">" : text;
}

template <class N>
constexpr N kLeast = std::numeric_limits<N>::lowest();
template <class N>
constexpr N kMost = std::numeric_limits<N>::max();

Plain least() {
  using namespace std::chrono;
  Plain record{.i8 = kLeast<std::int8_t>,
               .i16 = kLeast<std::int16_t>,
               .i32 = kLeast<std::int32_t>,
               .i64 = kLeast<std::int64_t>,
               .f = kLeast<float>,
               .d = kLeast<double>,
               .tiny = {-9999},
               .price = {-999'999'999'999},
               .day = sys_days(year(1) / 1 / 1),
               .instant = sys_micros(microseconds(-1)),
               .local = local_micros(microseconds(-1))};
  record.huge = make_decimal<38, 4>("-9999999999999999999999999999999999.9999").value();
  return record;
}

Plain most() {
  using namespace std::chrono;
  Plain record{.number = 1,
               .flag = true,
               .i8 = kMost<std::int8_t>,
               .i16 = kMost<std::int16_t>,
               .i32 = kMost<std::int32_t>,
               .i64 = kMost<std::int64_t>,
               .u8 = kMost<std::uint8_t>,
               .u16 = kMost<std::uint16_t>,
               .u32 = kMost<std::uint32_t>,
               .u64 = kMost<std::uint64_t>,
               .f = kMost<float>,
               .d = kMost<double>,
               .tiny = {9999},
               .price = {999'999'999'999},
               .text = "it's \\ \"q\" \xf0\x9f\x98\x80" + std::string(5000, 'x'),
               .tier = types::Tier::Paid,
               .table = {"lake.app.\"my orders\""},
               .raw = {std::byte{0}, std::byte{255}},
               .day = sys_days(year(9999) / 12 / 31),
               .time = {hours(23) + microseconds(3'599'999'999)},
               .instant = sys_micros(microseconds(1'700'000'000'000'001)),
               .local = local_micros(microseconds(1'700'000'000'000'001)),
               .json = {R"({"a":[1]})"},
               .as_json = {{"A", {}}, {"B", 2}},
               .texts = {"", "a"},
               .bits = {true, false},
               .pair = {1.5, -2.5},
               .holes = {types::Address{"A", 1}, std::nullopt},
               .counts = {{"a", 1}, {"b", {}}},
               .home = {"Main", 7}};
  record.huge = make_decimal<38, 4>("9999999999999999999999999999999999.9999").value();
  record.id = parse_uuid("f198c2a4-7d3e-7b1c-8f00-0123456789ab").value();
  return record;
}

Maybe full() {
  const Plain all = most();
  return {.number = 1,
          .flag = all.flag,
          .i8 = all.i8,
          .i64 = all.i64,
          .u64 = all.u64,
          .f = all.f,
          .d = all.d,
          .price = all.price,
          .text = all.text,
          .tier = all.tier,
          .sortable = all.sortable,
          .raw = all.raw,
          .day = all.day,
          .calendar = all.calendar,
          .time = all.time,
          .instant = all.instant,
          .local = all.local,
          .id = all.id,
          .json = all.json,
          .as_json = all.as_json,
          .texts = all.texts,
          .bits = all.bits,
          .counts = all.counts,
          .home = all.home};
}

class TypesTest : public testing::Test {
 protected:
  template <class T>
  void expect_same(const std::vector<T>& records) {
    ASSERT_TRUE(db_.migrate<T>().has_value());
    EXPECT_TRUE(db_.assert_schema<T>().has_value());
    for (const Via via : {Via::Direct, Via::Storage}) {
      const Result<Receipt> cleared = db_.remove(col<&T::number> >= 0);
      ASSERT_TRUE(cleared.has_value()) << to_string(cleared.error());
      const Result<Receipt> written = db_.insert(records, {.via = via});
      ASSERT_TRUE(written.has_value()) << to_string(written.error());
      const auto back = db_.query<T>(from<T>().order_by(ascending(col<&T::number>)));
      ASSERT_TRUE(back.has_value()) << to_string(back.error());
      EXPECT_EQ(*back, records);
    }
  }

  std::string parquet_form(std::string_view column) {
    const std::string file = folder_.path() + "/column.parquet";
    EXPECT_TRUE(db_.exec(plan::Statement(fmt::format("COPY (SELECT \"{}\" FROM plain) TO '{}' "
                                                     "(FORMAT parquet)",
                                                     column, file),
                                         {}))
                    .has_value());
    const auto described = db_.query_one<types::Description>(plan::Statement(
        fmt::format("SELECT string_agg(type || coalesce(' ' || converted_type, CASE WHEN "
                    "logical_type LIKE 'UUID%' THEN ' UUID' WHEN logical_type LIKE 'Json%' THEN ' "
                    "JSON' ELSE '' END), ', ') AS text FROM parquet_schema('{}') WHERE type IS "
                    "NOT NULL AND num_children IS NULL",
                    file),
        {}));
    return described.has_value() ? described->text : to_string(described.error());
  }

  TempFolder folder_ = TempFolder::make("sluice-types").value();
  Session db_ = open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value()),
                     duckdb_tables(), storage(folder_.path()))
                    .value();
};

TEST_F(TypesTest, ValuesComeBackUnchangedFromTheTableAndFromParquet) {
  expect_same<Plain>({least(), most()});
}

TEST_F(TypesTest, OptionalsComeBackEmptyAndFull) { expect_same<Maybe>({Maybe{}, full()}); }

TEST_F(TypesTest, EachIsTheColumnThatThePageSays) {
  const schema::Schema schema = lower_schema(table_model_of<Plain>());
  const schema::Schema optional = lower_schema(table_model_of<Maybe>());
  const ArrowSchemaOwned arrow = schema::to_arrow(schema);
  ASSERT_TRUE(db_.migrate<Plain>().has_value());
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const Row& row = kRows[i];
    const schema::Field& field = schema.fields[i + 1];
    ASSERT_EQ(field.name, row.member) << "a row for each member, in order";
    EXPECT_FALSE(field.nullable);
    if (const schema::Field* maybe = optional.find(field.name)) {
      EXPECT_TRUE(maybe->nullable);
      EXPECT_EQ(maybe->type, field.type) << "an optional is the same column, nullable";
    }
    EXPECT_EQ(dialect::duckdb_dialect().render_type(field.type).value(), row.duckdb);
    const Result<std::string> spark = dialect::spark_iceberg_dialect().render_type(field.type);
    EXPECT_EQ(spark.has_value() ? *spark : "-", row.spark);
    EXPECT_EQ(arrow_form(*arrow.get()->children[i + 1]), row.arrow) << row.member;
    EXPECT_EQ(parquet_form(row.member), row.parquet) << row.member;
  }
}

/// The first cells of the rows of the table in docs/orm.md.
std::set<std::string> rows_of_the_page() {
  std::ifstream page("docs/orm.md");
  std::set<std::string> rows;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    inside = line.starts_with("| member |") || (inside && line.starts_with("|"));
    if (inside && !line.starts_with("| member |") && !line.starts_with("|---")) {
      rows.insert(line.substr(2, line.find(" | ") - 2));
    }
  }
  return rows;
}

TEST_F(TypesTest, ThePageHasARowForEachAndNoOthers) {
  std::set<std::string> rows{"`std::optional<X>`"};
  for (const Row& row : kRows) {
    rows.emplace(row.documented);
  }
  EXPECT_EQ(rows_of_the_page(), rows);
}

}  // namespace
}  // namespace sluice::orm
