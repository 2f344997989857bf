// Text files in other encodings than UTF-8, made into UTF-8 before the engine reads them: its own
// decoders take a UTF-16 file of the other byte order for an empty one. What is no text in the
// encoding becomes a byte that is no UTF-8 (0xFF), so that the reader meets it in its line and the
// policy for rows in error decides; nothing is replaced or left out. Pure but for the two files.
#pragma once

#include <string>

#include "sluice/base/result.h"
#include "sluice/contract/model/text_encoding.h"

namespace sluice::contract {

/// Copies `path` to `to` as UTF-8 without a byte order mark. `Utf16` is a file that begins with
/// one: DataRejected without, since nobody knows its byte order.
Status convert_to_utf8(const std::string& path, TextEncoding encoding, const std::string& to);

}  // namespace sluice::contract
