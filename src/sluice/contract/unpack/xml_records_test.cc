#include "sluice/contract/unpack/xml_records.h"

#include <gmock/gmock.h>

namespace sluice::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<std::vector<std::string>> read(std::string_view xml, const std::string& row_tag = "") {
  std::vector<std::string> lines;
  SLUICE_CHECK(read_xml_records(xml, row_tag, [&](std::string_view json) -> Status {
    lines.emplace_back(json);
    return {};
  }));
  return lines;
}

std::string fault(std::string_view xml) {
  const auto lines = read(xml, "r");
  return lines ? "none" : std::string(lines.error().message);
}

TEST(XmlRecords, ChildrenAndAttributesAreColumns) {
  EXPECT_THAT(read("<a><r id=\"1\"><n> x </n><e/></r><r id='2'/></a>").value(),
              ElementsAre(R"({"id":"1","n":"x","e":null})", R"({"id":"2"})"));
}

TEST(XmlRecords, AnAttributeThatIsCalledAsAChildIsKeepsItsMark) {
  EXPECT_THAT(read("<a><r id=\"1\"><id>2</id></r></a>").value(),
              ElementsAre(R"({"@id":"1","id":"2"})"));
}

TEST(XmlRecords, NestedElementsAreJsonAsText) {
  EXPECT_THAT(read("<a><r><o><x>1</x></o><t>p</t><t>q</t></r></a>", "r").value(),
              ElementsAre(R"({"o":"{\"x\":\"1\"}","t":"[\"p\",\"q\"]"})"));
}

TEST(XmlRecords, RecordsInRecordsAreTheOuterOnes) {
  EXPECT_THAT(read("<a><r><n>1</n><r><n>2</n></r></r></a>", "r").value(),
              ElementsAre(R"({"n":"1","r":"{\"n\":\"2\"}"})"));
}

TEST(XmlRecords, EntitiesAndNumbersOfCharactersAreResolved) {
  EXPECT_THAT(read("<a><r><n>&lt;&#65;&#x20AC;&gt;</n></r></a>", "r").value(),
              ElementsAre("{\"n\":\"<A\xe2\x82\xac>\"}"));
}

TEST(XmlRecords, WithoutATagTheRepeatedChildrenAreRecords) {
  EXPECT_THAT(read("<a><head><n>0</n></head><r><n>1</n></r><r><n>2</n></r></a>").value(),
              ElementsAre(R"({"n":"1"})", R"({"n":"2"})"));
  const auto unclear = read("<a><b/><c/></a>");
  ASSERT_FALSE(unclear);
  EXPECT_THAT(unclear.error().hint, HasSubstr("row_tag"));
}

TEST(XmlRecords, AnEmptyFileHasNoRecord) { EXPECT_THAT(read(" \n").value(), IsEmpty()); }

TEST(XmlRecords, WhatIsNotWellFormedSaysWhere) {
  EXPECT_THAT(fault("<a>\n<r></a>"), HasSubstr("near line 2"));
  EXPECT_THAT(fault("<a><r>"), HasSubstr("ends before its root"));
  EXPECT_THAT(fault("<a/><b/>"), HasSubstr("second root"));
  EXPECT_THAT(fault("<a>&nbsp;</a>"), HasSubstr("entity"));
  EXPECT_THAT(fault("<a b></a>"), HasSubstr("attribute"));
  EXPECT_THAT(fault("<a><![CDATA[x</a>"), HasSubstr("CDATA"));
  EXPECT_THAT(fault("x<a/>"), HasSubstr("outside the root"));
  EXPECT_THAT(fault("<!DOCTYPE a [<!ENTITY x \"y\">]><a/>"), HasSubstr("declarations"));
  EXPECT_THAT(fault("<a" + std::string(300, '<')), HasSubstr("not well-formed"));
}

TEST(XmlRecords, DeepNestingEndsInAnErrorNotInACrash) {
  std::string deep = "<r>";
  for (int i = 0; i < 100'000; ++i) {
    deep += "<x>";
  }
  EXPECT_THAT(fault(deep), HasSubstr("too deep"));
}

TEST(XmlRecords, OtherEncodingsAreRefusedByName) {
  EXPECT_THAT(fault("<?xml version='1.0' encoding='KOI8-R'?><a/>"), HasSubstr("'koi8-r'"));
}

}  // namespace
}  // namespace sluice::contract
