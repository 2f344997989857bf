// Sources some of whose lines are no records, on the engine: what is refused, what is read, and
// that both add up. Each way of lying has its case in test/conformance/cases/row-error, too.
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/bind.h"
#include "sluice/run/pipeline/execute.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class BadLines : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = engine::make_duckdb_engine({.threads_max = 2}).value();
    connection_ = engine_->connect(context_).value();
  }

  plan::Pipeline over(const std::string& name, std::string_view text, plan::FileFormat format) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << text;
    return {.source = plan::FileScan{.files = {path}, .format = std::move(format)},
            .source_label = name,
            .bad_lines = plan::BadLines::Refuse};
  }

  Result<Executed> run(const plan::Pipeline& pipeline) {
    auto bound = bind_pipeline(context_, *connection_, pipeline, {}, "run-1");
    if (!bound) {
      return std::move(bound).error();
    }
    return execute_pipeline(context_, *connection_, *bound);
  }

  std::vector<std::string> rows(const std::string& select) {
    std::vector<std::string> lines;
    for (const TextRow& row : query_texts(context_, *connection_, select).value()) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += (i == 0 ? "" : "|") + row[i].value_or("-");
      }
      lines.push_back(line);
    }
    return lines;
  }
  std::vector<std::string> refused() {
    return rows("SELECT _lakelogic_line, _lakelogic_raw FROM sluice_bad ORDER BY 1");
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("bad-lines").value();
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
};

TEST_F(BadLines, ACleanFileIsReadOnceAndNothingIsLookedFor) {
  const auto done = run(over("in.csv", "a,b\n1,2\n", plan::CsvFormat{}));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->ledger, SizeIs(1));
  EXPECT_EQ(done->rows.quarantined, 0);
}

TEST_F(BadLines, EveryLineOfALongFileIsReadOrRefused) {
  // Longer than one buffer of the reader, so that several threads read it.
  std::string text = "id,name,c\n";
  std::vector<std::string> want;
  constexpr int kLines = 400'000;
  for (int i = 0; i < kLines; ++i) {
    const int number = i + 2;
    const std::string line = i % 40'000 == 7    ? fmt::format("{},\"x\"y,z", i)
                             : i % 40'000 == 11 ? fmt::format("{},x", i)
                             : i % 40'000 == 13 ? fmt::format("{},a,b,c", i)
                                                : fmt::format("{},name{},\"v,{}\"", i, i, i);
    if (i % 40'000 == 7 || i % 40'000 == 11 || i % 40'000 == 13) {
      want.push_back(fmt::format("{}|{}", number, line));
    }
    text += line + "\n";
  }
  const auto done = run(over("in.csv", text, plan::CsvFormat{}));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->rows.source, kLines);
  EXPECT_EQ(done->rows.quarantined, static_cast<std::int64_t>(want.size()));
  EXPECT_EQ(done->rows.good, kLines - static_cast<std::int64_t>(want.size()));
  EXPECT_EQ(refused(), want);
  EXPECT_THAT(rows("SELECT count(DISTINCT id) FROM sluice_good"),
              ElementsAre(std::to_string(kLines - static_cast<int>(want.size()))));
}

TEST_F(BadLines, TheStepThatReadsIsInTheLedger) {
  const auto done = run(over("in.csv", "a,b\n1\n1,2\n", plan::CsvFormat{}));
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_THAT(done->ledger, SizeIs(2));
  EXPECT_EQ(done->ledger[0].step, "read");
  EXPECT_EQ(done->ledger[0].in, 2);
  EXPECT_EQ(done->ledger[0].quarantined, 1);
  EXPECT_EQ(done->ledger[1].in, 1);
}

TEST_F(BadLines, NumbersOfJsonLinesCountThoseThatAreNoText) {
  const auto done = run(over("in.jsonl", "{\"a\":1}\n\xff\nx\n\n\xfe\ny\n{\"a\":2}\n",
                             plan::JsonFormat{.has_lines = true}));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(refused(), ElementsAre("2|?", "3|x", "5|?", "6|y"));
  EXPECT_THAT(rows("SELECT a FROM sluice_good"), ElementsAre("1", "2"));
}

TEST_F(BadLines, RowsBetweenRefusedLinesKeepTheirOrderAndTypes) {
  const auto done = run(over("in.jsonl", "{\"a\":2,\"d\":1.5,\"t\":\"2024-01-01\"}\nx\n{\"a\":1}\n",
                             plan::JsonFormat{}));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(rows("SELECT a, d, t, typeof(a), typeof(t) FROM sluice_good"),
              ElementsAre("2|1.5|2024-01-01|BIGINT|VARCHAR", "1|-|-|BIGINT|VARCHAR"));
}

