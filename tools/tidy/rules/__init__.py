"""The table of rules. A rule is a module with NAME, HOLDS (one line) and check(repository), which
yields Findings. Adding one: a module here, a line below, a good and a bad sample in test_tidy.py.
"""

from rules import (ascii, cmake_deps, code_map, decisions, guarantees, headers, layers, links,
                   markers, names, places, sizes)

RULES = [layers, cmake_deps, headers, sizes, names, ascii, markers, places, code_map, guarantees,
         decisions, links]
