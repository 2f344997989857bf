// The records of an XML file as JSON lines, for an engine that reads no XML. A record is an element
// of the tag that is asked for, at any depth; without one the repeated children of the root. Each
// of its children and attributes is a column without namespace: a text, or where it has children of
// its own, or comes more than once, JSON as text. No DTD is read and no entity but XML's own is
// known, so nothing outside the file is reached and nothing multiplies. Works in one pass over the
// bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::contract {

/// Gives each record as one line of JSON to `take`. Corrupt, with the line: it is not well-formed.
/// DataRejected: without `row_tag` nobody can tell what a record is, or there is content and no
/// record of that name.
Status read_xml_records(std::string_view xml, const std::string& row_tag,
                        const std::function<Status(std::string_view json)>& take);

/// The file at `path` into one of JSON lines at `to`. It may be in each encoding that a text may,
/// as its byte order mark or its first line says.
Status convert_xml_file(const std::string& path, const std::string& row_tag, const std::string& to);

}  // namespace sluice::contract
