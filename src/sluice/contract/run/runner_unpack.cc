// Source files that the engine does not read, as ones that it does: members of a zip, the records
// of XML files, the rows of spreadsheets and of Arrow files, text in other encodings than UTF-8.
#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "sluice/base/assert.h"
#include "sluice/base/overloaded.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/contract/unpack/arrow_file.h"
#include "sluice/contract/unpack/csv_comments.h"
#include "sluice/contract/unpack/file_look.h"
#include "sluice/contract/unpack/inflate.h"
#include "sluice/contract/unpack/utf8_copy.h"
#include "sluice/contract/unpack/xlsx_records.h"
#include "sluice/contract/unpack/xml_records.h"
#include "sluice/contract/unpack/zip_file.h"
#include "sluice/dialect/quote.h"

namespace sluice::contract::internal {
namespace {

std::string lower_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

bool is_zip(std::string_view path) { return lower_name(path).ends_with(".zip"); }

bool is_arrow(std::string_view path) {
  constexpr std::array<std::string_view, 4> kEndings{".arrow", ".arrows", ".feather", ".ipc"};
  const std::string name = lower_name(path);
  return std::ranges::any_of(kEndings, [&](std::string_view one) { return name.ends_with(one); });
}

/// Files that are made into records here, by their ending or by the format that is declared.
enum class Made : std::uint8_t { No, OfXml, OfSheet, OfArrow };

std::string without_packing(std::string_view path) {
  std::string name = lower_name(path);
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) {
      name.resize(name.size() - packed.size());
    }
  }
  return name;
}

/// Rows of an Arrow file become Parquet, records of the others JSON lines: a declared format that
/// is read otherwise wins over the ending.
Made made_of(std::string_view path, std::optional<SourceFormat> format) {
  const std::string name = without_packing(path);
  const bool is_json = format == SourceFormat::Json || format == SourceFormat::Ndjson ||
                       format == SourceFormat::Jsonl;
  if (format == SourceFormat::Xml || (name.ends_with(".xml") && (!format || is_json))) {
    return Made::OfXml;
  }
  if (format == SourceFormat::Xlsx || format == SourceFormat::Excel ||
      (name.ends_with(".xlsx") && (!format || is_json))) {
    return Made::OfSheet;
  }
  const bool is_of_rows = !format || format == SourceFormat::Parquet;
  return format == SourceFormat::Arrow || (is_arrow(name) && is_of_rows) ? Made::OfArrow : Made::No;
}

bool is_text(SourceFormat format) {
  return format == SourceFormat::Csv || format == SourceFormat::Tsv ||
         format == SourceFormat::FixedWidth;
}

/// A gzip file, unpacked beside the others.
Status gunzip_file(const std::string& path, const std::string& to) {
  constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 30;
  std::stringstream packed;
  packed << std::ifstream(path, std::ios::binary).rdbuf();
  SLUICE_TRY_IN(const std::string text, gunzip(packed.view(), kBytesMax),
                fmt::format("unpacking '{}'", path));
  std::ofstream out(to, std::ios::binary);
  out << text;
  out.close();
  return out ? Status{}
             : make_error(ErrorCode::ResourceExhausted, "the temporary folder has no room")
                   .with_hint("unpack the files yourself, or make room");
}

/// A copy without the byte order mark.
Result<std::string> without_mark(const std::string& path, std::string to) {
  constexpr std::streamoff kMarkBytes = 3;
  std::ifstream in(path, std::ios::binary);
  in.seekg(kMarkBytes);
  std::ofstream out(to, std::ios::binary);
  out << in.rdbuf();
  out.close();
  return out ? Result<std::string>(std::move(to))
             : make_error(ErrorCode::ResourceExhausted, "the temporary folder has no room")
                   .with_hint("write the file without its byte order mark, or make room");
}

