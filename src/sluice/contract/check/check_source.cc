// source: what to read, and how new is told from old.
#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/check/formats.h"

namespace sluice::contract::internal {
namespace {

void check_date(const Checking& checking, const MaybeText& date, std::string_view key) {
  if (date && !is_date_or_time(date->value) && !is_secret_reference(date->value)) {
    checking.out.add(Code::BadDate, date->span,
                     "expected a date such as 2026-01-31 for " + quoted(key) + ", and came " +
                         quoted(date->value));
  }
}

void check_window(const Checking& checking, const MaybeText& from, const MaybeText& to) {
  const bool are_dates = from && to && is_date_or_time(from->value) && is_date_or_time(to->value);
  if (are_dates && from->value > to->value) {
    checking.out.add(Code::DatesInverted, from->span,
                     "the window begins after its end (" + to->value + "): " + quoted(from->value));
  }
}

void check_place(const Checking& checking, const Source& source) {
  const Contract& contract = checking.contract;
  const bool has_server = contract.server && contract.server->path;
  const bool needs_path =
      source.type.value != SourceType::Dlt && source.type.value != SourceType::Stream;
  if (needs_path && !source.path && !has_server) {
    checking.out.add(Code::NoSourcePath, source.span,
                     "the source says no 'path', and there is no 'server.path'",
                     "give it in the contract, or with --source");
  }
}

void check_dlt(const Checking& checking, const Source& source) {
  if (source.type.value == SourceType::Dlt && !source.dlt) {
    checking.out.add(Code::EmptyDlt, source.type.span,
                     "expected the block 'source.dlt' for a source of this type");
  } else if (source.dlt && !source.dlt->source && !source.dlt->base_url) {
    checking.out.add(Code::EmptyDlt, source.dlt->span,
                     "expected 'source' or 'base_url' in 'source.dlt'");
  }
}

void check_incremental(const Checking& checking, const Source& source) {
  if (source.load_mode.value != LoadMode::Incremental) {
    return;
  }
  const auto report = [&](const Span& span, std::string_view key) {
    checking.out.add(Code::WatermarkMissing, span.is_written() ? span : source.load_mode.span,
                     "expected " + quoted(key) + " in 'source' for this incremental read");
  };
  const Span& strategy = source.watermark_strategy.span;
  switch (source.watermark_strategy.value) {
    case WatermarkStrategy::Manifest:
      if (!source.manifest_path) {
        report(strategy, "manifest_path");
      }
      return;
    case WatermarkStrategy::Lookback:
      if (!source.lookback) {
        report(strategy, "lookback");
      }
      return;
    case WatermarkStrategy::DateRange:
      if (!source.from_date && !source.to_date) {
        report(strategy, "from_date");
      }
      return;
    case WatermarkStrategy::PipelineLog:
    case WatermarkStrategy::MaxTarget:
    case WatermarkStrategy::DeltaVersion:
    case WatermarkStrategy::Append: break;
  }
  if (source.type.value == SourceType::Database && !source.watermark_field) {
    report(strategy, "watermark_field");
  }
}

void check_cdc(const Checking& checking, const Source& source) {
  if (source.load_mode.value != LoadMode::Cdc || source.options.cdc_provider) {
    return;
  }
  if (!source.cdc_op_field && !source.cdc_timestamp_field) {
    checking.out.add(Code::CdcWithoutField, source.load_mode.span,
                     "expected 'cdc_op_field' or 'cdc_timestamp_field' in 'source'");
  }
  if (checking.contract.primary_key.empty()) {
    checking.out.add(Code::MergeWithoutKey, source.load_mode.span,
                     "expected 'primary_key' in the contract: changes are merged by key");
  }
}

void check_partition(const Checking& checking, const Source& source) {
  if (!source.partition) {
    return;
  }
  const SourcePartition& partition = *source.partition;
  const std::string fault = partition_format_fault(partition.format.value);
  if (!fault.empty() && partition.format.is_written()) {
    checking.out.add(Code::BadPartitionFormat, partition.format.span,
                     "expected folders named after dates, such as year=%Y/month=%m: " + fault);
  }
  check_bounds(checking, partition.lookback_days, "lookback_days", 0);
  check_date(checking, partition.start_date, "start_date");
  check_date(checking, partition.end_date, "end_date");
  check_window(checking, partition.start_date, partition.end_date);
}

void check_unused(const Checking& checking, const Source& source) {
  const bool is_full = source.load_mode.value == LoadMode::Full;
  for (const auto& [value, key] :
       {std::pair<const MaybeText&, std::string_view>{source.from_date, "from_date"},
        std::pair<const MaybeText&, std::string_view>{source.to_date, "to_date"},
        std::pair<const MaybeText&, std::string_view>{source.lookback, "lookback"}}) {
    if (is_full && value) {
      checking.out.add(Code::SettingUnused, value->span,
                       quoted(key) + " has an effect only with an incremental load_mode");
    }
  }
}

void check_cleanup(const Checking& checking, const std::optional<PostIngestion>& cleanup) {
  if (cleanup && cleanup->action.value == CleanupAction::Archive && !cleanup->archive_path) {
    checking.out.add(Code::ArchiveWithoutPath, cleanup->action.span,
                     "expected 'archive_path', where files are moved to");
  }
}

}  // namespace

void check_source(const Checking& checking) {
  if (checking.contract.server) {
    check_cleanup(checking, checking.contract.server->post_ingestion);
  }
  if (!checking.contract.source) {
    return;
  }
  const Source& source = *checking.contract.source;
  check_place(checking, source);
  check_dlt(checking, source);
  check_incremental(checking, source);
  check_cdc(checking, source);
  check_partition(checking, source);
  check_unused(checking, source);
  check_cleanup(checking, source.post_ingestion);
  check_date(checking, source.from_date, "from_date");
  check_date(checking, source.to_date, "to_date");
  check_window(checking, source.from_date, source.to_date);
  if (source.lookback && !parse_duration_seconds(source.lookback->value)) {
    checking.out.add(Code::BadDuration, source.lookback->span,
                     "expected a duration such as 3d for 'lookback', and came " +
                         quoted(source.lookback->value));
  }
}

}  // namespace sluice::contract::internal
