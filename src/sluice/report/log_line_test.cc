#include "sluice/report/log_line.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace sluice::report {
namespace {

const sys_micros kNoon = parse_instant("2026-03-28T12:00:01.00025Z").value();

LogLine written() {
  return {.level = LogLevel::Info,
          .message = "Wrote 2 valid rows to lake/silver",
          .fields = {{"run_id", "0198"}, {"layer", "silver"}, {"contract", "my file.yaml"}}};
}

TEST(LogLine, TextHasTimeLevelAndFieldsBeforeTheMessage) {
  EXPECT_EQ(render_text(written(), kNoon),
            "2026-03-28T12:00:01.000250Z INFO    run_id=0198 layer=silver "
            "contract=\"my file.yaml\" | Wrote 2 valid rows to lake/silver");
}

TEST(LogLine, AMessageOfSeveralLinesStaysOneLine) {
  EXPECT_EQ(render_text({.level = LogLevel::Error, .message = "one\ntwo"}, kNoon),
            "2026-03-28T12:00:01.000250Z ERROR   one two");
}

TEST(LogLine, JsonIsOneObjectWithTheSame) {
  EXPECT_EQ(nlohmann::json::parse(render_json(written(), kNoon)),
            nlohmann::json::parse(R"({"time": "2026-03-28T12:00:01.000250Z", "level": "info",
                "run_id": "0198", "layer": "silver", "contract": "my file.yaml",
                "message": "Wrote 2 valid rows to lake/silver"})"));
}

TEST(LogLine, BytesThatAreNoUtf8StillGiveJson) {
  EXPECT_TRUE(nlohmann::json::accept(render_json({.message = "caf\xe9"}, kNoon)));
}

}  // namespace
}  // namespace sluice::report