/// A README beside the data is no data: of a format those of its ending are.
bool has_ending_of(std::string_view member, std::optional<SourceFormat> format) {
  const std::string name = lower_name(member);
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  if (!format) {
    return ends(".xml") || ends(".xlsx") || is_arrow(name) || format_of_file(name).has_value();
  }
  switch (*format) {
    case SourceFormat::Csv: return ends(".csv");
    case SourceFormat::Tsv: return ends(".tsv");
    case SourceFormat::Json: return ends(".json");
    case SourceFormat::Ndjson:
    case SourceFormat::Jsonl: return ends(".ndjson") || ends(".jsonl");
    case SourceFormat::Parquet: return ends(".parquet") || ends(".pq");
    case SourceFormat::Xml: return ends(".xml");
    case SourceFormat::Xlsx:
    case SourceFormat::Excel: return ends(".xlsx");
    case SourceFormat::Arrow: return is_arrow(name);
    case SourceFormat::FixedWidth:
    case SourceFormat::Xls:
    case SourceFormat::Avro:
    case SourceFormat::Delta:
    case SourceFormat::Iceberg:
    case SourceFormat::Pdf:
    case SourceFormat::Docx:
    case SourceFormat::Pptx:
    case SourceFormat::Html:
    case SourceFormat::Image: return true;
  }
  return true;
}

/// Of the ending, else of the format; empty: nothing reads such a file, which the lowering says.
std::optional<SaidToBe> said_to_be(std::string_view told, std::optional<SourceFormat> format) {
  switch (made_of(told, format)) {
    case Made::OfXml: return SaidToBe::Xml;
    case Made::OfSheet: return SaidToBe::Workbook;
    case Made::OfArrow: return SaidToBe::Arrow;
    case Made::No: break;
  }
  if (!format) {
    const auto by_ending = format_of_file(told);
    if (!by_ending) {
      return std::nullopt;
    }
    return std::visit(
        overloaded{[](const plan::CsvFormat&) { return SaidToBe::Csv; },
                   [](const plan::JsonFormat&) { return SaidToBe::Json; },
                   [](const plan::ParquetFormat&) { return SaidToBe::Parquet; },
                   [](const plan::FixedWidthFormat&) { return SaidToBe::FixedWidth; }},
        *by_ending);
  }
  switch (*format) {
    case SourceFormat::Csv:
    case SourceFormat::Tsv: return SaidToBe::Csv;
    case SourceFormat::Json:
    case SourceFormat::Ndjson:
    case SourceFormat::Jsonl: return SaidToBe::Json;
    case SourceFormat::FixedWidth: return SaidToBe::FixedWidth;
    case SourceFormat::Parquet: return SaidToBe::Parquet;
    case SourceFormat::Xml:
    case SourceFormat::Xlsx:
    case SourceFormat::Excel:
    case SourceFormat::Arrow:
    case SourceFormat::Xls:
    case SourceFormat::Avro:
    case SourceFormat::Delta:
    case SourceFormat::Iceberg:
    case SourceFormat::Pdf:
    case SourceFormat::Docx:
    case SourceFormat::Pptx:
    case SourceFormat::Html:
    case SourceFormat::Image: break;
  }
  return std::nullopt;
}

const SourceOptions& no_options() {
  static const SourceOptions none;
  return none;
}

/// How the files of the source, or of one link, are read.
struct Reading {
  std::optional<SourceFormat> format;  // declared
  const SourceOptions& options = no_options();
  std::optional<SourceFormat> format_of_text;  // declared, of files whose ending says nothing
  bool keeps_bad_lines = false;
  std::string label;     // of its part of the folder
  bool is_link = false;  // whose encoding nothing says but the file
};

