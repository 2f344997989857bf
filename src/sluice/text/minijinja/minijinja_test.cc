// The templates of text/template.h through the real bridge.
#include "sluice/text/minijinja/minijinja.h"

#include <chrono>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "sluice/text/template.h"

namespace sluice::text {
namespace {

using testing::HasSubstr;

std::string repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all += text;
  }
  return all;
}

void expect_error(const Error& error, ErrorCode code, std::uint32_t line,
                  std::string_view message) {
  EXPECT_EQ(error.code, code) << to_string(error);
  ASSERT_TRUE(error.at.has_value());
  EXPECT_EQ(error.at->file, "t.txt");
  EXPECT_EQ(error.at->line, line);
  EXPECT_THAT(error.message, HasSubstr(std::string(message)));
}

TEST(Minijinja, ValuesArePutIn) {
  const nlohmann::json values{{"rows", {{{"id", 1}}, {{"id", 2}}}}, {"who", "Zo\u00eb \u2615"}};
  EXPECT_EQ(render_with_minijinja("t.txt", "{{ who }}:{% for r in rows %} {{ r.id }}{% endfor %}",
                                  values.dump())
                .value(),
            "Zo\u00eb \u2615: 1 2");
  EXPECT_EQ(render_with_minijinja("t.txt", "\u2615 {{ who|upper }}", values.dump()).value(),
            "\u2615 ZO\u00cb \u2615");
  EXPECT_EQ(render_with_minijinja("t.txt", "", "{}").value(), "");
}

TEST(Minijinja, OnlyHtmlIsEscaped) {
  const std::string values = R"({"x": "<a & b>"})";
  EXPECT_EQ(render_with_minijinja("mail.html", "<b>{{ x }}</b>", values).value(),
            "<b>&lt;a &amp; b&gt;</b>");
  EXPECT_EQ(render_with_minijinja("mail.txt", "<b>{{ x }}</b>", values).value(), "<b><a & b></b>");
  EXPECT_EQ(render_with_minijinja("subject_template", "{{ x }}", values).value(), "<a & b>");
}

TEST(Minijinja, AMistakeOfSyntaxHasItsLine) {
  const Status open = check_with_minijinja("t.txt", "a\n{{ count");
  ASSERT_FALSE(open.has_value());
  expect_error(open.error(), ErrorCode::InvalidArgument, 2, "unexpected end of input");
  const Status word = check_with_minijinja("t.txt", "{% unless x %}");
  ASSERT_FALSE(word.has_value());
  expect_error(word.error(), ErrorCode::InvalidArgument, 1, "unless");
  const auto rendered = render_with_minijinja("t.txt", "\n\n{{ 1|nofilter }}", "{}");
  ASSERT_FALSE(rendered.has_value());
  expect_error(rendered.error(), ErrorCode::InvalidArgument, 3, "there is no filter 'nofilter'");
}

TEST(Minijinja, ANameWithoutAValueIsNamed) {
  const auto missing =
      render_with_minijinja("t.txt", "ok\n{{ contract.titel }}", R"({"contract": {"title": "T"}})");
  ASSERT_FALSE(missing.has_value());
  expect_error(missing.error(), ErrorCode::InvalidArgument, 2,
               "there is no value for 'contract.titel'");
  EXPECT_TRUE(check_with_minijinja("t.txt", "{{ contract.titel }}").has_value());
}

TEST(Minijinja, NoOtherTemplateAndNoFileIsRead) {
  for (const std::string_view source :
       {"{% include '/etc/hostname' %}", "{% extends '/etc/hostname' %}",
        "{% import '/etc/hostname' as x %}"}) {
    const Status read = check_with_minijinja("t.txt", source);
    ASSERT_FALSE(read.has_value()) << source;
    expect_error(read.error(), ErrorCode::InvalidArgument, 1, "cannot read another one");
  }
}

