// What a check found: a list of diagnostics with places, in source order.
// Reading and checking never stop at the first fault and never print: they add here, and the
// command line renders. A diagnostic says what was expected and then what came; run-time values
// stand last and in quotes. The list is bounded (limits::kDiagnosticsMax), so that a hostile
// document cannot fill the memory with complaints; `suppressed` says how many are missing. Not
// thread-safe: one list per check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/contract/diagnostic/code.h"
#include "sluice/contract/diagnostic/span.h"

namespace sluice::contract {

struct Diagnostic {
  Code code = Code::YamlSyntax;
  Severity severity = Severity::Error;
  SourcePosition at;         // column in characters; line 0 when the whole file is meant
  std::uint32_t length = 0;  // characters to underline on the first line
  std::string message;
  std::string suggestion;          // "did you mean 'x'?" or what to do; empty when nothing is near
  bool hides_source_line = false;  // the line holds a secret

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

class Diagnostics {
 public:
  Diagnostics() : Diagnostics(std::string{}) {}
  explicit Diagnostics(std::string path);

  /// Makes another file known; spans with the returned number point into it.
  std::uint32_t add_file(std::string path);

  /// Adds one with the severity of its code.
  Diagnostic& add(Code code, const Span& span, std::string message, std::string suggestion = {});
  Diagnostic& add(Code code, Severity severity, const Span& span, std::string message,
                  std::string suggestion = {});

  /// By file, line and column; equal places keep the order in which they were found. What is said
  /// twice of one place stays once.
  void sort();

  /// Errors of these codes become warnings: what a lenient check lets pass.
  void let_pass(std::span<const Code> codes);

  bool has_errors() const;
  std::size_t count(Severity severity) const;
  std::size_t size() const { return list_.size(); }
  bool is_empty() const { return list_.empty(); }
  /// Found, and left out because the list was full.
  std::size_t suppressed() const { return suppressed_; }
  const std::vector<Diagnostic>& list() const { return list_; }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  std::vector<std::string> files_;
  std::vector<Diagnostic> list_;
  Diagnostic overflow_;
  std::size_t suppressed_ = 0;
  bool overflow_has_error_ = false;
};

/// The first error of the list as an Error with its place, for callers that speak Result.
Error to_error(const Diagnostics& diagnostics);

/// `file:14:12: error[SL0301 unknown-field]: ...`, the source line and a caret under the place.
/// `source` is the text of the file; empty leaves the line out. Control characters are never
/// printed.
std::string render(const Diagnostic& diagnostic, std::string_view source, bool colour);

/// One JSON object: code, slug, severity, file, line, column, length, message, suggestion.
std::string render_json(const Diagnostic& diagnostic);

/// A JSON array of all of them.
std::string render_json(const Diagnostics& diagnostics);

}  // namespace sluice::contract