/// Of a text file that is made UTF-8 before it is read; Utf8: it is read as it lies there.
TextEncoding encoding_of(const Reading& reading, const std::string& path, std::string_view told) {
  if (reading.is_link) {
    const bool is_wide = said_to_be(told, reading.format) == SaidToBe::Csv && has_utf16_mark(path);
    return is_wide ? TextEncoding::Utf16 : TextEncoding::Utf8;
  }
  const auto encoding =
      reading.options.encoding ? find_encoding(reading.options.encoding->value) : std::nullopt;
  if (!encoding) {
    return TextEncoding::Utf8;
  }
  if (reading.format) {
    return is_text(*reading.format) ? *encoding : TextEncoding::Utf8;
  }
  // As the lowering finds it: the ending, else what the contract says of another source.
  const auto by_ending = format_of_file(told);
  const bool reads_text = by_ending ? std::holds_alternative<plan::CsvFormat>(*by_ending)
                                    : reading.format_of_text && is_text(*reading.format_of_text);
  return reads_text ? *encoding : TextEncoding::Utf8;
}

/// A JSON list behind a byte order mark is taken for one record by the engine.
bool is_json_behind_mark(const std::string& path, std::string_view told,
                         std::optional<SourceFormat> format) {
  return said_to_be(told, format) == SaidToBe::Json && has_utf8_mark(path);
}

/// Of a CSV file whose lines may be comments.
std::optional<CsvComments> comments_of(const Reading& reading, std::string_view told) {
  const MaybeText& prefix = reading.options.comment_prefix;
  const auto kind = said_to_be(told, reading.format ? reading.format : reading.format_of_text);
  if (reading.is_link || !prefix || prefix->value.empty() || kind != SaidToBe::Csv) {
    return std::nullopt;
  }
  const SourceOptions& options = reading.options;
  const bool is_tsv = reading.format == SourceFormat::Tsv ||
                      (!reading.format && without_packing(told).ends_with(".tsv"));
  const std::string delimiter = options.delimiter ? options.delimiter->value : is_tsv ? "\t" : ",";
  return CsvComments{.prefix = prefix->value,
                     .delimiter = delimiter == "tab" || delimiter == "\\t" ? "\t" : delimiter,
                     .quote = options.quote_char ? options.quote_char->value : "\"",
                     .skip_rows = options.skip_rows ? options.skip_rows->value : 0};
}

bool needs_folder(const Reading& reading, const std::string& path) {
  return is_zip(path) || made_of(path, reading.format) != Made::No ||
         encoding_of(reading, path, path) != TextEncoding::Utf8 ||
         is_json_behind_mark(path, path, reading.format) || comments_of(reading, path);
}

/// Puts what the engine does not read into a folder of its own, as something that it does.
class Unpacker {
 public:
  Unpacker(const Context& context, engine::Connection& connection, std::string folder,
           const Reading& reading)
      : context_(context), connection_(connection), folder_(std::move(folder)), reading_(reading) {}

  Result<std::vector<UnpackedFile>> unpack(const std::vector<std::string>& paths);

 private:
  Result<std::vector<UnpackedFile>> open_archive(const std::string& path, std::size_t number) const;
  Status check(const UnpackedFile& file) const;
  Result<std::string> readable(const UnpackedFile& file, std::size_t number);
  Result<std::string> plain_of(const UnpackedFile& file, std::size_t number) const;
  /// Records of an XML file or rows of a workbook as JSON lines: where they lie.
  Result<std::string> make_records(const UnpackedFile& file, bool is_xml, std::size_t number) const;
  Result<std::string> make_utf8(const UnpackedFile& file, TextEncoding encoding,
                                std::size_t number) const;
  /// Rows of an Arrow file as Parquet, which keeps their types: where they lie.
  Result<std::string> make_parquet(const UnpackedFile& file, std::size_t number);
  Result<std::string> without_comments(const UnpackedFile& file, const CsvComments& comments,
                                       std::size_t number) const;
  std::string place(std::string_view what, std::size_t number, std::string_view ending) const {
    return fmt::format("{}/{}{}-{}{}", folder_, what, reading_.label, number, ending);
  }

