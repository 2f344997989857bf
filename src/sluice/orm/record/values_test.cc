#include "sluice/orm/record/values.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Values, ADecimalPrintsAsItWasRead) {
  for (const char* text : {"0.00", "12.50", "-0.01", "-99999999.99", "99999999.99"}) {
    EXPECT_EQ(to_string((make_decimal<10, 2>(text).value())), text);
  }
  EXPECT_EQ(to_string((make_decimal<10, 2>("7").value())), "7.00");
  EXPECT_EQ(to_string((make_decimal<10, 2>("7.5000").value())), "7.50");
  EXPECT_EQ(to_string((make_decimal<5, 0>("-7").value())), "-7");
  EXPECT_EQ(to_string((make_decimal<2, 2>("0.07").value())), "0.07");
  const std::string widest(38, '9');
  EXPECT_EQ(to_string((make_decimal<38, 0>(widest).value())), widest);
  EXPECT_EQ(to_string((make_decimal<38, 0>("-" + widest).value())), "-" + widest);
}

TEST(Values, ADecimalThatDoesNotFitIsRefused) {
  for (const char* text :
       {"", "-", ".5", "5.", "1e3", "100000000.00", "1.005", "1 ", "+1", "1.2.3"}) {
    EXPECT_FALSE((make_decimal<10, 2>(text).has_value())) << text;
  }
  EXPECT_FALSE((make_decimal<38, 0>("170141183460469231731687303715884105728").has_value()));
}

TEST(Values, DecimalsCompareByValue) {
  EXPECT_LT((make_decimal<10, 2>("-1").value()), (make_decimal<10, 2>("0.5").value()));
}

}  // namespace
}  // namespace sluice
