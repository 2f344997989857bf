#include "sluice/contract/notification/check_templates.h"

#include <algorithm>
#include <fstream>
#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::contract {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kHead =
    "version: 1.0.0\n"
    "info: {title: T}\n"
    "model: {fields: [{name: id, type: int}]}\n"
    "quarantine:\n"
    "  notifications:\n";

/// Finds fault with each line that says BAD, and keeps what it was given.
struct Reader {
  std::vector<std::string> given;

  Status operator()(std::string_view name, std::string_view source) {
    given.push_back(fmt::format("{}={}", name, source));
    const std::size_t at = source.find("BAD");
    if (at == std::string_view::npos) {
      return {};
    }
    const auto lines = std::count(source.begin(), source.begin() + static_cast<int>(at), '\n');
    Error error = make_error(ErrorCode::InvalidArgument, "there is no filter 'BAD'");
    error.at = {
        .file = std::string(name), .line = static_cast<std::uint32_t>(lines + 1), .column = 0};
    return error;
  }
};

class TemplatesTest : public testing::Test {
 protected:
  std::vector<Diagnostic> check(const std::string& notifications, const TemplateReader& read = {}) {
    const std::string text = std::string(kHead) + notifications;
    const std::string path = folder_.path() + "/contract.yaml";
    CheckedContract checked = check_contract(text, path);
    EXPECT_FALSE(checked.diagnostics.has_errors());
    const std::vector<std::string> files{path};
    check_templates({}, text, files, checked, read ? read : std::ref(reader_)).value();
    std::vector<Diagnostic> found;
    for (const Diagnostic& each : checked.diagnostics) {
      if (each.code == Code::BadTemplate || each.code == Code::TemplateNotChecked) {
        found.push_back(each);
      }
    }
    return found;
  }

  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder_.path() + "/" + name) << text;
  }

  TempFolder folder_ = TempFolder::make("sluice-templates").value();
  Reader reader_;
};

TEST_F(TemplatesTest, EachTextIsReadUnderItsKey) {
  write("m.html", "<b>");
  EXPECT_TRUE(check("    - {type: email, target: a, subject_template: s, body_template: b}\n"
                    "    - {type: slack, target: a, message_template_file: m.html}\n")
                  .empty());
  EXPECT_THAT(reader_.given, testing::ElementsAre("subject_template=s", "body_template=b",
                                                  fmt::format("{}/m.html=<b>", folder_.path())));
}

TEST_F(TemplatesTest, AFaultStandsAtItsLineOfABlock) {
  const auto found = check(
      "    - type: email\n"
      "      target: a\n"
      "      body_template: |\n"
      "        one\n"
      "        two BAD\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, Code::BadTemplate);
  EXPECT_EQ(found[0].severity, Severity::Error);
  EXPECT_EQ(std::pair(found[0].at.line, found[0].at.column), std::pair(10U, 9U));
  EXPECT_EQ(found[0].length, 7U);
  EXPECT_EQ(found[0].message,
            "'body_template' is no template, in line 2 of it: there is no filter 'BAD'");
}

TEST_F(TemplatesTest, AFaultStandsInsideQuotes) {
  const auto found = check("    - {type: email, target: a, subject_template: \"x\\nBAD\"}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(std::pair(found[0].at.line, found[0].at.column), std::pair(6U, 54U));
  EXPECT_THAT(found[0].message, StartsWith("'subject_template' is no template, in line 2"));
}

TEST_F(TemplatesTest, AFileIsNamedWithItsLine) {
  write("m.html", "a\n\nBAD");
  const auto found = check("    - {type: slack, target: a, message_template_file: ./m.html}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(std::pair(found[0].at.line, found[0].at.column), std::pair(6U, 55U));
  EXPECT_EQ(found[0].message,
            fmt::format("'message_template_file' names a file that is no template: there is no "
                        "filter 'BAD': '{}/m.html:3'",
                        folder_.path()));
}

TEST_F(TemplatesTest, AFileThatIsNotThereIsTold) {
  const auto found = check(
      "    - {type: slack, target: a, message_template_file: t/m.html}\n"
      "    - {type: slack, target: a, body_template_file: .}\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].message,
            fmt::format("'message_template_file' cannot be read: there is no file at '{}/t/m.html'",
                        folder_.path()));
  EXPECT_THAT(found[0].suggestion, HasSubstr("relative to the folder of the contract"));
  EXPECT_THAT(found[1].message, HasSubstr("this is not a file"));
}

TEST_F(TemplatesTest, ABuildWithoutTheLibrarySaysSoOnce) {
  const auto found =
      check("    - {type: email, target: a, subject_template: BAD, body_template: BAD}\n",
            [](std::string_view, std::string_view) -> Status {
              return make_error(ErrorCode::Unsupported, "this build reads no templates")
                  .with_hint("install Rust");
            });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, Code::TemplateNotChecked);
  EXPECT_EQ(found[0].severity, Severity::Notice);
  EXPECT_EQ(found[0].message,
            "templates of notifications were not checked: this build reads no templates");
  EXPECT_EQ(found[0].suggestion, "install Rust");
}

TEST_F(TemplatesTest, ALibraryThatCannotBeUsedIsAnError) {
  const std::string text =
      std::string(kHead) + "    - {type: email, target: a, subject_template: x}\n";
  CheckedContract checked = check_contract(text, "c.yaml");
  const std::vector<std::string> files{"c.yaml"};
  const Status done =
      check_templates({}, text, files, checked, [](std::string_view, std::string_view) -> Status {
        return make_error(ErrorCode::Unavailable, "the reader of templates cannot be loaded");
      });
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace sluice::contract