TEST(Minijinja, TextsThatNoTemplateHasAreRefused) {
  const Status zero = check_with_minijinja("t.txt", std::string_view("a\0b", 3));
  ASSERT_FALSE(zero.has_value());
  expect_error(zero.error(), ErrorCode::InvalidArgument, 0, "a zero byte");
  EXPECT_EQ(check_with_minijinja("t.txt", "\xff\xfe").error().code, ErrorCode::InvalidArgument);
  const auto values = render_with_minijinja("t.txt", "x", "[1]");
  ASSERT_FALSE(values.has_value());
  expect_error(values.error(), ErrorCode::InvalidArgument, 0, "not a JSON object");
}

TEST(Minijinja, ATemplateThatNeverEndsIsStopped) {
  const auto started = std::chrono::steady_clock::now();
  const auto endless = render_with_minijinja(
      "t.txt",
      "{% for i in range(99999) %}{% for j in range(99999) %}{% for k in range(99999) %}"
      "{% endfor %}{% endfor %}{% endfor %}",
      "{}");
  ASSERT_FALSE(endless.has_value());
  expect_error(endless.error(), ErrorCode::ResourceExhausted, 1, "more than 1000000 steps");
  const auto deep =
      render_with_minijinja("t.txt", "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", "{}");
  ASSERT_FALSE(deep.has_value());
  expect_error(deep.error(), ErrorCode::ResourceExhausted, 1, "recursion");
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(60));
}

TEST(Minijinja, ATemplateThatWritesTooMuchIsStopped) {
  const auto much = render_with_minijinja(
      "t.txt", fmt::format("{{% for i in range(99999) %}}{}{{% endfor %}}", std::string(100, 'x')),
      "{}");
  ASSERT_FALSE(much.has_value());
  expect_error(much.error(), ErrorCode::ResourceExhausted, 0, "writes more than 4 MiB");
}

TEST(Minijinja, ATemplateThatTakesTooMuchMemoryDoesNotEndTheProcess) {
  for (const std::string& source :
       {"{% set x = 'x' %}" + repeated("{% set x = x ~ x %}", 60),
        std::string("{{ 'a'|indent(99999999999999) }}"), std::string("{{ 'a' * 99999999 }}"),
        std::string("{{ range(99999)|join('0123456789' * 1000)|length }}")}) {
    const auto large = render_with_minijinja("t.txt", source, "{}");
    ASSERT_FALSE(large.has_value()) << source;
    expect_error(large.error(), ErrorCode::ResourceExhausted, 0, "more than 64 MiB of memory");
  }
}

TEST(Minijinja, ATemplateThatIsDeepDoesNotEndTheProcess) {
  for (const std::string& source :
       {"{{ x" + repeated(".a", 20'000) + " }}", "{{ " + repeated("not ", 20'000) + "1 }}",
        "{% if 0 %}" + repeated("{%elif 0%}", 20'000) + "{% endif %}", std::string(300'000, 'x')}) {
    const Status deep = check_with_minijinja("t.txt", source);
    ASSERT_FALSE(deep.has_value());
    EXPECT_EQ(deep.error().code, ErrorCode::ResourceExhausted) << to_string(deep.error());
  }
  EXPECT_EQ(check_with_minijinja("t.txt", "{{ " + repeated("(", 900) + "1").error().code,
            ErrorCode::InvalidArgument);
}

TEST(Minijinja, ManyThreadsMayRender) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      for (int i = 0; i < 50; ++i) {
        const std::string values = fmt::format(R"({{"n": {}}})", thread * 100 + i);
        EXPECT_EQ(render_with_minijinja("t.txt", "{{ n + 1 }}", values).value(),
                  std::to_string(thread * 100 + i + 1));
      }
    });
  }
}

TEST(Minijinja, TheModuleSaysWhatItIs) {
  const TemplateModule* module = sluice_template_module();
  EXPECT_THAT(module->version, HasSubstr("minijinja 2."));
  EXPECT_EQ(module->render("t", "{{ x }}", R"({"x": 1})").value(), "1");
  EXPECT_FALSE(module->check("t", "{{").has_value());
}

}  // namespace
}  // namespace sluice::text
