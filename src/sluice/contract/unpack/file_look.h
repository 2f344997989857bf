// A first look at a file, before an engine reads it: whether it is there and whole, and whether its
// first and last bytes are those of what the source says that it is. So a file that was cut off,
// renamed or written in another encoding is an error that says what was seen, and never rows that
// nobody meant. Of a gzip file all is unpacked once and its checksum compared, and the blocks of a
// zstd file are counted to the last: an engine takes what is there for all there is. Reads the file
// and writes nothing; safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/contract/model/text_encoding.h"

namespace sluice::contract {

enum class SaidToBe : std::uint8_t { Csv, FixedWidth, Json, Parquet, Xml, Workbook, Arrow };

struct Claim {
  SaidToBe kind = SaidToBe::Csv;
  /// Of a text, as it is written in the contract.
  TextEncoding encoding = TextEncoding::Utf8;
  /// What cannot be taken apart is kept apart, line by line: a text may begin with anything.
  bool keeps_bad_lines = false;
};

/// `told` is how people know the file, and what its ending is looked for in.
/// NotFound, Unauthorized: it cannot be opened. Corrupt: it was cut off. DataRejected: it is
/// something else. Unsupported: something that nothing here reads.
Status check_content(const std::string& path, const std::string& told, const Claim& claim);

/// Begins with the byte order mark of UTF-8, or with one of the two of UTF-16.
bool has_utf8_mark(const std::string& path);
bool has_utf16_mark(const std::string& path);

}  // namespace sluice::contract