  const Context& context_;
  engine::Connection& connection_;
  std::string folder_;
  const Reading& reading_;
};

Result<std::vector<UnpackedFile>> Unpacker::open_archive(const std::string& path,
                                                         std::size_t number) const {
  const std::string folder = place("zip", number, "");
  if (::mkdir(folder.c_str(), S_IRWXU) != 0) {
    return make_error(ErrorCode::Unavailable, "the temporary folder cannot be written to")
        .with_hint("`sluice doctor` tells about it");
  }
  const MaybeText& member = reading_.options.archive_member;
  SLUICE_TRY(std::vector<UnpackedFile> files,
             unpack_zip(context_, path, folder, [&](std::string_view name) {
               if (!member) {
                 return has_ending_of(name, reading_.format);
               }
               return matches_glob(member->value, name) ||
                      matches_glob(member->value, name.substr(name.rfind('/') + 1));
             }));
  if (files.empty()) {
    return make_error(ErrorCode::NotFound, fmt::format("no file in the zip is read: '{}'", path))
        .with_hint("write source.options.archive_member, a glob of the files in it");
  }
  return files;
}

Status Unpacker::check(const UnpackedFile& file) const {
  const auto kind = said_to_be(file.told, reading_.format);
  return kind ? check_content(file.path, file.told,
                              {.kind = *kind,
                               .encoding = encoding_of(reading_, file.path, file.told),
                               .keeps_bad_lines = reading_.keeps_bad_lines})
              : Status{};
}

Status check_not_zst(const UnpackedFile& file, std::string_view how) {
  return !lower_name(file.path).ends_with(".zst")
             ? Status{}
             : make_error(ErrorCode::Unsupported,
                          fmt::format("a .zst file is read {}: '{}'", how, file.told))
                   .with_hint("unpack it, or pack it with gzip");
}

/// The file without its gzip.
Result<std::string> Unpacker::plain_of(const UnpackedFile& file, std::size_t number) const {
  if (!lower_name(file.path).ends_with(".gz")) {
    return file.path;
  }
  std::string plain = place("plain", number, "");
  SLUICE_CHECK(gunzip_file(file.path, plain));
  return plain;
}

Result<std::string> Unpacker::make_records(const UnpackedFile& file, bool is_xml,
                                           std::size_t number) const {
  SLUICE_TRY(const std::string plain, plain_of(file, number));
  std::string to = place("records", number, ".jsonl");
  const SourceOptions& options = reading_.options;
  if (is_xml) {
    SLUICE_CHECK(convert_xml_file(plain, options.row_tag ? options.row_tag->value : "", to));
    return to;
  }
  SheetOptions sheet;
  sheet.sheet = options.sheet_name ? options.sheet_name->value : "";
  sheet.header_row = options.header_row ? options.header_row->value : 1;
  sheet.skip_footer = options.skip_footer ? options.skip_footer->value : 0;
  SLUICE_CHECK(convert_xlsx_file(plain, sheet, to));
  return to;
}

Result<std::string> Unpacker::make_utf8(const UnpackedFile& file, TextEncoding encoding,
                                        std::size_t number) const {
  SLUICE_CHECK(check_not_zst(file, "as UTF-8 only"));
  SLUICE_TRY(const std::string plain, plain_of(file, number));
  const std::string name = without_packing(file.told);
  const std::size_t dot = name.rfind('.');
  std::string to = place("text", number, dot == std::string::npos ? "" : name.substr(dot));
  SLUICE_CHECK(convert_to_utf8(plain, encoding, to));
  return to;
}

Result<std::string> Unpacker::without_comments(const UnpackedFile& file,
                                               const CsvComments& comments,
                                               std::size_t number) const {
  SLUICE_CHECK(check_not_zst(file, "without comment lines only"));
  SLUICE_TRY(std::string plain, plain_of(file, number));
  SLUICE_TRY(const bool is_needed, has_comments(context_, plain, comments));
  if (!is_needed) {
    return plain;
  }
  std::string to = place("lines", number, ".csv");
  SLUICE_CHECK(copy_without_comments(context_, plain, comments, to));
  return to;
}

