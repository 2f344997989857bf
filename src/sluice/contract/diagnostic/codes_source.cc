// The YAML text itself: SL0001 to SL0099.
#include <array>

#include "sluice/contract/diagnostic/code_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array kCodes{
    CodeInfo{.code = Code::YamlSyntax,
             .slug = "yaml-syntax",
             .severity = Severity::Error,
             .summary = "The text is not YAML at this place.",
             .why = "What follows the place cannot be read, so nothing after it is checked. The "
                    "message is of the YAML scanner; look one line up as well, an open quote or "
                    "bracket is found late.",
             .before = "dataset: \"trips\n",
             .after = "dataset: \"trips\"\n"},
    CodeInfo{.code = Code::TabIndentation,
             .slug = "tab-indentation",
             .severity = Severity::Error,
             .summary = "A line is indented with a tab.",
             .why = "YAML counts blanks; a tab has no width, so the nesting would depend on the "
                    "editor.",
             .before = "quality:\n"
                       "\tenforce_required: true\n",
             .after = "quality:\n"
                      "  enforce_required: true\n"},
    CodeInfo{.code = Code::InvalidUtf8,
             .slug = "invalid-utf8",
             .severity = Severity::Error,
             .summary = "The file holds bytes that are not UTF-8.",
             .why = "A name or a pattern with such bytes would mean different things on different "
                    "machines. Save the file as UTF-8.",
             .before = "",
             .after = ""},
    CodeInfo{.code = Code::ControlCharacter,
             .slug = "control-character",
             .severity = Severity::Error,
             .summary = "The file holds a control character.",
             .why = "Editors do not show it, and a name that holds one never matches a column. "
                    "Write it as an escape in double quotes where it is meant.",
             .before = "",
             .after = ""},
    CodeInfo{.code = Code::DuplicateKey,
             .slug = "duplicate-key",
             .severity = Severity::Error,
             .summary = "A map holds the same key twice.",
             .why = "Most readers keep the last value without a word; the first one, often the one "
                    "that was reviewed, is lost.",
             .before = "dataset: trips\n"
                       "dataset: rides\n",
             .after = "dataset: rides\n"},
    CodeInfo{.code = Code::UnknownAnchor,
             .slug = "unknown-anchor",
             .severity = Severity::Error,
             .summary = "An alias names an anchor that is not defined before it.",
             .why =
                 "An alias (*name) repeats what was marked with &name earlier in the file; a map "
                 "cannot repeat itself.",
             .before = "dataset: *name\n",
             .after = "dataset: &name trips\n"
                      "schedule: \"0 * * * *\"\n"},
    CodeInfo{.code = Code::DocumentTooLarge,
             .slug = "document-too-large",
             .severity = Severity::Error,
             .summary = "The document is larger than a contract may be.",
             .why = "The limit protects those who check contracts of others. Contracts are written "
                    "by people; generated lists belong in a reference file under `links`.",
             .before = "",
             .after = ""},
    CodeInfo{.code = Code::DocumentTooDeep,
             .slug = "document-too-deep",
             .severity = Severity::Error,
             .summary = "The document is nested deeper than a contract may be.",
             .why = "No key of a contract needs this depth; it is a mistake or an attack.",
             .before = "",
             .after = ""},
    CodeInfo{.code = Code::TooManyNodes,
             .slug = "too-many-nodes",
             .severity = Severity::Error,
             .summary = "The document grows too large when its aliases are expanded.",
             .why = "A few lines of nested aliases can stand for billions of values. The limit "
                    "counts what they expand to.",
             .before = "",
             .after = ""},
    CodeInfo{.code = Code::SeveralDocuments,
             .slug = "several-documents",
             .severity = Severity::Error,
             .summary = "The file holds more than one YAML document.",
             .why = "One file is one contract; what stands after `---` would be ignored.",
             .before = "dataset: trips\n"
                       "---\n"
                       "dataset: rides\n",
             .after = "dataset: trips\n"},
    CodeInfo{.code = Code::EmptyDocument,
             .slug = "empty-document",
             .severity = Severity::Error,
             .summary = "The file holds no map.",
             .why = "A contract is a map of keys such as `model` and `quality`.",
             .before = "",
             .after = ""},
    CodeInfo{.code = Code::KeyNotText,
             .slug = "key-not-text",
             .severity = Severity::Error,
             .summary = "A key is a list or a map.",
             .why = "Keys of a contract are words. A `{` or `[` that opens a template, such as "
                    "{name}, must stand in quotes.",
             .before = "metadata:\n"
                       "  [a, b]: 1\n",
             .after = "metadata:\n"
                      "  a: 1\n"},
    CodeInfo{.code = Code::UnknownTag,
             .slug = "unknown-tag",
             .severity = Severity::Error,
             .summary = "A value carries a YAML tag that contracts do not know.",
             .why =
                 "Tags make some readers run code. Contracts know !!str, !!int, !!float, !!bool, "
                 "!!null, !!seq and !!map.",
             .before = "dataset: !python/name trips\n",
             .after = "dataset: trips\n"},
    CodeInfo{.code = Code::BadMergeKey,
             .slug = "bad-merge-key",
             .severity = Severity::Error,
             .summary = "`<<` is given something other than a map or a list of maps.",
             .why = "The merge key copies the entries of a map that was marked with an anchor.",
             .before = "metadata:\n"
                       "  <<: trips\n",
             .after = "metadata:\n"
                      "  owner: trips\n"},
};

}  // namespace

std::span<const CodeInfo> source_codes() { return kCodes; }

}  // namespace sluice::contract::internal
