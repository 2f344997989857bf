// Source files that the engine does not read, as ones that it does: members of a zip, and the
// records of XML files.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/contract/run/source_files.h"
#include "sluice/contract/unpack/xml_records.h"
#include "sluice/contract/unpack/zip_file.h"

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
bool is_xml(std::string_view path) { return lower_name(path).ends_with(".xml"); }

/// A README beside the data is no data: of a format those of its ending are.
bool has_ending_of(std::string_view member, std::optional<SourceFormat> format) {
  const std::string name = lower_name(member);
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  if (!format) {
    return ends(".xml") || format_of_file(name).has_value();
  }
  switch (*format) {
    case SourceFormat::Csv: return ends(".csv");
    case SourceFormat::Tsv: return ends(".tsv");
    case SourceFormat::Json: return ends(".json");
    case SourceFormat::Ndjson:
    case SourceFormat::Jsonl: return ends(".ndjson") || ends(".jsonl");
    case SourceFormat::Parquet: return ends(".parquet") || ends(".pq");
    case SourceFormat::Xml: return ends(".xml");
    case SourceFormat::FixedWidth:
    case SourceFormat::Xlsx:
    case SourceFormat::Xls:
    case SourceFormat::Excel:
    case SourceFormat::Avro:
    case SourceFormat::Arrow:
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
  const bool is_declared =
      contract_->source && contract_->source->format && options_.sources.empty() && !options_.rows;
  return is_declared ? std::optional(contract_->source->format->value) : std::nullopt;
}

Status Runner::make_unpack_folder() {
  const bool is_needed = declared_format() == SourceFormat::Xml ||
                         std::ranges::any_of(files_, [](const run::BatchFile& file) {
                           return is_zip(file.path) || is_xml(file.path);
                         });
  if (is_needed && !options_.rows) {
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

Status Runner::unpack_files(LowerInput& input) {
  if (!unpack_folder_) {
    return {};
  }
  const std::optional<SourceFormat> format = declared_format();
  const std::string row_tag = contract_->source && contract_->source->options.row_tag
                                  ? contract_->source->options.row_tag->value
                                  : "";
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
    if (is_xml(file.told) || format == SourceFormat::Xml) {
      if (lower_name(file.path).ends_with(".gz")) {
        return make_error(ErrorCode::Unsupported,
                          fmt::format("compressed XML is not read: '{}'", file.told))
            .with_hint("unpack it and give the folder with --source");
      }
      const std::string to = fmt::format("{}/xml-{}.jsonl", unpack_folder_->path(), i);
      SLUICE_CHECK(convert_xml_file(file.path, row_tag, to));
      file.path = to;
    }
    input.files.push_back(file.path);
    input.told.push_back(file.told);
  }
  return {};
}

}  // namespace sluice::contract::internal
