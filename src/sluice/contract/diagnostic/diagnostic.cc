#include "sluice/contract/diagnostic/diagnostic.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sluice/base/limits.h"

namespace sluice::contract {
namespace {

/// Characters to underline: to the end of the span, or to the end of its first line.
std::uint32_t underline_length(const Span& span) {
  if (!span.is_written()) {
    return 0;
  }
  if (span.end.line == span.begin.line && span.end.column > span.begin.column) {
    return span.end.column - span.begin.column;
  }
  return 1;
}

}  // namespace

Diagnostics::Diagnostics(std::string path) { files_.push_back(std::move(path)); }

std::uint32_t Diagnostics::add_file(std::string path) {
  files_.push_back(std::move(path));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

Diagnostic& Diagnostics::add(Code code, const Span& span, std::string message,
                             std::string suggestion) {
  return add(code, info_of(code).severity, span, std::move(message), std::move(suggestion));
}

Diagnostic& Diagnostics::add(Code code, Severity severity, const Span& span, std::string message,
                             std::string suggestion) {
  Diagnostic diagnostic{.code = code,
                        .severity = severity,
                        .at = {.file = files_[span.file < files_.size() ? span.file : 0],
                               .line = span.begin.line,
                               .column = span.begin.column},
                        .length = underline_length(span),
                        .message = std::move(message),
                        .suggestion = std::move(suggestion)};
  if (list_.size() >= limits::kDiagnosticsMax) {
    ++suppressed_;
    overflow_has_error_ = overflow_has_error_ || severity == Severity::Error;
    overflow_ = std::move(diagnostic);
    return overflow_;
  }
  return list_.emplace_back(std::move(diagnostic));
}

void Diagnostics::sort() {
  std::stable_sort(list_.begin(), list_.end(), [](const Diagnostic& left, const Diagnostic& right) {
    return std::tie(left.at.file, left.at.line, left.at.column) <
           std::tie(right.at.file, right.at.line, right.at.column);
  });
  // What stands above a contract is judged by itself and as part of the contract: said once.
  std::vector<Diagnostic> kept;
  kept.reserve(list_.size());
  for (Diagnostic& each : list_) {
    bool is_said = false;
    for (auto said = kept.rbegin(); said != kept.rend() && said->at == each.at && !is_said;
         ++said) {
      is_said = said->code == each.code && said->message == each.message;
    }
    if (!is_said) {
      kept.push_back(std::move(each));
    }
  }
  list_ = std::move(kept);
}

void Diagnostics::let_pass(std::span<const Code> codes) {
  for (Diagnostic& each : list_) {
    const bool passes = std::find(codes.begin(), codes.end(), each.code) != codes.end();
    if (passes && each.severity == Severity::Error) {
      each.severity = Severity::Warning;
    }
  }
}

bool Diagnostics::has_errors() const { return overflow_has_error_ || count(Severity::Error) > 0; }

std::size_t Diagnostics::count(Severity severity) const {
  return static_cast<std::size_t>(
      std::count_if(list_.begin(), list_.end(),
                    [severity](const Diagnostic& each) { return each.severity == severity; }));
}

Error to_error(const Diagnostics& diagnostics) {
  for (const Diagnostic& each : diagnostics) {
    if (each.severity == Severity::Error) {
      Error error = make_error(ErrorCode::InvalidContract, each.message);
      error.at = each.at;
      error.hint = each.suggestion;
      return error;
    }
  }
  return make_error(ErrorCode::Internal, "an error was asked of diagnostics that hold none");
}

}  // namespace sluice::contract
