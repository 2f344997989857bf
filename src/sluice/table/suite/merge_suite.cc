// Merges as histories: what they count and leave alone, over every format.
#include <algorithm>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/table/change/text_rows.h"
#include "sluice/table/suite/suite.h"

namespace sluice::table {

using testing::ElementsAre;

void link_merge_suite() {}

namespace {

constexpr int kMerges = 60;
constexpr int kIds = 12;

/// id, name, amount; NULL where a value is empty.
std::string trip(int id, const std::string& name, int amount) {
  return fmt::format("SELECT {}::BIGINT AS id, {} AS name, {}::DECIMAL(10,2) AS amount", id,
                     name.empty() ? "NULL::VARCHAR" : "'" + name + "'", amount);
}

struct Held {
  std::string name;
  int amount = 0;
  friend bool operator==(const Held&, const Held&) = default;
};
using Oracle = std::map<int, Held>;

/// The rows of one batch in their order, and how they are merged.
struct Batch {
  plan::Merge merge{.key = {"id"}};
  std::vector<std::pair<int, Held>> rows;

  std::string sql() const {
    std::string text;
    for (const auto& [id, held] : rows) {
      text += (text.empty() ? "" : " UNION ALL ") + trip(id, held.name, held.amount);
    }
    return text;
  }
};

Batch random_batch(std::mt19937& random) {
  Batch batch;
  batch.merge.keep_last = random() % 3 == 0;
  if (random() % 4 == 0) {
    batch.merge.update_columns = {"amount"};
  } else if (random() % 4 == 0) {
    batch.merge.insert_only_columns = {"name"};
  }
  for (int id = 0; id < kIds; ++id) {
    const auto times = batch.merge.keep_last ? random() % 3 : random() % 2;
    for (unsigned i = 0; i < times; ++i) {
      const std::string name = random() % 4 == 0 ? "" : std::string(1, "ab"[random() % 2]);
      batch.rows.emplace_back(id, Held{name, static_cast<int>(random() % 2)});
    }
  }
  return batch;
}

struct Counts {
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
  friend void PrintTo(const Counts& counts, std::ostream* out) {
    *out << fmt::format("{} inserted, {} updated, {} unchanged", counts.inserted, counts.updated,
                        counts.unchanged);
  }
};

/// One row after the other, as someone would do it by hand.
Counts put(Oracle& oracle, const Batch& batch) {
  std::map<int, Held> last;
  for (const auto& [id, held] : batch.rows) {
    last[id] = held;
  }
  const bool keeps_name =
      !batch.merge.update_columns.empty() || !batch.merge.insert_only_columns.empty();
  Counts counts;
  for (const auto& [id, held] : last) {
    const auto found = oracle.find(id);
    if (found == oracle.end()) {
      oracle[id] = held;
      ++counts.inserted;
      continue;
    }
    const Held now{keeps_name ? found->second.name : held.name, held.amount};
    counts.updated += now == found->second ? 0 : 1;
    found->second = now;
  }
  counts.unchanged =
      static_cast<std::int64_t>(batch.rows.size()) - counts.inserted - counts.updated;
  return counts;
}

std::vector<std::string> texts_of(const Oracle& oracle) {
  std::vector<std::string> texts;
  for (const auto& [id, held] : oracle) {
    texts.push_back(
        fmt::format("{}|{}|{}.00", id, held.name.empty() ? "-" : held.name, held.amount));
  }
  std::ranges::sort(texts);
  return texts;
}

}  // namespace

TEST_P(TableSuite, RandomMergesEqualAnOracle) {
  create();
  std::mt19937 random(11);
  Oracle oracle;
  for (int i = 0; i < kMerges; ++i) {
    const Batch batch = random_batch(random);
    if (batch.rows.empty()) {
      continue;
    }
    const Counts expected = put(oracle, batch);
    const Receipt receipt = write(batch.merge, batch.sql()).value();
    EXPECT_EQ((Counts{receipt.inserted, receipt.updated, receipt.unchanged}), expected)
        << batch.sql();
    ASSERT_EQ(rows("id, coalesce(name, '-'), amount"), texts_of(oracle)) << batch.sql();
  }
}

TEST_P(TableSuite, AMergeIntoAKeyThatIsThereTwiceChangesBothRows) {
  create();
  write(plan::Append{},
        trip(1, "a", 1) + " UNION ALL " + trip(1, "b", 1) + " UNION ALL " + trip(2, "c", 1))
      .value();
  const std::string both = trip(1, "b", 1) + " UNION ALL " + trip(2, "c", 1);
  const Receipt one = write(plan::Merge{.key = {"id"}}, both).value();
  EXPECT_EQ(one.updated, 1) << "the other row of the key is so already";
  EXPECT_EQ(one.unchanged, 1) << "the row of key 2; that of key 1 changed something";
  const Receipt two =
      write(plan::Merge{.key = {"id"}}, trip(1, "d", 2) + " UNION ALL " + trip(3, "e", 3)).value();
  EXPECT_EQ(two.updated, 2);
  EXPECT_EQ(two.unchanged, 0);
  EXPECT_EQ(two.inserted, 1);
  EXPECT_THAT(rows(), ElementsAre("1|d|2.00", "1|d|2.00", "2|c|1.00", "3|e|3.00"));
}

TEST_P(TableSuite, AMergeLeavesFilesAloneInWhichNothingChanges) {
  create();
  write(plan::Append{}, trip(1, "a", 1)).value();
  write(plan::Append{}, trip(2, "b", 1)).value();
  const Receipt some =
      write(plan::Merge{.key = {"id"}}, trip(1, "z", 9) + " UNION ALL " + trip(2, "b", 1)).value();
  EXPECT_EQ(some.updated, 1);
  EXPECT_EQ(some.unchanged, 1);
  const Receipt none = write(plan::Merge{.key = {"id"}, .keep_last = true},
                             trip(1, "a", 1) + " UNION ALL " + trip(1, "z", 9))
                           .value();
  EXPECT_EQ(none.unchanged, 2);
  EXPECT_EQ(none.files, 0) << "the last row of the key is there";
  EXPECT_THAT(rows(), ElementsAre("1|z|9.00", "2|b|1.00"));
}

TEST_P(TableSuite, AMergeKeepsNestedValuesOfRowsThatItLeavesAlone) {
  plan::CreateTable nested = trips();
  nested.schema.fields.push_back(
      {.name = "Tags", .type = {schema::List{.element = schema::LogicalType{schema::Text{}}}}});
  nested.schema.fields.push_back(
      {.name = "place",
       .type = {schema::Struct{.fields = {{.name = "a", .type = {schema::Text{}}},
                                          {.name = "b", .type = {schema::Integer{}}}}}}});
  writer_.table.create(context_, nested).value();
  const std::string first = ", ['x', NULL] AS \"Tags\", {'a': 'p', 'b': 1::BIGINT} AS place";
  const std::string other =
      ", NULL::VARCHAR[] AS \"Tags\", {'a': NULL::VARCHAR, 'b': 2::BIGINT} "
      "AS place";
  const auto with = [](const std::string& row, const std::string& more) {
    return fmt::format("SELECT *{} FROM ({})", more, row);
  };
  write(plan::Append{}, with(trip(1, "a", 1), first) + " UNION ALL " +
                            with(trip(2, "b", 1), first) + " UNION ALL " +
                            with(trip(4, "d", 1), first))
      .value();
  const Receipt receipt =
      write(plan::Merge{.key = {"id"}}, with(trip(1, "a", 1), first) + " UNION ALL " +
                                            with(trip(2, "b", 1), other) + " UNION ALL " +
                                            with(trip(3, "c", 1), other))
          .value();
  EXPECT_EQ(receipt.unchanged, 1);
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_THAT(rows("id, \"Tags\", place"),
              ElementsAre("1|[x, NULL]|{'a': p, 'b': 1}", "2|{'a': NULL, 'b': 2}",
                          "3|{'a': NULL, 'b': 2}", "4|[x, NULL]|{'a': p, 'b': 1}"));
}

/// Every name is a column of the data; the query of a merge has names of its own.
TEST_P(TableSuite, ColumnsOfAMergeMayHaveAnyName) {
  plan::CreateTable table = trips();
  table.schema.fields[0].name = "t";
  table.schema.fields[1].name = "b";
  for (const std::string name : {"s", "q", "c", "found", "incoming", "kind"}) {
    table.schema.fields.push_back({.name = name, .type = {schema::Text{}}});
  }
  writer_.table.create(context_, table).value();
  const auto batch = [](int key, const std::string& value) {
    return fmt::format(
        "SELECT {0}::BIGINT AS t, '{1}' AS b, 1::DECIMAL(10,2) AS amount, '{1}' AS s, '{1}' AS q, "
        "'{1}' AS c, '{1}' AS found, '{1}' AS incoming, '{1}' AS kind",
        key, value);
  };
  const std::string columns = "t, b, amount, s, q, c, found, incoming, kind";
  plan::Merge merge{.key = {"t", "b"}};
  write(merge, batch(1, "x") + " UNION ALL " + batch(2, "x")).value();
  EXPECT_EQ(write(merge, batch(1, "x") + " UNION ALL " + batch(3, "x")).value().unchanged, 1);
  merge.key = {"t"};
  merge.snapshot = plan::SnapshotDeletes{};
  const Receipt whole = write(merge, batch(1, "y") + " UNION ALL " + batch(2, "x")).value();
  EXPECT_EQ(whole.updated, 1);
  EXPECT_EQ(whole.deleted, 1);
  EXPECT_THAT(rows(columns), ElementsAre("1|y|1.00|y|y|y|y|y|y", "2|x|1.00|x|x|x|x|x|x"));
}

void TableSuite::merge_by_a_column_called(const std::vector<std::string>& names) {
  plan::CreateTable table = trips();
  table.schema.fields[1].name = names.front();
  std::string more;
  for (std::size_t i = 1; i < names.size(); ++i) {
    table.schema.fields.push_back({.name = names[i], .type = {schema::Integer{}}});
    more += fmt::format(", 7::BIGINT AS {}", names[i]);
  }
  writer_.table.create(context_, table).value();
  const auto batch = [&](std::string_view one, std::string_view other, int id) {
    return fmt::format("SELECT {0}::BIGINT AS id, '{1}' AS {3}{4} UNION ALL SELECT {0}, '{2}'{4}",
                       id, one, other, names.front(), more);
  };
  const plan::Merge merge{.key = {names.front()}};
  write(merge, batch("x.csv", "y.csv", 1)).value();
  write(merge, batch("u.csv", "v.csv", 1)).value();
  const Receipt later = write(merge, batch("x.csv", "z.csv", 2)).value();
  EXPECT_EQ(later.updated, 1);
  EXPECT_EQ(later.inserted, 1);
  EXPECT_THAT(rows("id, " + names.front()),
              ElementsAre("1|u.csv", "1|v.csv", "1|y.csv", "2|x.csv", "2|z.csv"));
  writer_.table.make_view(context_, {}, "looked_at").value();
  const std::string look =
      fmt::format("SELECT count(*) FROM looked_at WHERE {} = 'v.csv'", names.front());
  EXPECT_EQ(load_count(context_, writer_.connection, look).value(), 1);
}

TEST_P(TableSuite, AColumnMayBeCalledFilename) { merge_by_a_column_called({"filename"}); }

TEST_P(TableSuite, ColumnsMayBeCalledAsAnEngineCallsAFileAndItsNumber) {
  merge_by_a_column_called({"filename", "file_index"});
}

}  // namespace sluice::table
