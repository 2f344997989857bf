"""Each rule finds its bad sample and is silent about the good one.

    python3 -m unittest discover -s tools/tidy -p 'test_*.py'
"""

import textwrap
import unittest

import cpp_source
from repository import Repository
from rules import (RULES, ascii, cmake_deps, code_map, decisions, guarantees, headers, layers,
                   links, markers, names, places, sizes)

LAYERS = """
[includes]
base = []
plan = ["base"]
engine = ["plan"]
"engine/suite" = ["engine"]
"engine/fake" = ["engine"]
"engine/duckdb" = ["engine"]
run = ["engine"]
orm = ["run"]
contract = ["run"]
[siblings]
doors = ["orm", "contract"]
engines = ["engine/fake", "engine/duckdb"]
[[heavy]]
include = "regex"
instead = "RE2"
[[heavy]]
include = "json/"
except = ["json/fwd.hpp"]
instead = "name it only"
[[heavy]]
include = "arrow/"
instead = "the C structs"
[[heavy]]
include = "duckdb.h"
instead = "hide it"
internal = true
"""


def find(rule, **files):
    return find_in(rule, files)


def find_in(rule, files):
    """Messages of one rule over a repository of these files."""
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    return [str(finding) for finding in rule.check(Repository(texts))]


class RuleTest(unittest.TestCase):
    def assert_clean(self, rule, files):
        self.assertEqual(find_in(rule, files), [])

    def assert_finds(self, rule, files, *parts):
        found = find_in(rule, files)
        self.assertTrue(found, "expected a finding")
        for part in parts:
            self.assertIn(part, "\n".join(found))


class LayersTest(RuleTest):
    def check(self, path, line):
        return find_in(layers, {layers.TABLE: LAYERS, path: line + "\n"})

    def test_lower_folders_and_their_lower_folders_are_seen(self):
        for name in ("base/error.h", "plan/expr.h", "engine/engine.h", "run/write.h"):
            self.assertEqual(self.check("src/sluice/run/x.cc", f'#include "sluice/{name}"'), [])

    def test_a_higher_folder_is_not_seen(self):
        found = self.check("src/sluice/plan/x.cc", '#include "sluice/run/write.h"')
        self.assertIn("src/sluice/plan/x.cc:1: layers: 'plan' may not include 'run'", found[0])

    def test_siblings_do_not_see_each_other(self):
        for path, name in (("src/sluice/engine/fake/x.cc", "engine/duckdb/duckdb.h"),
                           ("src/sluice/contract/x.cc", "orm/model.h"),
                           ("src/sluice/contract/x_test.cc", "orm/model.h")):
            self.assertIn("sibling", self.check(path, f'#include "sluice/{name}"')[0])

    def test_tests_see_every_folder_below_and_a_port_its_implementations(self):
        include = '#include "sluice/engine/fake/fake.h"'
        self.assertEqual(self.check("src/sluice/run/write_test.cc", include), [])
        self.assertEqual(self.check("src/sluice/engine/engine_test.cc", include), [])
        self.assertEqual(self.check("src/sluice/engine/suite/suite_test.cc", include), [])
        self.assertTrue(self.check("src/sluice/run/write.cc", include))
        self.assertTrue(self.check("src/sluice/engine/engine.cc", include))

    def test_heavy_headers_stay_in_sources(self):
        self.assertEqual(self.check("src/sluice/base/x.cc", "#include <regex>"), [])
        self.assertIn("RE2", self.check("src/sluice/base/x.h", "#include <regex>")[0])
        self.assertIn("C structs", self.check("src/sluice/base/x.h", "#include <arrow/api.h>")[0])
        self.assertIn("name it", self.check("src/sluice/base/x.h", "#include <json/json.hpp>")[0])
        self.assertEqual(self.check("src/sluice/base/x.h", "#include <json/fwd.hpp>"), [])
        self.assertIn("RE2", self.check("test/x.h", "#include <regex>")[0])
        duckdb = "#include <duckdb.h>"
        self.assertEqual(self.check("src/sluice/engine/duckdb/x_internal.h", duckdb), [])
        self.assertTrue(self.check("src/sluice/engine/duckdb/x.h", duckdb))

    def test_internal_headers_stay_in_their_folder(self):
        include = '#include "sluice/engine/result_internal.h"'
        self.assertEqual(self.check("src/sluice/engine/duckdb/x.cc", include), [])
        self.assertIn("internal to 'engine'", self.check("src/sluice/run/x.cc", include)[0])

    def test_paths_are_full_and_comments_do_not_count(self):
        self.assertIn("full path", self.check("src/sluice/base/x.cc", '#include "error.h"')[0])
        self.assertEqual(self.check("src/sluice/base/x.cc", '// #include "sluice/run/x.h"'), [])

    def test_a_folder_must_be_listed(self):
        self.assertIn("not in tools/tidy/layers.toml", self.check("src/sluice/new/x.cc", "")[0])

    def test_a_broken_table_is_a_finding(self):
        twice = {layers.TABLE: "[includes]\nbase = []\nbase = []\n", cmake_deps.FILE: ""}
        self.assert_finds(layers, twice, "cannot be read")
        self.assert_clean(cmake_deps, twice)

    def test_the_table_itself_is_held_to_its_order(self):
        upside_down = "[includes]\nplan = [\"base\"]\nbase = []\n"
        self.assert_finds(layers, {layers.TABLE: upside_down}, "not listed above")
        brothers = "[includes]\nx = []\ny = [\"x\"]\n[siblings]\ng = [\"x\", \"y\"]\n"
        self.assert_finds(layers, {layers.TABLE: brothers}, "sibling")


