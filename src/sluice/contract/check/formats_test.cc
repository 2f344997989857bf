#include "sluice/contract/check/formats.h"

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

TEST(FormatsTest, DurationsInWordsLettersAndIso) {
  EXPECT_EQ(parse_duration_seconds("30s"), 30);
  EXPECT_EQ(parse_duration_seconds("15m"), 900);
  EXPECT_EQ(parse_duration_seconds("1.5h"), 5400);
  EXPECT_EQ(parse_duration_seconds("7 days"), 7 * 86'400);
  EXPECT_EQ(parse_duration_seconds(" 6 Hours "), 21'600);
  EXPECT_EQ(parse_duration_seconds("2w"), 14 * 86'400);
  EXPECT_EQ(parse_duration_seconds("PT6H30M"), 23'400);
  EXPECT_EQ(parse_duration_seconds("P1DT1S"), 86'401);
  for (const char* bad : {"", "h", "6", "6 parsecs", "-6h", "P", "PT", "P6H", "1e3h", "6h6",
                          "99999999999999y", "nan h", "inf h"}) {
    EXPECT_EQ(parse_duration_seconds(bad), std::nullopt) << bad;
  }
}

TEST(FormatsTest, FormatsOfPartialMaskings) {
  for (const std::string_view good :
       {"email", "phone", "credit_card", "{first1}***", "***-**-{last4}", "{first2}..@{domain}"}) {
    EXPECT_TRUE(is_partial_format(good)) << good;
  }
  for (const std::string_view bad : {"", "Email", "emial", "****", "{lst4}", "***-{last4",
                                     "{last0}", "{last10}", "{first1}}", "{last4} {card}"}) {
    EXPECT_FALSE(is_partial_format(bad)) << bad;
  }
}

TEST(FormatsTest, DatesExist) {
  for (const char* good :
       {"2026-01-31", "2024-02-29", "9999-12-31", "2026-01-31T10:00", "2026-01-31 10:00:00.123456",
        "2026-01-31T10:00:00Z", "2026-01-31T10:00:00+02:00"}) {
    EXPECT_TRUE(is_date_or_time(good)) << good;
  }
  for (const char* bad : {"", "2026-02-29", "2026-13-01", "2026-1-1", "31.01.2026", "2026-01-31T",
                          "2026-01-31T25:00", "2026-01-31x"}) {
    EXPECT_FALSE(is_date_or_time(bad)) << bad;
  }
}

TEST(FormatsTest, CronLines) {
  for (const char* good : {"0 * * * *", "*/5 0-12 1,15 JAN-MAR mon", "0 0 * * 7", "@daily",
                           "  0  0 1 1 *  ", "0 0 1-31/2 * *"}) {
    EXPECT_EQ(cron_fault(good), "") << good;
  }
  for (const char* bad :
       {"", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * *",
        "* * * * * *", "*/0 * * * *", "5-1 * * * *", "a * * * *", "1,,2 * * * *", "@often"}) {
    EXPECT_NE(cron_fault(bad), "") << bad;
  }
}

TEST(FormatsTest, VersionsAndPeriods) {
  for (const char* good : {"0.0.0", "1.2.3", "1.0.0-rc.1+build.5", "10.20.30"}) {
    EXPECT_TRUE(is_semantic_version(good)) << good;
  }
  for (const char* bad : {"1", "1.0", "01.0.0", "1.0.0.0", "v1.0.0", "1.0.0-"}) {
    EXPECT_FALSE(is_semantic_version(bad)) << bad;
  }
  EXPECT_TRUE(is_retention_period("400d"));
  EXPECT_TRUE(is_retention_period("P7Y"));
  EXPECT_FALSE(is_retention_period("P"));
  EXPECT_FALSE(is_retention_period("seven years"));
}

TEST(FormatsTest, TypesAndTheirFamilies) {
  EXPECT_EQ(type_family("STRING"), TypeFamily::Textual);
  EXPECT_EQ(type_family("varchar(20)"), TypeFamily::Textual);
  EXPECT_EQ(type_family("decimal(10, 2)"), TypeFamily::Fractional);
  EXPECT_EQ(type_family("long"), TypeFamily::Whole);
  EXPECT_EQ(type_family("array<struct<a: int, b: decimal(5,2)>>"), TypeFamily::Nested);
  EXPECT_EQ(type_family("map<string, array<int>>"), TypeFamily::Nested);
  EXPECT_EQ(type_family("int[]"), TypeFamily::Nested);
  for (const char* bad : {"", "strng", "decimal(2,5)", "decimal(39,1)", "varchar()", "varchar(0)",
                          "struct<int>", "array<", "array<>", "array<x>", "int(3)", "(", "<>"}) {
    EXPECT_EQ(type_family(bad), TypeFamily::Unknown) << bad;
  }
  EXPECT_EQ(type_family(std::string(1'000, '[') + "int"), TypeFamily::Unknown);
}

TEST(FormatsTest, PatternsAreRe2) {
  EXPECT_EQ(regex_fault("^[^@]+@[^@]+$"), "");
  EXPECT_NE(regex_fault("("), "");
  EXPECT_NE(regex_fault("(?=a)"), "");
  EXPECT_NE(regex_fault(std::string(20'000, 'a')), "");
}

TEST(FormatsTest, SecretsAreNamedAndNotWritten) {
  for (const char* name : {"password", "sasl_password", "api_key", "ACCOUNT_KEY", "auth_token"}) {
    EXPECT_TRUE(is_secret_name(name)) << name;
  }
  for (const char* name : {"private_key_path", "partition_key", "user", "keyboard"}) {
    EXPECT_FALSE(is_secret_name(name)) << name;
  }
  EXPECT_TRUE(is_secret_reference("env:DB"));
  EXPECT_TRUE(is_secret_reference("${ENV:DB}"));
  EXPECT_FALSE(is_secret_reference("hunter2"));
}

TEST(FormatsTest, PartitionFormatsHoldADate) {
  EXPECT_EQ(partition_format_fault("year=%Y/month=%m/day=%d/hour=%H"), "");
  EXPECT_NE(partition_format_fault("a/b"), "");
  EXPECT_NE(partition_format_fault("100%%"), "");
  EXPECT_NE(partition_format_fault("%"), "");
}

}  // namespace
}  // namespace sluice::contract
