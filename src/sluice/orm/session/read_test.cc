// What reads promise, over every format that a session writes: the newest version as a whole, with
// its types, also for engines that do not know us.
#include <atomic>
#include <map>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/module.h"
#include "sluice/orm/session/relation.h"
#include "sluice/orm/session/verbs_internal.h"

namespace sluice {
namespace {

using testing::HasSubstr;
using wharf::Berth;
using wharf::Crate;
using wharf::Note;
using wharf::Odd;

TEST_P(VerbSuite, EveryReadSeesTheNewestVersion) {
  Session db = open_anew();
  migrate(db);
  Session other = open_again();
  ASSERT_TRUE(other.insert({Crate{"a", 1}, Crate{"b", 2}, Crate{"c", 3}}).has_value());
  EXPECT_EQ(db.query<Crate>().value().size(), 3U);
  ASSERT_TRUE(other.update(Crate{"b", 20}).has_value());
  EXPECT_EQ(db.query_first<Crate>(from<Crate>().where(by_key<Crate>("b"))).value(),
            (Crate{"b", 20}));
  EXPECT_EQ(db.query_one<Crate>(from<Crate>().where(col<&Crate::height> == 20)).value().code, "b");
  EXPECT_EQ(
      db.query<Crate>(from<Crate>().order_by(descending(col<&Crate::height>)).limit(1)).value(),
      (std::vector<Crate>{{"b", 20}}));
  EXPECT_EQ(db.query<Crate>(from_table("yard.crates")).value().size(), 3U);
  std::int64_t height = 0;
  ASSERT_TRUE(db.for_each<Crate>(from<Crate>(), [&](const Crate& one) {
                  height += one.height;
                }).has_value());
  EXPECT_EQ(height, 24);
  const Relation tall = relation(db, from<Crate>()).where(col<&Crate::height> >= 3);
  EXPECT_EQ(tall.count().value(), 2);
  EXPECT_EQ(tall.collect_as<Crate>().value().size(), 2U);
  EXPECT_EQ(tall.schema().value().fields.size(), 3U) << "with _ingest_id";
  EXPECT_EQ(collect_as<Crate>(tall.batches().value()).value().size(), 2U);
  EXPECT_EQ(table_relation(db, "yard.crates").value().count().value(), 3);
  EXPECT_EQ(db.query<Crate>(from_table("yard.none")).error().code, ErrorCode::NotFound);
  const auto text = db.render(from<Crate>().plan());
  EXPECT_EQ(text.has_value(), !GetParam().has_no_names);
  if (GetParam().has_no_names) {
    EXPECT_EQ(text.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(text.error().hint, HasSubstr("relation"));
  }
}

TEST_P(VerbSuite, ReadersSeeWholeCommitsWhileOthersWrite) {
  constexpr int kWriters = 2;
  constexpr int kBatches = 4;
  constexpr std::int64_t kRows = 300;
  Session db = open_anew();
  migrate(db);
  std::atomic<int> writing = kWriters;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int batch = 0; batch < kBatches; ++batch) {
        std::vector<Berth> berths;
        for (std::int64_t i = 0; i < kRows; ++i) {
          berths.push_back({.dock = std::to_string(writer),
                            .number = i,
                            .ship = std::to_string(batch),
                            .built = "x",
                            .created_at = {},
                            .updated_at = {}});
        }
        const Result<Receipt> written = db.insert(berths);
        EXPECT_TRUE(written.has_value()) << to_string(written.error());
      }
      --writing;
    });
  }
  while (writing > 0) {
    std::map<std::string, std::map<std::string, std::int64_t>> ships;
    const auto rows = db.query<Berth>();
    ASSERT_TRUE(rows.has_value()) << to_string(rows.error());
    for (const Berth& berth : *rows) {
      ++ships[berth.dock][berth.ship];
    }
    for (const auto& [dock, of_dock] : ships) {
      EXPECT_EQ(of_dock.size(), 1U) << "one batch of a writer at a time";
      EXPECT_EQ(of_dock.begin()->second, kRows);
    }
  }
  writers.clear();
  EXPECT_EQ(relation(db, from<Berth>()).count().value(), kWriters * kRows);
}

