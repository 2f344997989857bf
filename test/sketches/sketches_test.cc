// The shapes that STYLE.md asks for, as a user of the library meets them: they compile and do what
// they say.
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <sluice/base/overloaded.h>
#include <sluice/contract/check/check.h>
#include <sluice/orm/orm.h>
#include <sluice/plan/read.h>
#include <sluice/plan/write.h>
#include <trip.h>

// Says only what reflection cannot know; a new member needs no edit here.
template <>
inline constexpr auto sluice::model<Trip> = sluice::table("trips")
                                                .key<&Trip::id>()
                                                .rename<&Trip::picked_up>("pickup_ts")
                                                .partition<&Trip::picked_up>(sluice::Partition::Day)
                                                .require<&Trip::fare>(sluice::at_least(0.0));

namespace {

using sluice::col;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::chrono::sys_time<std::chrono::microseconds> kNoon{
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 28} + std::chrono::hours{12}};

std::vector<Trip> trips(std::int64_t count) {
  std::vector<Trip> made;
  for (std::int64_t id = 0; id < count; ++id) {
    made.push_back({.id = id,
                    .picked_up = kNoon + std::chrono::minutes{id},
                    .fare = static_cast<double>(id % 50),
                    .note = id % 2 == 0 ? std::optional<std::string>("even") : std::nullopt});
  }
  return made;
}

sluice::Session session_with(const std::vector<Trip>& rows) {
  sluice::Session db = sluice::open(sluice::duckdb("")).value();
  db.migrate<Trip>().value();
  EXPECT_EQ(db.insert(rows).value().inserted, static_cast<std::int64_t>(rows.size()));
  return db;
}

TEST(Sketches, AMemberIsItsColumn) {
  const double limit = 47.0;
  const auto dear = sluice::from<Trip>()
                        .where(col<&Trip::fare> > limit && !is_null(col<&Trip::note>))
                        .order_by(descending(col<&Trip::picked_up>))
                        .limit(2);
  EXPECT_EQ(dear.plan().limit, 2U);
  EXPECT_EQ(dear.plan(), decltype(dear)(dear).plan()) << "a plan is a value";

  sluice::Session db = session_with(trips(200));
  std::vector<std::int64_t> ids;
  for (const Trip& trip : db.query<Trip>(dear).value()) {
    ids.push_back(trip.id);
  }
  EXPECT_THAT(ids, ElementsAre(198, 148));
}

TEST(Sketches, ARecordThatFailsItsRuleIsRefused) {
  sluice::Session db = session_with({});
  const Trip refund{.id = 1, .picked_up = kNoon, .fare = -3.0, .note = {}};
  const auto refused = db.insert(refund);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(sluice::to_string(refused.error()), HasSubstr("fare"));
  EXPECT_TRUE(db.query<Trip>(sluice::from<Trip>()).value().empty());
}

TEST(Sketches, OptionsAreNamedAndDefaulted) {
  sluice::Session db = session_with(trips(3));
  const sluice::InsertOptions once{.idempotency_key = "five",
                                   .on_conflict = sluice::OnConflict::Ignore};
  const sluice::Receipt first = db.insert(trips(5), once).value();
  EXPECT_EQ(first.inserted, 2);
  EXPECT_EQ(db.insert(trips(5), once).value().ingest_id, first.ingest_id) << "one name, one write";
}

struct Totals {
  std::int64_t trips = 0;
  double fares = 0;
};

sluice::Result<Totals> total(sluice::Session& db) {
  Totals totals;
  const auto paid = sluice::from<Trip>().where(col<&Trip::fare> > 0.0);
  for (const sluice::RowStream<Trip>::Page& page : db.stream<Trip>(paid)) {
    SLUICE_TRY(const std::span<const Trip> rows, page);
    for (const Trip& trip : rows) {
      totals.trips += 1;
      totals.fares += trip.fare;
    }
  }
  return totals;
}

TEST(Sketches, AStreamGivesPagesAndAnErrorIsTheLast) {
  sluice::Session db = session_with(trips(10'000));
  const Totals totals = total(db).value();
  EXPECT_EQ(totals.trips, 9'800);
  EXPECT_DOUBLE_EQ(totals.fares, 245'000.0);

  db.exec(sluice::sql("DROP TABLE trips")).value();
  EXPECT_EQ(total(db).error().code, sluice::ErrorCode::NotFound);
}

std::string kind_of(const sluice::plan::WriteMode& mode) {
  namespace plan = sluice::plan;
  return std::visit(
      sluice::overloaded{
          [](const plan::Append&) -> std::string { return "append"; },
          [](const plan::Overwrite&) -> std::string { return "overwrite"; },
          [](const plan::OverwritePartitions&) -> std::string { return "overwrite partitions"; },
          [](const plan::Merge& merge) { return "merge by " + merge.key.front(); },
          [](const plan::Scd2& scd2) { return "history by " + scd2.key.front(); },
          [](const plan::DeleteWhere&) -> std::string { return "delete"; },
          [](const plan::Reconcile&) -> std::string { return "reconcile"; },
      },
      mode);
}

TEST(Sketches, AClosedSetIsVisitedWithoutACatchAll) {
  EXPECT_EQ(kind_of(sluice::plan::Append{}), "append");
  EXPECT_EQ(
      kind_of(sluice::plan::Merge{.key = {"id"}, .update_columns = {}, .insert_only_columns = {}}),
      "merge by id");
}

sluice::Result<std::int64_t> load_location(const std::string& name) {
  return sluice::make_error(sluice::ErrorCode::NotFound, "no such table: '" + name + "'")
      .with_hint("create it with migrate()");
}

sluice::Result<std::int64_t> open_table(const std::string& name) {
  SLUICE_TRY_IN(const std::int64_t location, load_location(name), "opening " + name);
  return location;
}

TEST(Sketches, AnErrorIsOneFlatValueThatSaysWhatWasBeingDone) {
  const sluice::Error error = open_table("raw.trips").error();
  EXPECT_EQ(error.code, sluice::ErrorCode::NotFound);
  EXPECT_EQ(error.message, "no such table: 'raw.trips'");
  EXPECT_THAT(error.context, ElementsAre("opening raw.trips"));
  EXPECT_FALSE(error.is_retryable());
}

TEST(Sketches, ReadingAContractNeverStopsAtTheFirstFault) {
  const std::string text =
      "source: {type: landing, path: landing/*.json}\n"
      "model:\n"
      "  fields:\n"
      "    - {name: fare_amount, type: dubble}\n"
      "quality:\n"
      "  row_rules:\n"
      "    - {range: {field: fare_amout, min: 0, max: 500}}\n";
  const auto checked = sluice::contract::check_contract(text, "trips.yaml");
  EXPECT_FALSE(checked.is_runnable());
  std::vector<std::string> shown;
  for (const auto& diagnostic : checked.diagnostics) {
    if (diagnostic.severity == sluice::contract::Severity::Error) {
      shown.push_back(render(diagnostic, text, false));
    }
  }
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_THAT(shown[0], HasSubstr("trips.yaml:4:"));
  EXPECT_THAT(shown[1], HasSubstr("trips.yaml:7:"));
  EXPECT_THAT(shown[1], HasSubstr("did you mean 'fare_amount'?"));
}

}  // namespace
