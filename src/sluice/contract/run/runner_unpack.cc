// Source files that the engine does not read, as ones that it does: members of a zip, the records
// of XML files, the rows of spreadsheets and of Arrow files, text in other encodings than UTF-8.
#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/contract/run/source_files.h"
#include "sluice/contract/unpack/arrow_file.h"
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

Made made_of(std::string_view path, std::optional<SourceFormat> format) {
  std::string name = lower_name(path);
  if (name.ends_with(".gz")) {
    name.resize(name.size() - 3);
  }
  if (name.ends_with(".xml") || format == SourceFormat::Xml) {
    return Made::OfXml;
  }
  if (is_arrow(path) || format == SourceFormat::Arrow) {
    return Made::OfArrow;
  }
  const bool is_sheet =
      name.ends_with(".xlsx") || format == SourceFormat::Xlsx || format == SourceFormat::Excel;
  return is_sheet && !name.ends_with(".xls") ? Made::OfSheet : Made::No;
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

}  // namespace

std::optional<SourceFormat> Runner::declared_format() const {
  const bool is_declared = contract_->source && contract_->source->format && !is_source_replaced();
  return is_declared ? std::optional(contract_->source->format->value) : std::nullopt;
}

std::optional<TextEncoding> Runner::encoding_of(std::string_view path) const {
  const MaybeText word = contract_->source ? contract_->source->options.encoding : std::nullopt;
  const auto encoding = word ? find_encoding(word->value) : std::nullopt;
  if (!encoding || *encoding == TextEncoding::Utf8) {
    return std::nullopt;
  }
  if (const std::optional<SourceFormat> format = declared_format()) {
    return is_text(*format) ? encoding : std::nullopt;
  }
  // As the lowering finds it: the ending, else what the contract says of another source.
  const auto by_ending = format_of_file(path);
  const bool reads_text =
      by_ending ? std::holds_alternative<plan::CsvFormat>(*by_ending)
                : contract_->source->format && is_text(contract_->source->format->value);
  return reads_text ? encoding : std::nullopt;
}

Status Runner::make_unpack_folder() {
  const std::optional<SourceFormat> format = declared_format();
  const bool is_needed = std::ranges::any_of(files_, [&](const run::BatchFile& file) {
    return is_zip(file.path) || made_of(file.path, format) != Made::No || encoding_of(file.path);
  });
  if (is_needed && !rows_) {
    // In memory where values are to be masked: a file on a disk outlives a run that is killed.
    SLUICE_TRY(unpack_folder_, TempFolder::make("sluice-unpack", masks() ? "/dev/shm" : "/tmp"));
  }
  return {};
}

Result<std::vector<UnpackedFile>> Runner::unpack_archive(const std::string& path,
                                                         std::size_t number) {
  const std::string folder = fmt::format("{}/{}", unpack_folder_->path(), number);
  if (::mkdir(folder.c_str(), S_IRWXU) != 0) {
    return make_error(ErrorCode::Unavailable, "the temporary folder cannot be written to")
        .with_hint("`sluice doctor` tells about it");
  }
  const MaybeText member =
      contract_->source ? contract_->source->options.archive_member : std::nullopt;
  const std::optional<SourceFormat> format = declared_format();
  SLUICE_TRY(std::vector<UnpackedFile> files,
             unpack_zip(context_, path, folder, [&](std::string_view name) {
               if (!member) {
                 return has_ending_of(name, format);
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

Result<std::string> Runner::make_records(const std::string& path, bool is_xml,
                                         std::size_t number) const {
  std::string plain = path;
  if (lower_name(path).ends_with(".gz")) {
    plain = fmt::format("{}/plain-{}", unpack_folder_->path(), number);
    SLUICE_CHECK(gunzip_file(path, plain));
  }
  std::string to = fmt::format("{}/records-{}.jsonl", unpack_folder_->path(), number);
  if (!contract_->source) {
    SLUICE_CHECK(is_xml ? convert_xml_file(plain, "", to) : convert_xlsx_file(plain, {}, to));
    return to;
  }
  const SourceOptions& options = contract_->source->options;
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

Result<std::string> Runner::make_utf8(const std::string& path, TextEncoding encoding,
                                      std::size_t number) const {
  std::string plain = path;
  if (lower_name(path).ends_with(".gz")) {
    const std::string name = path.substr(path.rfind('/') + 1);
    plain = fmt::format("{}/plain-{}-{}", unpack_folder_->path(), number,
                        name.substr(0, name.size() - 3));
    SLUICE_CHECK(gunzip_file(path, plain));
  } else if (lower_name(path).ends_with(".zst")) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a .zst file is read as UTF-8 only: '{}'", path))
        .with_hint("unpack it, or pack it with gzip");
  }
  const std::string_view name = std::string_view(plain).substr(plain.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  std::string to = fmt::format("{}/text-{}{}", unpack_folder_->path(), number,
                               dot == std::string_view::npos ? "" : name.substr(dot));
  SLUICE_CHECK(convert_to_utf8(plain, encoding, to));
  return to;
}

Result<std::string> Runner::make_parquet(const std::string& path, std::size_t number) {
  constexpr std::string_view kRelation = "sluice_arrow";
  std::string to = fmt::format("{}/rows-{}.parquet", unpack_folder_->path(), number);
  SLUICE_TRY(ColumnStream rows, open_arrow_file(path));
  SLUICE_TRY_IN([[maybe_unused]] const std::int64_t loaded,
                connection_->load(context_, kRelation, std::move(rows)),
                fmt::format("reading '{}'", path));
  SLUICE_CHECK(connection_->execute(context_, fmt::format("COPY {} TO {} (FORMAT parquet)",
                                                          kRelation, dialect::quote_literal(to))));
  SLUICE_CHECK(connection_->execute(context_, fmt::format("DROP TABLE {}", kRelation)));
  return to;
}

Status Runner::unpack_files(LowerInput& input) {
  if (!unpack_folder_) {
    return {};
  }
  const std::optional<SourceFormat> format = declared_format();
  std::vector<UnpackedFile> files;
  for (const std::string& path : std::exchange(input.files, {})) {
    if (!is_zip(path)) {
      files.push_back({.path = path, .told = path});
      continue;
    }
    SLUICE_TRY(const std::vector<UnpackedFile> members, unpack_archive(path, files.size()));
    files.insert(files.end(), members.begin(), members.end());
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    UnpackedFile& file = files[i];
    const Made made = made_of(file.told, format);
    if (made == Made::OfArrow) {
      SLUICE_TRY(file.path, make_parquet(file.path, i));
    } else if (made != Made::No) {
      SLUICE_TRY(file.path, make_records(file.path, made == Made::OfXml, i));
    } else if (const auto encoding = encoding_of(file.told)) {
      SLUICE_TRY(file.path, make_utf8(file.path, *encoding, i));
    }
    input.files.push_back(file.path);
    input.told.push_back(file.told);
  }
  return {};
}

}  // namespace sluice::contract::internal
