#include "sluice/text/template.h"

#include <fstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::text {
namespace {

using testing::HasSubstr;

TEST(TemplateModule, ABuildWithoutTheLibrarySaysHowToGetIt) {
  const TempFolder folder = TempFolder::make("sluice-template").value();
  const auto absent = render_template("t", "x", "{}", {.folder = folder.path()});
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(absent.error().message,
            "this build reads no templates: libsluice_minijinja.so is not installed");
  EXPECT_THAT(absent.error().hint, HasSubstr("Rust 1.94"));
  EXPECT_EQ(check_template("t", "x", {.folder = folder.path()}).error().message,
            absent.error().message);
}

TEST(TemplateModule, AFileThatIsNoLibrarySaysWhy) {
  const TempFolder folder = TempFolder::make("sluice-template").value();
  std::ofstream(folder.path() + "/libsluice_minijinja.so") << "not a library";
  const auto broken = check_template("t", "x", {.folder = folder.path()});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(broken.error().native, HasSubstr("libsluice_minijinja.so"));
}

}  // namespace
}  // namespace sluice::text