class CmakeDepsTest(RuleTest):
    def check(self, cmake, *paths):
        files = {layers.TABLE: LAYERS, cmake_deps.FILE: cmake, **{path: "" for path in paths}}
        return "\n".join(find_in(cmake_deps, files))

    def test_agreement_is_silent(self):
        text = """\
            # sluice_module(ghost DEPS nothing)
            sluice_module(base LIBS fmt::fmt)
            sluice_module(plan DEPS base)
            sluice_module(engine DEPS plan
                          TEST_DEPS engine/fake)
            sluice_module(orm DEPS engine)
            """
        self.assertEqual(self.check(text, "src/sluice/base/x.cc", "src/sluice/engine/x.h"), "")

    def test_disagreement_is_found(self):
        self.assertIn("says [base]", self.check("sluice_module(base)\nsluice_module(plan)\n"))
        self.assertIn("says []", self.check("sluice_module(plan)\nsluice_module(base DEPS plan)\n"))
        self.assertIn("not in", self.check("sluice_module(new)\n"))
        self.assertIn("declared after", self.check("sluice_module(plan DEPS base)\n"))
        self.assertIn("no sluice_module(plan", self.check("sluice_module(base)\n",
                                                          "src/sluice/plan/x.cc"))
        self.assertIn("may not stand on 'run'", self.check("sluice_module(base TEST_DEPS run)\n"))


class HeadersTest(RuleTest):
    GOOD = "// What.\n// Why.\n// Who owns what.\n#pragma once\n\nnamespace sluice {}\n"

    def test_a_header_that_introduces_itself_is_fine(self):
        self.assert_clean(headers, {"a.h": self.GOOD, "a.cc": "using namespace std;\n",
                                    "b_internal.h": "// What.\n#pragma once\n"})

    def test_too_little_too_much_and_no_guard_are_found(self):
        self.assert_finds(headers, {"a.h": "// What.\n#pragma once\n"}, "1 lines of comment")
        self.assert_finds(headers, {"a.h": "// x\n" * 16 + "#pragma once\n"}, "16 lines of comment")
        self.assert_finds(headers, {"a.h": "// x\n" * 3 + "int x;\n"}, "a.h:4", "#pragma once")

    def test_using_namespace_is_found_in_code_only(self):
        self.assert_finds(headers, {"a.h": self.GOOD + "using  namespace std;\n"}, "a.h:7")
        self.assert_clean(headers, {"a.h": self.GOOD + "// using namespace std;\n"})


