// The maskings that need no cipher, and from a mask to the function that an engine calls.
// What is masked once stays as it is when it is masked again. Pure functions; texts are UTF-8, and
// a character is never cut.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sluice/engine/engine.h"
#include "sluice/masking/vault.h"
#include "sluice/plan/masking.h"

namespace sluice::masking {

inline constexpr std::string_view kRedacted = "***REDACTED***";

/// Most of the text starred out. `format`: empty (told by the text), "email", "phone",
/// "credit_card", or a template with {first1}..{first9}, {last1}..{last9} and {domain}. A format
/// that would leave more than half of the characters stars out all of them.
std::string mask_partial(std::string_view text, std::string_view format);

/// Hash and encrypt need keys; the others work without.
bool needs_key(plan::MaskKind kind);

/// A function for SQL of this name. `vault` may be null for kinds that need no key.
engine::TextFunction make_mask_function(std::string name, const plan::ColumnMask& mask,
                                        std::shared_ptr<const Vault> vault);

/// Functions that seal a text and open what was sealed. An empty vault is an error of the first
/// call.
engine::TextFunction make_seal_function(std::string name, std::shared_ptr<const Vault> vault);
engine::TextFunction make_open_function(std::string name, std::shared_ptr<const Vault> vault);

}  // namespace sluice::masking
