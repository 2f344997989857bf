#include "sluice/report/run_html.h"

#include <gmock/gmock.h>

#include "sluice/report/run_json.h"

namespace sluice::report {
namespace {

using testing::HasSubstr;
using testing::Not;

run::RunResult customers() {
  run::RunResult result;
  result.run_id = "0198c2a4";
  result.contract = {.path = "customers.yaml", .title = "Customers"};
  result.rows = {.source = 4'000, .good = 3'000, .quarantined = 1'000};
  result.ledger = {{.step = "row_rules", .in = 4'000, .out = 3'000, .quarantined = 1'000}};
  result.row_rules = {
      {.name = "kept", .category = "validity", .severity = "error", .failed_rows = 0},
      {.name = "email_shape", .category = "validity", .severity = "error", .failed_rows = 1'000}};
  result.reasons_sample = {.columns = {"email", "_lakelogic_errors"},
                           .rows = {{"nobody", "Rule failed: email_shape"}, {std::nullopt, "why"}}};
  result.service_levels = {{.name = "freshness",
                            .met = false,
                            .observed = "3h",
                            .threshold = "1h",
                            .formula = "now - newest"}};
  result.durations = {.total_ms = 1'300, .steps = {{.step = "row_rules", .ms = 700}}};
  return result;
}

std::string page_of(const run::RunResult& result, std::vector<std::string> earlier = {}) {
  const RecordedRun run{.record = to_record_json(result), .earlier = std::move(earlier)};
  return render_html({&run, 1}).value();
}

TEST(RunHtml, HasEachRuleWithItsCountTheMostBrokenFirst) {
  const std::string page = page_of(customers());
  EXPECT_THAT(page, HasSubstr("<td>email_shape<td class=q>validity<td class=q>error<td class=n>"
                              "1,000<td><div class=bar><i style=width:25%>"));
  EXPECT_LT(page.find("email_shape"), page.find("<td>kept"));
  EXPECT_THAT(page, HasSubstr("<td class=null>null"));
  EXPECT_THAT(page, HasSubstr("now - newest"));
  EXPECT_THAT(page, HasSubstr("700 ms"));
  EXPECT_THAT(page, HasSubstr("1.3 s"));
}

TEST(RunHtml, ARuleHasTheWordsOfItsContractBelowItsName) {
  run::RunResult result = customers();
  result.row_rules[1].description = "a & b";
  EXPECT_THAT(page_of(result), HasSubstr("email_shape<br><span class=q>a &amp; b</span>"));
}

TEST(RunHtml, NoTextOfARunBecomesMarkup) {
  const std::string evil = "<script>alert('\"&\xE2\x80\xAE\x1B')</script>";
  run::RunResult result = customers();
  result.contract.title = result.contract.path = result.run_id = result.reason = evil;
  result.ledger[0].step = result.row_rules[1].name = result.row_rules[1].category = evil;
  result.row_rules[1].severity = evil;
  result.dataset_rules = {{.name = evil, .category = evil, .passed = false, .expected = evil}};
  result.service_levels[0] = {.name = evil, .observed = evil, .threshold = evil, .formula = evil};
  result.reasons_sample = {.columns = {evil}, .rows = {{evil}}};
  result.warnings = {evil};
  result.target = run::TargetResult{.uri = evil, .format = evil, .strategy = evil};
  result.durations.steps = {{.step = evil, .ms = 1}};
  result.files = {{.path = evil}};
  const std::string page = page_of(result, {to_record_json(result)});
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\xE2\x80\xAE")));
  EXPECT_THAT(page, Not(HasSubstr("\x1B")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;&quot;&amp;&#9633;&#9633;&#39;)"));
}

TEST(RunHtml, NothingIsAskedForFromANetwork) {
  const std::string page = page_of(customers());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* asks :
       {"http:", "https:", "src=", "href=", "url(", "@import", "<link", "<form"}) {
    EXPECT_THAT(page, Not(HasSubstr(asks)));
  }
}

TEST(RunHtml, ThreeThousandRulesStayBelow500KilobytesInPartsOfAHundred) {
  run::RunResult result = customers();
  result.row_rules.clear();
  for (int i = 0; i < 3'000; ++i) {
    result.row_rules.push_back({.name = "column_of_a_wide_table_" + std::to_string(i) + "_range",
                                .category = "correctness",
                                .severity = "error",
                                .failed_rows = i});
  }
  const std::string page = page_of(result);
  EXPECT_LT(page.size(), 500'000U);
  std::size_t parts = 0;
  for (std::size_t at = page.find("<div class=c "); at != std::string::npos;
       at = page.find("<div class=c ", at + 1)) {
    ++parts;
  }
  EXPECT_EQ(parts, 30U);
}

TEST(RunHtml, EarlierRunsAreListedAndWhatIsNoRecordIsLeftOut) {
  run::RunResult before = customers();
  before.started_at = parse_instant("2026-03-27T06:00:00Z").value();
  before.status = run::RunStatus::Failed;
  const std::string page = page_of(customers(), {to_record_json(before), "broken", "[]", "{}"});
  EXPECT_THAT(page, HasSubstr("2026-03-27 06:00:00 UTC"));
  EXPECT_THAT(page, HasSubstr("<td class=b>failed"));
}

TEST(RunHtml, RecordsOfAnyShapeGiveAPageOrAnError) {
  for (const char* text :
       {"{}", R"({"rows": 7, "ledger": {}, "row_rules": [1, null, "x"], "contract": []})",
        R"({"ledger": [1, {"in": "a", "opaque": 3}], "service_levels": [0, {"met": 1}]})",
        R"({"refused_sample": {"columns": [1], "rows": [3, [4], [null, "b"]]}, "files": [0]})",
        R"({"dataset_rules": [[]], "step_durations_ms": [1], "durations_ms": {"total": "x"}})"}) {
    const RecordedRun run{.record = text, .earlier = {text}};
    EXPECT_TRUE(render_html({&run, 1}).has_value()) << text;
  }
  const RecordedRun list{.record = "[]", .earlier = {}};
  EXPECT_EQ(render_html({&list, 1}).error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace sluice::report