Result<std::string> Unpacker::make_parquet(const UnpackedFile& file, std::size_t number) {
  constexpr std::string_view kRelation = "sluice_arrow";
  SLUICE_TRY(const std::string plain, plain_of(file, number));
  std::string to = place("rows", number, ".parquet");
  SLUICE_TRY(ColumnStream rows, open_arrow_file(plain));
  SLUICE_TRY_IN([[maybe_unused]] const std::int64_t loaded,
                connection_.load(context_, kRelation, std::move(rows)),
                fmt::format("reading '{}'", file.told));
  for (const std::string& statement :
       {fmt::format("COPY {} TO {} (FORMAT parquet)", kRelation, dialect::quote_literal(to)),
        fmt::format("DROP TABLE {}", kRelation)}) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t done, connection_.execute(context_, statement));
  }
  return to;
}

Result<std::string> Unpacker::readable(const UnpackedFile& file, std::size_t number) {
  const Made made = made_of(file.told, reading_.format);
  if (made == Made::OfArrow) {
    return make_parquet(file, number);
  }
  if (made != Made::No) {
    return make_records(file, made == Made::OfXml, number);
  }
  UnpackedFile text = file;
  if (const TextEncoding encoding = encoding_of(reading_, file.path, file.told);
      encoding != TextEncoding::Utf8) {
    SLUICE_TRY(text.path, make_utf8(file, encoding, number));
  }
  if (const auto comments = comments_of(reading_, file.told)) {
    return without_comments(text, *comments, number);
  }
  if (text.path != file.path) {
    return text.path;
  }
  if (is_json_behind_mark(file.path, file.told, reading_.format)) {
    return without_mark(file.path, place("json", number, ".json"));
  }
  return file.path;
}

Result<std::vector<UnpackedFile>> Unpacker::unpack(const std::vector<std::string>& paths) {
  std::vector<UnpackedFile> files;
  for (const std::string& path : paths) {
    if (folder_.empty() && needs_folder(reading_, path)) {
      return make_error(ErrorCode::CommitConflict,
                        fmt::format("an unfinished batch holds a file that the source names no "
                                    "more: '{}'",
                                    path))
          .with_hint("name it again, as source or with --source, to finish the batch");
    }
    if (!is_zip(path)) {
      files.push_back({.path = path, .told = path});
      continue;
    }
    SLUICE_TRY(const std::vector<UnpackedFile> members, open_archive(path, files.size()));
    files.insert(files.end(), members.begin(), members.end());
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    SLUICE_CHECK(context_.check());
    SLUICE_CHECK(check(files[i]));
    SLUICE_TRY(files[i].path, readable(files[i], i));
  }
  return files;
}

Error of_link_fault(Error error, const std::string& name) {
  if (error.hint.find("source.options") != std::string::npos) {
    error.hint =
        "a link has no options: convert the file to UTF-8 CSV, JSON lines or Parquet, or "
        "read it with a contract of its own and link to its table";
  }
  return std::move(error).with_context(fmt::format("reading the link '{}'", name));
}