class SizesTest(RuleTest):
    def test_what_fits_is_fine(self):
        self.assert_clean(sizes, {"a.h": "\n" * 400, "a.cc": "\n" * 700, "a_test.cc": "\n" * 500,
                                  "b.cc": "x" * 100 + "\n", "long.md": "x" * 300 + "\n"})

    def test_what_does_not_is_found(self):
        self.assert_finds(sizes, {"a.h": "\n" * 401}, "header of 401 lines")
        self.assert_finds(sizes, {"a.cc": "\n" * 701}, "source of 701 lines")
        self.assert_finds(sizes, {"a_test.cc": "\n" * 501}, "test of 501 lines")
        self.assert_finds(sizes, {"test_a.py": "\n" * 501}, "test of 501 lines")
        self.assert_finds(sizes, {"a.cc": "\n" + "x" * 101 + "\n"}, "a.cc:2", "101 columns")

    def test_a_folder_has_20_subjects_and_cases_are_data(self):
        files = {f"src/f{i}.cc": "" for i in range(20)}
        files |= {f"src/f{i}_test.cc": "" for i in range(9)} | {"src/f1.h": ""}
        self.assert_clean(sizes, files | {f"test/must_not_compile/{i}.cc": "" for i in range(30)})
        self.assert_finds(sizes, files | {"src/g.h": ""}, "folder 'src' holds 21 subjects")

    def test_a_function_may_have_70_lines(self):
        self.assert_clean(sizes, {"a.cc": "void f() {\n" + "  g();\n" * 68 + "}\n"})
        self.assert_finds(sizes, {"a.cc": "\nvoid f() {\n" + "  g();\n" * 69 + "}\n"},
                          "a.cc:2: sizes: function 'f' of 71 lines")
        self.assert_finds(sizes, {"a.py": "def f():\n" + "    g()\n" * 70}, "function 'f' of 71")


class FunctionFinderTest(unittest.TestCase):
    def spans(self, text):
        return cpp_source.functions(textwrap.dedent(text))

    def test_functions_methods_and_tests(self):
        self.assertEqual(self.spans("""\
            namespace sluice {
            template <class T = std::vector<int>>
              requires(sizeof(T) == 8)
            Result<T> Session::open(const TableId& id = {}) const&& noexcept -> Result<T> {
              if (id) { return {}; }
            }
            class Port final : public Base<int(int)> {
             public:
              bool operator==(const Port&) const { return true; }
              explicit operator bool() const { return true; }
              void operator()(int x) {
                call([&] { x; });
              }
            };
            TEST(Suite, Name) {
            }
            extern "C" {
            int c_function(void) {
            }
            }
            }  // namespace sluice
            """), [("Session::open", 2, 6), ("operator==", 9, 9), ("operator bool", 10, 10),
                   ("operator()", 11, 13), ("Suite.Name", 15, 16), ("c_function", 18, 19)])

    def test_a_constructor_is_its_body_not_its_initialisers(self):
        self.assertEqual(self.spans("""\
            Failure::Failure(Error error)
                : error_{std::move(error)}, Base<int>{1}, text_(to_string({error_})) {
              f();
            }
            Empty::Empty() : a_{1} {}
            """), [("Failure::Failure", 1, 4), ("Empty::Empty", 5, 5)])

    def test_tables_are_no_functions_but_lambdas_in_them_are(self):
        self.assertEqual(self.spans("""\
            constexpr std::array kNames{"a", "{", 'b'};
            const RuleKind kRange = {
                .key = "range",
                .lower = [](const Node& node) -> Result<Expr> {
                  return f(node);
                },
            };
            int number = call(Options{.a = 1}, [] { return 2; });
            """), [("lambda", 4, 6)])

    def test_comments_literals_and_directives_do_not_count(self):
        self.assertEqual(self.spans('''\
            // void f() {
            /* void g() { */
            #define OPEN(x) \\
              void x() {
            const char* text = R"sql({ ) " { )sql";
            int separated = 1'000'000;
            char brace = '{';
            void h() {
            }
            '''), [("h", 8, 9)])


class NamesTest(RuleTest):
    def test_names_that_say_something_are_fine(self):
        self.assert_clean(names, {"src/sluice/base/commonmark.h": "class Commons_ness;\n",
                                  "src/a.cc": "// class FooUtil {\nclass Gate {};\n"})

    def test_empty_names_are_found(self):
        for path in ("src/sluice/base/string_util.h", "src/sluice/common/x.h", "tools/helpers.py"):
            self.assert_finds(names, {path: ""}, "in a path")
        for line in ("class TableManager {", "struct IoHelper final : X {", "using FooUtils = int;",
                     "namespace sluice::util {", "enum class Misc : int {",
                     "concept Common = true;"):
            self.assert_finds(names, {"src/a.h": "\n" + line + "\n"}, "src/a.h:2")
        self.assert_finds(names, {"tools/a.py": "class Helper:\n"}, "tools/a.py:1")