TEST_P(VerbSuite, TypesComeBackOrAreRefusedByName) {
  Session db = open_anew();
  const Status made = db.migrate<Note>();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
  EXPECT_TRUE(db.assert_schema<Note>().has_value());
  const std::vector<Note> notes{
      {.id = 1,
       .body = {R"({"a":[1]})"},
       .tags = std::vector<std::string>{"x", "y"},
       .text = "it's \\ \"q\"",
       .price = make_decimal<12, 2>("-9999999999.99").value(),
       .day = std::chrono::sys_days(std::chrono::year(1969) / 12 / 31),
       .at = sys_micros(std::chrono::microseconds(-1))},
      {.id = 2, .body = {"1"}, .tags = {}, .text = {}, .price = {}, .day = {}, .at = {}}};
  for (const Via via : {Via::Direct, Via::Storage}) {
    const Result<Receipt> written = db.insert(notes, {.via = via});
    ASSERT_TRUE(written.has_value()) << to_string(written.error());
    const auto back = db.query<Note>(from<Note>().order_by(ascending(col<&Note::id>)));
    ASSERT_TRUE(back.has_value()) << to_string(back.error());
    EXPECT_EQ(*back, notes);
    ASSERT_TRUE(db.remove(col<&Note::id> > 0).has_value());
  }
  const Status odd = db.migrate<Odd>();
  EXPECT_EQ(odd.has_value(), GetParam().has_all_types);
  if (!odd.has_value()) {
    EXPECT_EQ(odd.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(to_string(odd.error()), HasSubstr("column 'id'"));
    EXPECT_THAT(odd.error().hint, HasSubstr("declare the column as text"));
    return;
  }
  const Odd row{.id = parse_uuid("f198c2a4-7d3e-7b1c-8f00-0123456789ab").value(),
                .count = 4'000'000'000,
                .time = {std::chrono::hours(23) + std::chrono::microseconds(1)}};
  ASSERT_TRUE(db.insert(row).has_value());
  EXPECT_EQ(db.query_one<Odd>().value(), row);
}

TEST_P(VerbSuite, AnotherEngineReadsTheRows) {
  {
    Session db = open_anew();
    migrate(db);
    ASSERT_TRUE(db.insert({Crate{"a", 1}, Crate{"b", 2}}).has_value());
    ASSERT_TRUE(db.insert(Crate{"c", 3}).has_value());
  }
  engine_.reset();
  const std::string file = GetParam().is_database ? folder_.path() + "/wharf.duckdb" : "";
  Session reader =
      open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine({.address = file}).value()))
          .value();
  if (GetParam().is_lake) {
    for (const std::string& modules : engine::module_folders()) {
      for (const std::string_view name : {"ducklake", "sqlite_scanner", "postgres_scanner"}) {
        static_cast<void>(reader.exec(
            plan::Statement(fmt::format("LOAD '{}/{}.duckdb_extension'", modules, name))));
      }
    }
    const TableFormat lake = GetParam().format(folder_.path());
    const std::string options =
        lake.metadata_schema.empty() ? "" : " (METADATA_SCHEMA '" + lake.metadata_schema + "')";
    reader.exec(plan::Statement("CREATE TEMPORARY SECRET __default_postgres (TYPE postgres)"))
        .value();
    reader.exec(plan::Statement("ATTACH 'ducklake:" + lake.metadata + "' AS seen" + options))
        .value();
  }
  std::string text = "SELECT code, height FROM " + GetParam().foreign_rows + " ORDER BY code";
  for (std::size_t at = text.find("ROOT"); at != std::string::npos; at = text.find("ROOT")) {
    text.replace(at, 4, folder_.path() + "/lake");
  }
  const auto rows = reader.query<Crate>(plan::Statement(text));
  ASSERT_TRUE(rows.has_value()) << to_string(rows.error());
  EXPECT_EQ(*rows, (std::vector<Crate>{{"a", 1}, {"b", 2}, {"c", 3}}));
}

}  // namespace
}  // namespace sluice