TEST_F(BadLines, WithoutLeaveABadLineIsAnError) {
  plan::Pipeline pipeline = over("in.csv", "a,b\n1\n", plan::CsvFormat{});
  pipeline.bad_lines = plan::BadLines::Stop;
  const auto done = run(pipeline);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::DataRejected);
  EXPECT_THAT(rows("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%reject%'"),
              IsEmpty());
}

TEST_F(BadLines, ARecordThatCannotBeKeptWholeIsAnError) {
  std::string text = "a,b\n1,\"x\n";
  for (int i = 0; i < 2'000; ++i) {
    text += fmt::format("{},yyyyyyyy\n", i);
  }
  const auto done = run(over("in.csv", text, plan::CsvFormat{}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::DataRejected);
  EXPECT_NE(done.error().message.find("line 2 "), std::string::npos) << done.error().message;
}

TEST_F(BadLines, ALineThatTheReaderWouldPassOverIsAnError) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  for (const std::size_t size : {3 * kMiB, 31 * kMiB, 33 * kMiB, 70 * kMiB}) {
    for (const std::string_view quote : {"", "\""}) {
      const std::string text =
          fmt::format("a,b\n1,2\n1,2,3\n4,{0}{1}{0}\n5,6\n7,8\n", quote, std::string(size, 'x'));
      const auto done = run(over("in.csv", text, plan::CsvFormat{}));
      ASSERT_FALSE(done) << size;
      EXPECT_EQ(done.error().code, ErrorCode::DataRejected);
      EXPECT_THAT(done.error().message, HasSubstr("a line is longer than 2 MB"));
      EXPECT_THAT(done.error().message, HasSubstr(" line 4 of"));
    }
  }
}

TEST_F(BadLines, ALineAsLongAsIsReadIsFoundWhereverItLies) {
  constexpr std::size_t kMost = 2'000'000 - 100;
  for (const std::size_t above : {std::size_t{0}, std::size_t{1'000'000}, std::size_t{999'990}}) {
    const std::string text = fmt::format("a,b\n0,{}\n1,2,3\n4,{}\n5,6\n", std::string(above, 'y'),
                                         std::string(kMost, 'x'));
    const auto done = run(over("in.csv", text, plan::CsvFormat{}));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->rows.good, 3);
    EXPECT_EQ(done->rows.quarantined, 1);
  }
}

TEST_F(BadLines, ARecordOfManyLinesThatNoBufferHoldsIsAnError) {
  std::string value;
  while (value.size() < (std::size_t{34} << 20)) {
    value += "7,eight\n";
  }
  for (const std::string_view before : {"1,2", "\"1\",\"a \"\"b\"\"\""}) {
    const auto done = run(
        over("in.csv", fmt::format("a,b\n{}\n4,\"{}\"\n5,6\n", before, value), plan::CsvFormat{}));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::DataRejected);
    EXPECT_THAT(done.error().message, HasSubstr("does not end within the size"));
  }
}

TEST_F(BadLines, ARecordOfJsonThatNoUsualBufferHoldsIsRead) {
  const std::string large = "{\"id\":2,\"x\":\"" + std::string(34 << 20, 'a') + "\"}\n";
  ASSERT_TRUE(run(over("in.jsonl", "{\"id\":1}\n" + large + "{\"id\":3}\n", plan::JsonFormat{})));
  EXPECT_THAT(rows("SELECT id, length(x) FROM sluice_good ORDER BY id"),
              ElementsAre("1|-", "2|35651584", "3|-"));
}

TEST_F(BadLines, ALargeRecordOfJsonIsNotLostBesideThem) {
  const std::string large = "{\"id\":2,\"x\":\"" + std::string(3'000'000, 'a') + "\"}\n";
  const std::string records = "{\"id\":1}\n" + large + "{\"id\":3}\n";
  ASSERT_TRUE(run(over("good.jsonl", records, plan::JsonFormat{})));
  EXPECT_THAT(rows("SELECT id FROM sluice_good ORDER BY id"), ElementsAre("1", "2", "3"));
  const auto beside = run(over("bad.jsonl", records + "{\"id\": bad\n", plan::JsonFormat{}));
  ASSERT_FALSE(beside);
  EXPECT_EQ(beside.error().code, ErrorCode::DataRejected);
  EXPECT_THAT(beside.error().message, HasSubstr("a record of JSON has 3000"));
}

}  // namespace
}  // namespace sluice::run
