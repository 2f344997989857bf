#include "sluice/cli/json_cell.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

std::string told(const std::optional<std::string>& text, const schema::LogicalType& type) {
  return json_cell(text, type);
}

TEST(JsonCell, NumbersAndTruthsAreWhatTheyAre) {
  EXPECT_EQ(told("42", {schema::Integer{}}), "42");
  EXPECT_EQ(told("-7", {schema::Integer{.bits = 8}}), "-7");
  EXPECT_EQ(told("0.25", {schema::Float{}}), "0.25");
  EXPECT_EQ(told("1e+300", {schema::Float{}}), "1e+300");
  EXPECT_EQ(told("19.50", {schema::Decimal{.precision = 10, .scale = 2}}), "19.5");
  EXPECT_EQ(told("0.00000000000000000001", {schema::Decimal{}}), "1e-20");
  EXPECT_EQ(told("120", {schema::Decimal{.precision = 38, .scale = 0}}), "120");
  EXPECT_EQ(told("true", {schema::Boolean{}}), "true");
  EXPECT_EQ(told(std::nullopt, {schema::Integer{}}), "null");
}

TEST(JsonCell, WhatAReaderWouldChangeStaysText) {
  EXPECT_EQ(told("9007199254740993", {schema::Integer{}}), "\"9007199254740993\"");
  EXPECT_EQ(told("9007199254740992", {schema::Integer{}}), "9007199254740992");
  EXPECT_EQ(told("18446744073709551615", {schema::Integer{.is_signed = false}}),
            "\"18446744073709551615\"");
  EXPECT_EQ(told("1234567890123456.78", {schema::Decimal{}}), "\"1234567890123456.78\"");
  EXPECT_EQ(told("nan", {schema::Float{}}), "\"nan\"");
  EXPECT_EQ(told("42", {schema::Text{}}), "\"42\"");
  EXPECT_EQ(told("2026-01-31", {schema::Date{}}), "\"2026-01-31\"");
}

}  // namespace
}  // namespace sluice::cli
