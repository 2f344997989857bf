// The files under test/contracts/changes: two versions of a contract each, and the one change
// between them ("# expect field-removed model.fields.note").
#include "sluice/contract/diff/change.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/diff/exceptions.h"
#include "sluice/contract/diff/render.h"
#include "sluice/contract/diff/tree.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::contract {
namespace {

struct Versions {
  std::string expected;
  CheckedContract before;
  CheckedContract after;
};

std::string errors_of(const CheckedContract& checked, std::string_view text) {
  std::string out;
  for (const Diagnostic& each : checked.diagnostics) {
    out += each.severity == Severity::Error ? render(each, text, false) : "";
  }
  return out;
}

std::string text_of(const std::string& path) {
  const auto text = load_contract_text({}, path);
  EXPECT_TRUE(text) << path;
  return text ? *text : std::string();
}

Versions load_versions(const std::string& path) {
  const std::string text = text_of(path);
  const std::size_t cut = text.find("--- # new\n");
  const std::string before = text.substr(0, cut);
  const std::string after = text.substr(cut + 10);
  Versions versions{.before = check_contract(before, "trips.yaml"),
                    .after = check_contract(after, "trips.yaml")};
  EXPECT_EQ(errors_of(versions.before, before), "") << path;
  EXPECT_EQ(errors_of(versions.after, after), "") << path;
  for (std::size_t at = 0; text.substr(at, 2) == "# "; at = text.find('\n', at) + 1) {
    versions.expected += text.substr(at + 2, text.find('\n', at) - at - 1);
  }
  return versions;
}

TreeContract at(const std::string& key, const CheckedContract* checked) {
  return {.key = key, .contract = checked == nullptr ? nullptr : &*checked->contract, .path = key};
}

/// A file of a change of whole contracts says by its kind which side has one, and where.
std::vector<Change> changes_of(const Versions& versions) {
  const CheckedContract* before = &versions.before;
  const CheckedContract* after = &versions.after;
  const auto is_of = [&](std::string_view kind) {
    return versions.expected.find(kind) != std::string::npos;
  };
  using Side = std::vector<TreeContract>;
  if (is_of("contract-added")) {
    return diff_trees(Side{}, Side{at("trips.yaml", after)});
  }
  if (is_of("contract-removed")) {
    return diff_trees(Side{at("trips.yaml", before)}, Side{});
  }
  if (is_of("contract-moved")) {
    return diff_trees(Side{at("old.yaml", before)}, Side{at("new/trips.yaml", after)});
  }
  if (is_of("contract-mended")) {
    return diff_trees(Side{at("trips.yaml", nullptr)}, Side{at("trips.yaml", after)});
  }
  return diff_contracts({*before->contract, "old.yaml"}, {*after->contract, "new.yaml"});
}

TEST(ChangeTest, EveryFileGivesItsChangeAndNoOther) {
  const auto paths = list_contracts("test/contracts/changes");
  ASSERT_TRUE(paths);
  for (const std::string& path : *paths) {
    const Versions versions = load_versions(path);
    std::string found;
    for (const Change& change : changes_of(versions)) {
      found +=
          fmt::format("expect {} {}\nproducers {}, consumers {}\n", change.kind->key, change.path,
                      to_string(change.kind->producers), to_string(change.kind->consumers));
      EXPECT_GT(change.at.line, 0U) << path;
    }
    EXPECT_EQ(found, versions.expected) << path;
  }
}

TEST(ChangeTest, EveryKindHasAFileAndAReason) {
  std::set<std::string_view> keys;
  for (const ChangeKind& kind : change_kinds()) {
    EXPECT_TRUE(keys.insert(kind.key).second) << kind.key;
    EXPECT_FALSE(kind.reason.empty()) << kind.key;
    std::string name(kind.key);
    std::ranges::replace(name, '-', '_');
    EXPECT_TRUE(load_contract_text({}, "test/contracts/changes/" + name + ".yaml")) << name;
  }
  EXPECT_GE(keys.size(), 60U);
}

TEST(ChangeTest, AContractDoesNotDifferFromItself) {
  for (const char* folder : {"test/contracts/changes", "test/contracts/valid"}) {
    const auto paths = list_contracts(folder);
    ASSERT_TRUE(paths) << folder;
    for (const std::string& path : *paths) {
      const std::string text = text_of(path);
      const CheckedContract once = check_contract(text.substr(0, text.find("--- #")), path);
      ASSERT_TRUE(once.contract) << path;
      EXPECT_TRUE(diff_contracts({*once.contract, path}, {*once.contract, path}).empty()) << path;
    }
  }
}

TEST(ChangeTest, AShorthandAndItsLongFormAreNoChange) {
  const auto checked = [](std::string_view rule) {
    return check_contract(fmt::format("version: 1.0.0\ninfo: {{title: T}}\nmodel:\n  fields:\n"
                                      "    - {{name: a, type: int}}\nquality:\n  row_rules:\n"
                                      "    - {}\n",
                                      rule),
                          "t.yaml");
  };
  const auto before = checked("not_null: a");
  const auto after = checked("{name: a_not_null, not_null: {field: a}}  # the same");
  EXPECT_TRUE(diff_contracts({*before.contract, ""}, {*after.contract, ""}).empty());
}

TEST(ChangeTest, AnExceptionLetsItsChangePassAndNoOther) {
  auto changes = changes_of(load_versions("test/contracts/changes/field_removed.yaml"));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(verdict_of(changes), Impact::Breaking);
  auto exceptions = parse_exceptions(
      "allow:\n- {change: field-removed, path: 'model.*.note', reason: unread}\n"
      "- {change: field-removed, path: model.fields.fare, reason: unread}\n",
      "allow.yaml");
  ASSERT_TRUE(exceptions);
  apply_exceptions(*exceptions, changes);
  EXPECT_EQ(changes[0].allowed, "unread");
  EXPECT_EQ(verdict_of(changes), Impact::Safe);
  EXPECT_TRUE((*exceptions)[0].is_used);
  EXPECT_FALSE((*exceptions)[1].is_used);
}

TEST(ChangeTest, ContractsOfAFolderAreComparedOneByOne) {
  const Versions one = load_versions("test/contracts/changes/field_removed.yaml");
  const Versions same = load_versions("test/contracts/changes/title_changed.yaml");
  const std::vector<TreeContract> before{at("a.yaml", &one.before), at("b.yaml", &same.before),
                                         at("c.yaml", &same.before)};
  const std::vector<TreeContract> after{at("a.yaml", &one.after), at("b.yaml", &same.before),
                                        at("d.yaml", &same.before), at("e.yaml", &same.before)};
  std::vector<Change> changes = diff_trees(before, after);
  std::string found;
  for (const Change& change : changes) {
    found += fmt::format("{} {} {}\n", change.contract, change.kind->key, change.path);
  }
  // Two came with the table of the one that went: which of them it is cannot be told.
  EXPECT_EQ(found,
            "a.yaml field-removed model.fields.note\nc.yaml contract-removed contract\n"
            "d.yaml contract-added contract\ne.yaml contract-added contract\n");
  auto exceptions = parse_exceptions(
      "allow:\n- {change: contract-removed, path: contract, reason: old, contract: 'c*'}\n"
      "- {change: field-removed, path: '*', reason: unread, contract: b.yaml}\n",
      "allow.yaml");
  ASSERT_TRUE(exceptions);
  apply_exceptions(*exceptions, changes);
  EXPECT_EQ(changes[0].allowed, "");
  EXPECT_EQ(changes[1].allowed, "old");
  const std::string text = render_changes_text(changes);
  EXPECT_NE(text.find("a.yaml:\nbreaking  model.fields.note"), std::string::npos) << text;
  const std::string json = render_changes_json(changes, "old", "new");
  EXPECT_NE(json.find("\"contract\": \"c.yaml\""), std::string::npos);
}

TEST(ChangeTest, AnExceptionNeedsAReasonAndAKnownChange) {
  EXPECT_FALSE(parse_exceptions("allow:\n- {change: field-removed, path: a}\n", "a.yaml"));
  EXPECT_FALSE(parse_exceptions("allow:\n- {change: gone, path: a, reason: b}\n", "a.yaml"));
  EXPECT_FALSE(parse_exceptions("- {change: field-removed}\n", "a.yaml"));
}

}  // namespace
}  // namespace sluice::contract
