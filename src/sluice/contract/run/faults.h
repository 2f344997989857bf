// What a run says when it cannot go on, in words for the person who started it: the mistakes of a
// contract, files that cannot be read, a stop that was asked for.
// Pure functions; safe from any thread.
#pragma once

#include <span>
#include <string>

#include "sluice/base/result.h"
#include "sluice/contract/diagnostic/diagnostic.h"

namespace sluice::contract {

/// The first mistake; where it has no advice of its own, how to see them all.
Error refusal(const Diagnostics& diagnostics, const std::string& path);

/// A place that the contract names and that no run reads is the contract's fault.
Error as_contract_error(Error error, const SourcePosition& at);

/// What the engine calls an invalid argument while it reads is in the files, not in the caller's
/// words.
Status as_input_error(Status status);

/// A value that the target's type does not hold is a fault of the rows.
Error as_write_fault(Error error);

/// Of a contract whose script reads the source: no option keeps lines apart from it.
Error of_whole_records(Error error);

/// Without the engine's own words, which may hold values. What is told of them is which of `files`
/// they name, the line where a fixed text of the engine says it, and what the system answered.
Error without_values(Error error, std::span<const std::string> files);

/// A stop before anything was committed. A commit that was sent is settled first, so this is sure.
Error stopped(const std::string& path);

}  // namespace sluice::contract
