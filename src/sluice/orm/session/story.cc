#include <variant>

#include <fmt/format.h>

#include "sluice/orm/session/story_internal.h"

namespace sluice::orm {

IngestStory::IngestStory(const Context& context, Metrics* metrics, Opening opening)
    : log_(context.log), metrics_(metrics), opening_(std::move(opening)) {
  Fields fields{{"path", std::string(opening_.path)}};
  if (opening_.rows.has_value()) {
    fields.emplace_back("rows", fmt::format("{}", *opening_.rows));
  }
  if (!opening_.staging_prefix.empty()) {
    fields.emplace_back("staging_prefix", opening_.staging_prefix);
  }
  if (metrics_ != nullptr) {
    metrics_->ingest_started(opening_.table);
  }
  tell(LogLevel::Info, "ingest started", std::move(fields));
}

IngestStory::~IngestStory() {
  if (!ended_) {
    aborted(make_error(ErrorCode::Cancelled, "an exception of the caller's ended the write"));
  }
}

void IngestStory::carried(std::uint64_t bytes, std::size_t parts) {
  bytes_ = bytes;
  parts_ = parts;
}

void IngestStory::staged(const table::Receipt& expected) {
  tell(LogLevel::Info, "ingest staged",
       {{"parts", fmt::format("{}", parts_)},
        {"rows", fmt::format("{}", expected.rows_in)},
        {"bytes", fmt::format("{}", bytes_)},
        {"duration_ms", fmt::format("{:.0f}", seconds() * 1000)}});
}

void IngestStory::conflicted(std::string_view with) {
  if (metrics_ != nullptr) {
    metrics_->commit_conflicted(opening_.table);
  }
  tell(LogLevel::Warning, "ingest met another writer", {{"with", std::string(with)}});
}

void IngestStory::committed(const table::Receipt& receipt) {
  ended_ = true;
  if (metrics_ != nullptr) {
    metrics_->ingest_ended(opening_.table, {.committed = true,
                                            .rows_in = receipt.rows_in,
                                            .inserted = receipt.inserted,
                                            .updated = receipt.updated,
                                            .unchanged = receipt.unchanged,
                                            .deleted = receipt.deleted,
                                            .bytes = bytes_,
                                            .seconds = seconds()});
  }
  Fields fields{{"result", "commit"},
                {"rows_in", fmt::format("{}", receipt.rows_in)},
                {"inserted", fmt::format("{}", receipt.inserted)},
                {"updated", fmt::format("{}", receipt.updated)},
                {"deleted", fmt::format("{}", receipt.deleted)},
                {"version", fmt::format("{}", receipt.version)},
                {"total_duration_ms", fmt::format("{:.0f}", seconds() * 1000)}};
  if (const std::string first = to_string(receipt.ingest_id); first != opening_.ingest_id) {
    fields.emplace_back("committed_as", first);  // a retry: the rows are those of this ingest
  }
  tell(LogLevel::Info, "ingest committed", std::move(fields));
}

void IngestStory::aborted(const Error& error) {
  ended_ = true;
  if (metrics_ != nullptr) {
    metrics_->ingest_ended(opening_.table, {.bytes = bytes_, .seconds = seconds()});
  }
  tell(LogLevel::Error, "ingest aborted",
       {{"result", "abort"},
        {"error", std::string(to_string(error.code))},
        {"cause", error.message},
        {"total_duration_ms", fmt::format("{:.0f}", seconds() * 1000)}});
}

void IngestStory::tell(LogLevel level, std::string message, Fields more) {
  Fields fields{{"ingest_id", opening_.ingest_id}, {"table", opening_.table}};
  fields.insert(fields.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
  try {
    log_->write({.level = level, .message = std::move(message), .fields = std::move(fields)});
  } catch (...) {
    return;  // what is written is written: a log that fails does not change what the caller is told
  }
}

double IngestStory::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

namespace {

class ObservedTable final : public table::Table {
 public:
  ObservedTable(table::Table& table, IngestStory& story, std::function<std::uint64_t()> bytes,
                std::size_t parts)
      : Table(table.describe()),
        table_(&table),
        story_(&story),
        bytes_(std::move(bytes)),
        parts_(parts) {}

  Status create(const Context& context, const plan::CreateTable& create,
                const table::Properties& properties) override {
    return table_->create(context, create, properties);
  }
  Result<std::optional<table::TableState>> find_state(const Context& context) override {
    return table_->find_state(context);
  }
  Result<std::optional<table::StoredCommit>> find_commit(const Context& context,
                                                         std::string_view key) override {
    return table_->find_commit(context, key);
  }
  Result<std::unique_ptr<table::Prepared>> prepare(const Context& context, const plan::Write& write,
                                                   ColumnStream rows,
                                                   const table::CommitKey& key) override {
    auto prepared = table_->prepare(context, write, std::move(rows), key);
    story_->carried(bytes_(), parts_);
    if (prepared.has_value()) {
      story_->staged((*prepared)->expected());
    }
    return prepared;
  }
  Result<table::CommitOutcome> commit(const Context& context,
                                      std::unique_ptr<table::Prepared> prepared) override {
    auto outcome = table_->commit(context, std::move(prepared));
    if (outcome.has_value()) {
      if (const auto* conflict = std::get_if<table::Conflict>(&*outcome)) {
        story_->conflicted(conflict->with);
      }
    }
    return outcome;
  }
  Result<std::vector<table::Version>> history(const Context& context) override {
    return table_->history(context);
  }
  Status make_view(const Context& context, const table::At& at, const std::string& name) override {
    return table_->make_view(context, at, name);
  }
  Result<table::Maintained> maintain(const Context& context,
                                     const table::Maintenance& request) override {
    return table_->maintain(context, request);
  }

 private:
  table::Table* table_;
  IngestStory* story_;
  std::function<std::uint64_t()> bytes_;
  std::size_t parts_;
};

}  // namespace

std::unique_ptr<table::Table> observe_table(table::Table& table, IngestStory& story,
                                            std::function<std::uint64_t()> bytes,
                                            std::size_t parts) {
  return std::make_unique<ObservedTable>(table, story, std::move(bytes), parts);
}

}  // namespace sluice::orm