/// A link says its format as its type, where that is written.
std::optional<SourceFormat> format_of_link(const Link& link) {
  const std::string type = lower_name(link.type.value);
  if (!link.type.is_written() || type == "table") {
    return std::nullopt;
  }
  constexpr std::array<std::pair<std::string_view, SourceFormat>, 14> kWords{
      {{"csv", SourceFormat::Csv},
       {"tsv", SourceFormat::Tsv},
       {"json", SourceFormat::Json},
       {"jsonl", SourceFormat::Jsonl},
       {"ndjson", SourceFormat::Ndjson},
       {"parquet", SourceFormat::Parquet},
       {"pq", SourceFormat::Parquet},
       {"arrow", SourceFormat::Arrow},
       {"feather", SourceFormat::Arrow},
       {"ipc", SourceFormat::Arrow},
       {"xml", SourceFormat::Xml},
       {"xlsx", SourceFormat::Xlsx},
       {"excel", SourceFormat::Excel},
       {"xls", SourceFormat::Xls}}};
  const auto* const found =
      std::ranges::find(kWords, type, &std::pair<std::string_view, SourceFormat>::first);
  return found == kWords.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

bool is_named_as(std::string_view path, SourceFormat format) {
  return is_zip(path) || has_ending_of(without_packing(path), format);
}

std::optional<SourceFormat> Runner::declared_format() const {
  const bool is_declared = contract_->source && contract_->source->format && !is_source_replaced();
  return is_declared ? std::optional(contract_->source->format->value) : std::nullopt;
}

namespace {

/// Of the source, as the contract and the flags say it.
Reading reading_of(const Contract& contract, std::optional<SourceFormat> declared,
                   bool keeps_bad_lines) {
  Reading reading{.format = declared,
                  .options = contract.source ? contract.source->options : no_options(),
                  .format_of_text = {},
                  .keeps_bad_lines = keeps_bad_lines,
                  .label = ""};
  if (contract.source && contract.source->format) {
    reading.format_of_text = contract.source->format->value;
  }
  return reading;
}

}  // namespace

Status Runner::make_unpack_folder() {
  const Reading reading = reading_of(*contract_, declared_format(), keeps_bad_lines());
  bool is_needed = !rows_ && std::ranges::any_of(files_, [&](const run::BatchFile& file) {
    return needs_folder(reading, file.path);
  });
  for (const auto& [name, paths] : links_) {
    const Link& link = link_of(name);
    const Reading of_link{.format = format_of_link(link), .label = "", .is_link = true};
    is_needed = is_needed || std::ranges::any_of(paths, [&](const std::string& path) {
                  return needs_folder(of_link, path);
                });
  }
  if (is_needed && !unpack_folder_) {
    // In memory where values are to be masked: a file on a disk outlives a run that is killed.
    SLUICE_TRY(unpack_folder_, TempFolder::make("sluice-unpack", masks() ? "/dev/shm" : "/tmp"));
  }
  return {};
}

const Link& Runner::link_of(const std::string& name) const {
  const auto found =
      std::ranges::find(contract_->links, name, [](const Link& link) { return link.name.value; });
  SLUICE_ASSERT(found != contract_->links.end(), name);
  return *found;
}

Status Runner::unpack_files(LowerInput& input) {
  const std::string folder = unpack_folder_ ? unpack_folder_->path() : "";
  const Reading reading = reading_of(*contract_, declared_format(), keeps_bad_lines());
  Unpacker unpacker(context_, *connection_, folder, reading);
  SLUICE_TRY(const std::vector<UnpackedFile> files, unpacker.unpack(input.files));
  input.files.clear();
  bool is_changed = false;
  for (const UnpackedFile& file : files) {
    input.files.push_back(file.path);
    input.told.push_back(file.told);
    is_changed = is_changed || file.path != file.told;
  }
  if (!is_changed) {
    input.told.clear();
  }
  std::size_t number = 0;
  for (auto& [name, paths] : input.link_files) {
    const Reading of_link{.format = format_of_link(link_of(name)),
                          .label = fmt::format("-link-{}", number++),
                          .is_link = true};
    Unpacker links(context_, *connection_, folder, of_link);
    const auto of_files = links.unpack(paths);
    if (!of_files) {
      return of_link_fault(of_files.error(), name);
    }
    paths.clear();
    for (const UnpackedFile& file : *of_files) {
      paths.push_back(file.path);
    }
  }
  return {};
}

}  // namespace sluice::contract::internal
