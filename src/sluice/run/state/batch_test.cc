#include "sluice/run/state/batch.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/storage/storage.h"

namespace sluice::run {
namespace {

using testing::HasSubstr;

const Uuid kRun = parse_uuid("0198c2a4-7d3e-7b1c-8f00-0123456789ab").value();
const sys_micros kNow = parse_instant("2026-03-28T12:00:01.000250Z").value();

BatchRecord make_record(BatchInput input) {
  return {.stream = {.contract = "customers", .target = "silver.customers"},
          .number = 7,
          .input = std::move(input),
          .clock = kNow,
          .run_id = kRun,
          .fingerprint = "f00d"};
}

/// As format 1 is on disk: a reader of every later sluice must take it.
constexpr std::string_view kFormat1 = R"({
 "format": 1, "contract": "customers", "target": "silver.customers", "batch": 7,
 "run_id": "0198c2a4-7d3e-7b1c-8f00-0123456789ab", "clock": "2026-03-28T12:00:01.000250Z",
 "fingerprint": "f00d", "a member of a later version": [1, {"that": "means nothing"}],
 "input": {"kind": "files", "files": [
  {"path": "landing/a.json", "size": 18446744073709551615, "modified": "2026-03-28T12:00:00Z",
   "tag": "sha256:ab"}]}})";

TEST(Batch, ARecordOfEveryInputIsReadBackAsItWasWritten) {
  const std::string odd = "a\"b\\c\n\x01\xc3\xa4/\xe2\x82\xac";
  for (const BatchInput& input : std::vector<BatchInput>{
           FileInput{},
           FileInput{.files = {{.path = odd, .size_bytes = 0, .modified = kNow, .content_tag = "t"},
                               {.path = "not text \xff\xfe \xc3",
                                .size_bytes = UINT64_MAX,
                                .modified = sys_micros(),
                                .content_tag = ""}}},
           WindowInput{.column = "id", .after = std::nullopt, .up_to = "9"},
           WindowInput{.column = odd, .after = "", .up_to = std::nullopt},
           ReplayInput{.row_ids = {"1", odd}},
       }) {
    const BatchRecord record = make_record(input);
    const std::string text = render_batch(record).value();
    EXPECT_EQ(parse_batch(text, "x").value(), record) << text;
  }
}

TEST(Batch, ARecordOfFormat1IsReadForever) {
  const BatchRecord expected =
      make_record(FileInput{.files = {{.path = "landing/a.json",
                                       .size_bytes = UINT64_MAX,
                                       .modified = parse_instant("2026-03-28T12:00:00Z").value(),
                                       .content_tag = "sha256:ab"}}});
  EXPECT_EQ(parse_batch(kFormat1, "x").value(), expected);
}

TEST(Batch, ANewerFormatIsRefusedAndSaysWhatToRun) {
  std::string newer(kFormat1);
  newer.replace(newer.find('1'), 1, "2");
  const auto parsed = parse_batch(newer, "state/batch-7.json");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(parsed.error().message,
            "a newer sluice wrote this record of a batch: expected format 1, got 2: "
            "'state/batch-7.json'");
  EXPECT_THAT(parsed.error().hint, HasSubstr("a newer one"));
}

TEST(Batch, ADamagedRecordIsCorruptWhereverItWasCut) {
  const std::string whole = render_batch(make_record(WindowInput{.column = "id"})).value();
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    const auto parsed = parse_batch(whole.substr(0, size), "state/batch-7.json");
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(parsed.error().message, HasSubstr("'state/batch-7.json'"));
    EXPECT_FALSE(parsed.error().hint.empty());
  }
}

TEST(Batch, AWrongMemberIsCorruptAndNamed) {
  struct Damage {
    std::string from;
    std::string to;
    std::string named;
  };
  for (const Damage& damage : std::vector<Damage>{
           {"\"format\": 1", "\"format\": \"1\"", "expected a whole number in 'format'"},
           {"\"format\": 1", "\"format\": 0", "expected format 1"},
           {"\"format\": 1,", "", "expected a member 'format'"},
           {"\"batch\": 7", "\"batch\": -7", "expected a whole number in 'batch'"},
           {"\"batch\": 7", "\"batch\": 7.5", "expected a whole number in 'batch'"},
           {"\"customers\"", "null", "expected a text in 'contract'"},
           {"12:00:01.000250Z", "noon", "expected an instant in 'clock'"},
           {"0198c2a4", "no-uuid", "expected a UUID in 'run_id'"},
           {"\"kind\": \"files\"", "\"kind\": \"tapes\"", "got 'tapes'"},
           {"\"files\": [", "\"no files\": [", "expected a member 'files'"},
           {"\"path\": \"landing/a.json\"", "\"path_hex\": \"4\"", "in 'path_hex'"},
           {"\"path\": \"landing/a.json\"", "\"path_hex\": \"4G\"", "in 'path_hex'"},
           {"18446744073709551615", "18446744073709551616", "expected a whole number in 'size'"},
           {"\"input\": {", "\"input\": [], \"rest\": {", "expected a member 'kind'"},
       }) {
    std::string text(kFormat1);
    const std::size_t at = text.find(damage.from);
    ASSERT_NE(at, std::string::npos) << damage.from;
    text.replace(at, damage.from.size(), damage.to);
    const auto parsed = parse_batch(text, "x");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(parsed.error().message, HasSubstr(damage.named));
  }
}

TEST(Batch, NamesThatAreNoTextAreRefusedBeforeTheyAreWritten) {
  BatchRecord record = make_record(FileInput{});
  record.stream.contract = "\xff";
  const auto text = render_batch(record);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::InvalidArgument);
}

TEST(Batch, AStreamIsOneSafeNameAndNoTwoStreamsShareIt) {
  EXPECT_THAT(render_stream({.contract = "customers", .target = "silver.customers"}),
              testing::MatchesRegex("customers-silver\\.customers-[0-9a-f]{16}"));
  std::set<std::string> names;
  const std::vector<StreamId> streams{{"a", "b"},
                                      {"a-b", ""},
                                      {"", "a-b"},
                                      {"a/b", "c"},
                                      {"a-b", "c"},
                                      {"..", ".."},
                                      {"_tmp-x", "/etc"},
                                      {"", ""},
                                      {std::string(999, 'x'), "y"},
                                      {std::string(998, 'x'), "y"},
                                      {"\xff\n", "*?"}};
  for (const StreamId& stream : streams) {
    const std::string name = render_stream(stream);
    EXPECT_EQ(storage::check_path(name).value(), name);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789._-"),
              std::string::npos);
    EXPECT_LE(name.size(), 120U);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), streams.size());
  EXPECT_EQ(render_commit_key({"a", "b"}, 12), render_stream({"a", "b"}) + "#12");
}

}  // namespace
}  // namespace sluice::run
