#include "sluice/contract/diff/exceptions.h"

#include <fmt/format.h>

#include "sluice/contract/source/yaml.h"

namespace sluice::contract {
namespace {

Error refuse(std::string_view path, const Span& span, std::string message) {
  Error error = make_error(ErrorCode::InvalidContract, std::move(message))
                    .with_hint("an entry has the keys change, path, reason and perhaps contract");
  error.at = {.file = std::string(path), .line = span.begin.line, .column = span.begin.column};
  return error;
}

Result<ChangeException> read_exception(const Node& node, std::string_view path) {
  ChangeException exception{.at = {.file = std::string(path),
                                   .line = node.span.begin.line,
                                   .column = node.span.begin.column}};
  for (const Entry& entry : node.entries) {
    std::string* member = entry.key == "change"     ? &exception.change
                          : entry.key == "path"     ? &exception.path
                          : entry.key == "reason"   ? &exception.reason
                          : entry.key == "contract" ? &exception.contract
                                                    : nullptr;
    if (member == nullptr) {
      return refuse(path, entry.key_span, fmt::format("an exception has no key '{}'", entry.key));
    }
    *member = entry.value.text;
  }
  if (exception.change.empty() || exception.path.empty() || exception.reason.empty()) {
    return refuse(path, node.span, "an exception needs a change, a path and a reason");
  }
  if (find_change_kind(exception.change) == nullptr) {
    return refuse(path, node.span,
                  fmt::format("there is no kind of change '{}'", exception.change));
  }
  return exception;
}

/// '*' stands for any text.
bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == text;
  }
  if (!text.starts_with(pattern.substr(0, star))) {
    return false;
  }
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= text.size(); ++at) {
    if (matches(rest, text.substr(at))) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<std::vector<ChangeException>> parse_exceptions(std::string_view text,
                                                      std::string_view path) {
  Diagnostics found{std::string(path)};
  const Document document = read_yaml(text, found);
  if (found.has_errors()) {
    return to_error(found);
  }
  const Node* list = document.root ? document.root->find("allow") : nullptr;
  if (list == nullptr || !list->is_sequence() || document.root->entries.size() != 1) {
    return refuse(path, document.root ? document.root->span : Span{},
                  "expected one key, 'allow', with a list of exceptions");
  }
  std::vector<ChangeException> exceptions;
  for (const Node& item : list->items) {
    SLUICE_TRY(ChangeException exception, read_exception(item, path));
    exceptions.push_back(std::move(exception));
  }
  return exceptions;
}

void apply_exceptions(std::span<ChangeException> exceptions, std::span<Change> changes) {
  for (Change& change : changes) {
    for (ChangeException& exception : exceptions) {
      if (exception.change == change.kind->key && matches(exception.path, change.path) &&
          matches(exception.contract, change.contract)) {
        change.allowed = exception.reason;
        exception.is_used = true;
      }
    }
  }
}

}  // namespace sluice::contract
