#include <gtest/gtest.h>

#include "sluice/table/parquet/manifest_internal.h"

namespace sluice::table::internal {
namespace {

Entry entry_of(std::int64_t version, std::string key) {
  return {.version = version,
          .operation = "append",
          .key = std::move(key),
          .fingerprint = "f",
          .receipt = {.ingest_id = make_uuid_v7(system_clock(), system_random()),
                      .version = version,
                      .committed_at = sys_micros{std::chrono::hours{version}}},
          .rows = 3,
          .added = {{.path = "a-" + std::to_string(version) + ".parquet", .rows = 3, .bytes = 9}},
          .removed = {}};
}

ManifestState state_of() {
  ManifestState state;
  state.table.schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}};
  state.table.properties = {{"owner", "trips"}};
  return state;
}

TEST(ManifestTest, AnEntryIsReadBackAsItWas) {
  const Entry entry = entry_of(17, "trips#3");
  const ParsedEntry parsed = parse_entry(render_entry(entry, nullptr), "x").value();
  EXPECT_EQ(parsed.entry, entry);
  EXPECT_FALSE(parsed.state.has_value());
}

TEST(ManifestTest, ACheckpointHoldsTheWholeState) {
  ManifestState state = state_of();
  apply_entry(state, entry_of(15, "trips#3"));
  const Entry entry = entry_of(16, "a \"key\"");
  apply_entry(state, entry);
  const ParsedEntry parsed = parse_entry(render_entry(entry, &state), "x").value();
  ASSERT_TRUE(parsed.state.has_value());
  EXPECT_EQ(parsed.state->table.version, 16);
  EXPECT_EQ(parsed.state->table.schema, state.table.schema);
  EXPECT_EQ(parsed.state->table.properties, state.table.properties);
  EXPECT_EQ(parsed.state->files, state.files);
  EXPECT_EQ(parsed.state->commits, state.commits);
  EXPECT_EQ(parsed.state->newest, entry);
}

TEST(ManifestTest, ChangedColumnsAreReadBackAndNeedAReaderThatKnowsThem) {
  Entry entry = entry_of(17, "");
  EXPECT_NE(render_entry(entry, nullptr).find("\"format\":1"), std::string::npos);
  entry.schema = schema::Schema{{{.name = "id", .type = {schema::Text{}}, .nullable = false}}};
  entry.adds_columns = true;
  const std::string text = render_entry(entry, nullptr);
  EXPECT_NE(text.find("\"format\":2"), std::string::npos);
  EXPECT_EQ(parse_entry(text, "x").value().entry, entry);
}

TEST(ManifestTest, FilesMayLackColumnsUntilTheLastOfThemIsReplaced) {
  ManifestState state = state_of();
  Entry added = entry_of(1, "k");
  added.schema = schema::Schema{
      {{.name = "id", .type = {schema::Integer{}}}, {.name = "note", .type = {schema::Text{}}}}};
  added.adds_columns = true;
  apply_entry(state, added);
  EXPECT_FALSE(state.may_lack_columns) << "there was no file before it";
  added.version = 2;
  apply_entry(state, added);
  EXPECT_TRUE(state.may_lack_columns);
  EXPECT_EQ(state.table.schema.fields.size(), 2U);
  Entry overwrite = entry_of(16, "o");
  const ParsedEntry stored = parse_entry(render_entry(overwrite, &state), "x").value();
  EXPECT_TRUE(stored.state->may_lack_columns);
  overwrite.removed = {"a-1.parquet"};
  apply_entry(state, overwrite);
  EXPECT_FALSE(state.may_lack_columns);
}

TEST(ManifestTest, ACheckpointWithoutItsStateIsCorrupt) {
  EXPECT_EQ(parse_entry(render_entry(entry_of(16, "k"), nullptr), "x").error().code,
            ErrorCode::Corrupt);
}

TEST(ManifestTest, AFileThatWasCutShortIsCorruptAndNamed) {
  const std::string text = render_entry(entry_of(1, "k"), nullptr);
  for (const std::size_t size : {std::size_t{0}, text.size() / 2, text.size() - 3}) {
    const auto parsed = parse_entry(text.substr(0, size), "_sluice/manifest/1.json");
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, ErrorCode::Corrupt);
    EXPECT_NE(parsed.error().message.find("_sluice/manifest/1.json"), std::string::npos);
  }
}

TEST(ManifestTest, AMissingMemberIsCorrupt) {
  EXPECT_EQ(parse_entry("{\"format\": 1, \"version\": 1}", "x").error().code, ErrorCode::Corrupt);
}

TEST(ManifestTest, AFormatOfTheFutureIsRefused) {
  EXPECT_EQ(parse_entry("{\"format\": 3}", "x").error().code, ErrorCode::Unsupported);
}

TEST(ManifestTest, AnEntryTakesFilesAwayAndAddsOthers) {
  ManifestState state = state_of();
  apply_entry(state, entry_of(1, "a"));
  apply_entry(state, entry_of(2, "b"));
  Entry merge = entry_of(3, "c");
  merge.removed = {"a-1.parquet"};
  apply_entry(state, merge);
  ASSERT_EQ(state.files.size(), 2U);
  EXPECT_EQ(state.files[0].path, "a-2.parquet");
  EXPECT_EQ(state.files[1].path, "a-3.parquet");
  EXPECT_EQ(state.rows(), 6);
}

TEST(ManifestTest, OldKeysAreForgottenButNotTheLastOfAStream) {
  ManifestState state = state_of();
  apply_entry(state, entry_of(1, "one-off"));
  apply_entry(state, entry_of(2, "trips#9"));
  apply_entry(state, entry_of(3, "trips#10"));
  apply_entry(state, entry_of(4, "hash#tag"));
  apply_entry(state, entry_of(90, "young"));
  forget_commits(state, sys_micros{std::chrono::hours{50}});
  EXPECT_EQ(state.commits.size(), 2U);
  EXPECT_TRUE(state.commits.contains("trips#10"));
  EXPECT_TRUE(state.commits.contains("young"));
}

TEST(ManifestTest, VersionsSortAsText) {
  EXPECT_EQ(manifest_path(42), "_sluice/manifest/00000000000000000042.json");
}

}  // namespace
}  // namespace sluice::table::internal
