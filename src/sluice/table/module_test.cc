#include "sluice/table/module.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::table {
namespace {

using testing::HasSubstr;

TEST(FormatModule, AFormatThatWasNotBuiltSaysHowToGetIt) {
  const TempFolder folder = TempFolder::make("sluice-format").value();
  const auto absent = load_format("delta", {.folder = folder.path()});
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(absent.error().message,
            "this build has no 'delta' tables: libsluice_delta.so is not installed");
  EXPECT_THAT(absent.error().hint, HasSubstr("Rust 1.94"));
  EXPECT_THAT(absent.error().hint, HasSubstr("format: parquet"));
}

TEST(FormatModule, AFileThatIsNoLibrarySaysWhy) {
  const TempFolder folder = TempFolder::make("sluice-format").value();
  std::ofstream(folder.path() + "/libsluice_delta.so") << "not a library";
  const auto broken = load_format("delta", {.folder = folder.path()});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(broken.error().native, HasSubstr("libsluice_delta.so"));
}

}  // namespace
}  // namespace sluice::table