class AsciiTest(RuleTest):
    def test_ascii_is_fine_and_data_is_not_looked_at(self):
        self.assert_clean(ascii, {"a.cc": "x\n", "test/data.jsonl": "\u00e9\t"})

    def test_other_characters_are_found(self):
        self.assert_finds(ascii, {"a.cc": "\nint \u00e9;\n"}, "a.cc:2", "U+00E9")
        self.assert_finds(ascii, {"a.md": "a \u2013 b\n"}, "U+2013")
        self.assert_finds(ascii, {"a.h": "int\tx;\n"}, "a tab")
        self.assert_finds(ascii, {"a.h": "int x;"}, "newline")


class MarkersTest(RuleTest):
    LATER = "TO" "DO"

    def test_finished_code_is_fine(self):
        self.assert_clean(markers, {"a.cc": 'mkdtemp("sluice-XXXXXX"); todo_list();\n'
                                            'GTEST_SKIP() << "no java";\n',
                                    "a.py": '@unittest.skip("why")\n'})

    def test_notes_for_later_are_found(self):
        self.assert_finds(markers, {"a.cc": f"\n// {self.LATER}: more\n"}, "a.cc:2")
        self.assert_finds(markers, {"a.py": "# FIX" "ME\n"}, "a.py:1")

    def test_tests_that_do_not_run_are_found(self):
        self.assert_finds(markers, {"a_test.cc": "TEST(A, DISABLED" "_B) {}\n"}, "never runs")
        self.assert_finds(markers, {"a_test.cc": "GTEST_SKIP();\n"}, "without a reason")
        self.assert_finds(markers, {"a.py": "@unittest.skip" "\ndef f(): pass\n"}, "a reason")


class PlacesTest(RuleTest):
    def test_relative_paths_and_other_hosts_are_fine(self):
        self.assert_clean(places, {"a.md": "`~/.cache/x`, $ROOT/work/x, src/home/x, http://a/\n",
                                   "Cargo.lock": "registry+https://x/crates." "io-index\n"})

    def test_places_of_one_machine_are_found(self):
        for text in ("/wo" "rk/main", '"/ro' 'ot/x"', "--dir=/ho" "me/me"):
            self.assert_finds(places, {"a.txt": text}, "one machine")
        for host in ("py" "pi.org", "registry.npm" "js.org", "index.crates." "io"):
            self.assert_finds(places, {"a.toml": f"url = \"https://{host}/x\"\n"}, "registry")


class CodeMapTest(RuleTest):
    GOOD = """\
        # Architecture
        ## Code map
        ### `base/`
        What. **Invariant:** a. **Boundary:** b.
        ### `storage/file/`, `storage/memory/`
        **Invariant:** a.
        **Boundary:** b.
        ## Top-level folders
        * `src/`, `test/`: code
        ## Else
        ### `not/a/folder/`
        """
    FILES = {"src/sluice/base/x.h": "", "src/sluice/storage/file/x.h": "",
             "src/sluice/storage/memory/x.h": "", "test/x.cc": "", "src/sluice/CMakeLists.txt": "",
             ".ci/run": ""}

    def test_the_map_of_what_exists_is_fine(self):
        self.assert_clean(code_map, {"ARCHITECTURE.md": self.GOOD, **self.FILES})

    def test_missing_and_dead_folders_are_found(self):
        more = {"src/sluice/run/x.h": "", "bench/x.cc": ""}
        self.assert_finds(code_map, {"ARCHITECTURE.md": self.GOOD, **self.FILES, **more},
                          "folder 'run' of src/sluice/ is missing", "folder 'bench' at the top")
        self.assert_finds(code_map, {"ARCHITECTURE.md": self.GOOD, "src/sluice/base/x.h": ""},
                          "'storage/file' of src/sluice/ does not", "'test' at the top does not")

    def test_a_folder_without_its_two_lines_is_found(self):
        text = self.GOOD.replace("**Boundary:** b.\n        ## Top", "\n        ## Top")
        self.assert_finds(code_map, {"ARCHITECTURE.md": text, **self.FILES},
                          "'storage/memory' has no")

    def test_it_stays_readable(self):
        self.assert_finds(code_map, {"ARCHITECTURE.md": self.GOOD + "\n" * 250, **self.FILES},
                          "at most 250")
        self.assert_finds(code_map, {"a.md": ""}, "no ARCHITECTURE.md")


