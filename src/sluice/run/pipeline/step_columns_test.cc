#include "sluice/run/pipeline/step_columns.h"

#include <gmock/gmock.h>

namespace sluice::run {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

schema::Schema columns(const std::vector<std::string>& names) {
  schema::Schema all;
  for (const std::string& name : names) {
    all.fields.push_back({.name = name, .type = {schema::Text{}}});
  }
  return all;
}

std::string refused(const plan::Step& step, const std::vector<std::string>& names) {
  const Status checked = check_names_made(step, columns(names));
  return checked ? "" : checked.error().message;
}

TEST(StepColumns, ARenameMayExchangeNamesAndPassOverWhatIsNotThere) {
  EXPECT_THAT(refused(plan::RenameColumns{{{"a", "b"}, {"b", "a"}}}, {"a", "b"}), IsEmpty());
  EXPECT_THAT(refused(plan::RenameColumns{{{"a", "c"}, {"b", "c"}}}, {"b", "x"}), IsEmpty());
  EXPECT_THAT(refused(plan::RenameColumns{{{"id", "ID"}}}, {"id", "x"}), IsEmpty());
  EXPECT_THAT(refused(plan::RenameColumns{{{"z", "x"}}}, {"x"}), IsEmpty());
}

TEST(StepColumns, ARenameTakesNoColumnsName) {
  EXPECT_EQ(refused(plan::RenameColumns{{{"a", "B"}}}, {"b", "a"}),
            "'a' is renamed to 'B', and there is such a column already");
  EXPECT_EQ(refused(plan::RenameColumns{{{"a", "c"}, {"b", "C"}}}, {"a", "b"}),
            "two columns are renamed to 'C': 'a' and 'b'");
}

TEST(StepColumns, AnUnpivotOfAllOthersTakesNoColumnsName) {
  plan::Unpivot unpivot{.id_columns = {},
                        .column_key = {{"a", "a"}, {"value", "v"}},
                        .key_column = "key",
                        .value_column = "value"};
  EXPECT_THAT(refused(unpivot, {"id", "a", "value"}), IsEmpty());
  EXPECT_THAT(refused(unpivot, {"Key", "a", "value"}), HasSubstr("there already: 'key'"));
}

TEST(StepColumns, AnEnginesTextTellsTheNameThatIsNotThere) {
  EXPECT_EQ(unknown_name(R"(Binder Error: Referenced column "s" not found in FROM clause!)"), "s");
  EXPECT_EQ(unknown_name(R"(Binder Error: Column "t" referenced that exists in the SELECT clause -)"
                         R"( but this column cannot be referenced before it is defined)"),
            "t");
  EXPECT_THAT(unknown_name(R"(Binder Error: Column "t" must appear in the GROUP BY clause)"),
              IsEmpty());
}

TEST(StepColumns, OnlyColumnsThatTheStepReadsAreToldToBeTexts) {
  const std::vector<plan::DeclaredColumn> declared{
      {.name = "n", .type = {schema::Integer{}}, .type_name = "int", .at = {}},
      {.name = "nn", .type = {schema::Integer{}}, .type_name = "int", .at = {}},
      {.name = "t", .type = {schema::Text{}}, .type_name = "string", .at = {}}};
  const plan::Step step =
      plan::FilterRows{{.text = "n > length(t)", .dialect = "duckdb", .reads = {}, .at = {}}};
  EXPECT_THAT(hint_of_texts(step, columns({"n", "nn", "t"}), declared), HasSubstr("texts: 'n';"));
  EXPECT_THAT(hint_of_texts(step, columns({"nn", "t"}), declared), IsEmpty());
}

}  // namespace
}  // namespace sluice::run
