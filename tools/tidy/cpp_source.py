"""Just enough C++ for the rules: blanking comments and literals, and finding functions.

The function finder counts braces. It knows scopes (namespace, class, ...), functions, constructors
with initialiser lists, lambdas and brace-initialised tables; it does not know macros that open a
brace and leave it open, which our code has none of.
"""

import re

_OPAQUE = re.compile(
    r'//(?:[^\n\\]|\\.)*'
    r'|/\*.*?\*/'
    r'|\b(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)*'",
    re.DOTALL)
_NOT_NEWLINE = re.compile(r"[^\n]")
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*", re.MULTILINE | re.DOTALL)


def _blank(match):
    text = match.group(0)
    if text[0] == "/":
        return _NOT_NEWLINE.sub(" ", text)
    return '"' + _NOT_NEWLINE.sub(" ", text[1:-1]) + '"'


def mask(text):
    """Comments become spaces, literals become "   "; the length and the line breaks stay."""
    return _OPAQUE.sub(_blank, text)


_GROUP = re.compile(r"\([^()]*\)")
_TEMPLATE = re.compile(r"\btemplate\s*<[^<>]*>")
_ANGLES = re.compile(r"<[^<>]*>")
_OPERATOR = re.compile(r"\boperator\s*(?:\(\)|\[\]|[^\s\w(]+|[\w: ]+[*&]*)")
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*\"[^\"]*\"\s*$")
_LAMBDA = re.compile(r"\]\s*(@\s*)?(mutable\b\s*|noexcept\b\s*|constexpr\b\s*)*(->[^@;=]*)?$")
_MEMBER_INIT = re.compile(r"@[^@]*(?<!:):(?!:).*[\w>]\s*$", re.DOTALL)
_REQUIRES = re.compile(r"\brequires\s*\((?:[^()]|\([^()]*\))*\)")
_ACCESS = re.compile(r"\b(?:public|private|protected)\s*:(?!:)")
_NAME = re.compile(r"(?<![\w~:])(?!(?:requires|noexcept|decltype|alignas|explicit)\b)"
                   r"((?:\w+::)*operator\s*(?:\(\)|[^\s(]+)|[~\w:]+)\s*\(\s*((?:\w+\s*,\s*)?\w*)")


def _collapse(head):
    """'template <class T> void f(int (*g)(int)) const' -> ' void f@ const'."""
    head = _OPERATOR.sub("operator_", head)
    previous = None
    while previous != head:
        previous = head
        head = _GROUP.sub("@", head)
    while previous is not None:
        shorter = _ANGLES.sub("", _TEMPLATE.sub(" ", head))
        previous, head = (head, shorter) if shorter != head else (None, head)
    return re.sub(r"@(\s*@)+", "@", head)


def _classify(head):
    """What a brace after `head` opens: a scope, a function, a lambda, a member, a table."""
    flat = _collapse(head)
    if _LAMBDA.search(flat):
        return "lambda"
    if _SCOPE.search(flat):
        return "scope"
    if "@" not in flat:
        return "table"
    if "=" in flat.split("@")[-1] or re.search(r"=[^@]*@", flat):
        return "table"
    if _MEMBER_INIT.search(flat) and "?" not in flat:
        return "member"
    return "function"


def _name_of(head):
    found = _NAME.search(_REQUIRES.sub(" ", head))
    if not found:
        return "block"
    if found.group(1) in ("TEST", "TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P"):
        return re.sub(r"\s*,\s*", ".", found.group(2))
    return found.group(1)


_STEP = re.compile(r"[{}();]")


def functions(text):
    """(name, first line, last line) of each outermost function body, lines counted from 1."""
    code = _DIRECTIVE.sub(lambda found: _NOT_NEWLINE.sub(" ", found.group(0)), mask(text))
    found = []
    start = 0      # where the head of the next brace begins
    parens = 0
    inside = 0     # open braces of a function, or of what is skipped: an initialiser, an argument
    function = None
    for step in _STEP.finditer(code):
        char, at = step.group(0), step.start()
        if inside:
            inside += {"{": 1, "}": -1}.get(char, 0)
            if not inside and function:
                found.append((*function, code.count("\n", 0, at) + 1))
                function, start = None, at + 1
            continue
        if char == "(":
            parens += 1
        elif char == ")":
            parens -= 1
        elif parens:
            inside = 1 if char == "{" else 0
        elif char == "{":
            head = _ACCESS.sub(lambda label: " " * len(label.group(0)), code[start:at])
            kind = _classify(head)
            if kind == "function":
                first = start + len(head) - len(head.lstrip())
                function = (_name_of(head), code.count("\n", 0, first) + 1)
            elif kind == "lambda":
                function = ("lambda", code.count("\n", 0, start + head.rindex("[")) + 1)
            if kind in ("function", "lambda", "member"):
                inside = 1
            else:
                start = at + 1
        else:
            start = at + 1
    return found