class GuaranteesTest(RuleTest):
    TESTS = {"src/x_test.cc": """\
                TEST(Ledger, AddsUp) {
                }
                TEST_P(StorageSuite, PutIfAbsent) {
                  if (!server) GTEST_SKIP() << "no server";
                }
                // TEST(Ledger, OnlyInAComment) {
                """,
             "test/crash/test_sweep.py": "class Sweep:\n    def test_all(self):\n        pass\n"
                                         "    @unittest.skip('slow')\n    def test_slow(self):\n"
                                         "        pass\n"}

    def check(self, proof):
        text = "# Guarantees\n\n"
        text += "".join(f"{i}. Something. (not yet proved)\n" for i in range(1, 9))
        text += f"9. The last\n   and {proof}.\n"
        return "\n".join(find_in(guarantees, {guarantees.FILE: text, **self.TESTS}))

    def test_tests_that_exist_are_proofs(self):
        self.assertEqual(self.check("proved by `Ledger.AddsUp`"), "")
        both = "proved by `Ledger.AddsUp`,\n   `test/crash/test_sweep.py::test_all`"
        self.assertEqual(self.check(both), "")
        self.assertEqual(self.check("not yet proved"), "")

    def test_anything_else_is_none(self):
        self.assertIn("neither names", self.check("surely true"))
        self.assertIn("no test 'Ledger.Gone'",
                      self.check("proved by `Ledger.AddsUp`, `Ledger.Gone`"))
        self.assertIn("no test", self.check("proved by `Ledger.OnlyInAComment`"))
        self.assertIn("can be skipped", self.check("proved by `StorageSuite.PutIfAbsent`"))
        self.assertIn("can be skipped",
                      self.check("proved by `test/crash/test_sweep.py::test_slow`"))
        self.assertIn("no test 'x'", self.check("proved by `test/crash/test_sweep.py::x`"))
        self.assertIn("no such file", self.check("proved by `test/gone.py::x`"))

    def test_all_nine_are_there(self):
        self.assert_finds(guarantees, {guarantees.FILE: "1. One, not yet proved\n"}, "there are 9")
        self.assert_finds(guarantees, {"a.md": ""}, "no docs/guarantees.md")


class DecisionsTest(RuleTest):
    def test_short_numbered_pages_are_fine(self):
        self.assert_clean(decisions, {"docs/decisions/001-one-core.md": "x\n" * 30,
                                      "docs/decisions/002-two.md": ""})

    def test_gaps_lengths_and_other_names_are_found(self):
        self.assert_finds(decisions, {"docs/decisions/002-two.md": ""}, "the next is 001")
        self.assert_finds(decisions, {"docs/decisions/001-one.md": "x\n" * 31}, "31 lines")
        self.assert_finds(decisions, {"docs/decisions/One.md": ""}, "rename")


class LinksTest(RuleTest):
    def check(self, link):
        return "\n".join(find_in(links, {"docs/a.md": link + "\n# Here and `There`\n",
                                         "src/x.h": "", "README.md": "## The end\n"}))

    def test_links_that_lead_somewhere_are_fine(self):
        for link in ("[x](../src/x.h)", "[x](../src/)", "[x](#here-and-there)",
                     "[x](../README.md#the-end)",
                     "[x](https://example.com/a)", "`[x](gone.md)`", "```\n[x](gone.md)\n```"):
            self.assertEqual(self.check(link), "", link)

    def test_dead_links_are_found(self):
        for link in ("[x](gone.md)", "[x](../src/y.h)", "[x](#gone)", "[x](../README.md#gone)"):
            self.assertIn("docs/a.md:1", self.check(link), link)


class TableTest(unittest.TestCase):
    def test_every_rule_says_what_it_holds(self):
        self.assertEqual(len({rule.NAME for rule in RULES}), len(RULES))
        for rule in RULES:
            self.assertTrue(rule.HOLDS)


if __name__ == "__main__":
    unittest.main()
