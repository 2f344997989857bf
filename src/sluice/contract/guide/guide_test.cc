#include "sluice/contract/guide/guide.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/masking/masking_kind.h"
#include "sluice/contract/rule/rule_kind.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract {
namespace {

TEST(GuideTest, TheDocsPagesAreThoseOfTheTables) {
  for (const std::string_view page : docs_pages()) {
    const std::string path = "docs/" + std::string(page) + ".md";
    const auto text = load_contract_text({}, path);
    ASSERT_TRUE(text) << path;
    EXPECT_EQ(*text, *render_docs_page(page))
        << "run: sluice explain --page " << page << " > " << path;
  }
}

TEST(GuideTest, EveryKindHasAPageWithItsSummaryAndExample) {
  const auto expect_page = [](std::string_view key, std::string_view summary,
                              std::string_view example) {
    const std::string page = render_guide(key);
    EXPECT_NE(page.find(summary), std::string::npos) << key;
    EXPECT_NE(page.find(example), std::string::npos) << key;
  };
  for (const RowRuleKind& kind : row_rule_kinds()) {
    expect_page(kind.key, kind.summary, kind.example);
  }
  for (const DatasetRuleKind& kind : dataset_rule_kinds()) {
    expect_page(kind.key, kind.summary, kind.example);
  }
  for (const StepKind& kind : step_kinds()) {
    expect_page(kind.key, kind.summary, kind.example);
  }
  for (const MaskingKind& kind : masking_kinds()) {
    expect_page(kind.key, kind.summary, kind.example);
  }
}

TEST(GuideTest, APathLeadsToAKey) {
  EXPECT_NE(render_guide("materialization.scd2.track_columns").find("Columns whose change"),
            std::string::npos);
  EXPECT_NE(render_guide("materialization.strategy").find("append, overwrite, merge, scd2"),
            std::string::npos);
  EXPECT_EQ(render_guide("materialization.nothing"), "");
  EXPECT_EQ(render_guide("materialization.strategy.deeper"), "");
  EXPECT_EQ(render_guide(""), "");
}

}  // namespace
}  // namespace sluice::contract
