// Tables of external logic and extraction.
#include <array>

#include "sluice/contract/document/document_words.h"
#include "sluice/contract/document/shapes_internal.h"
#include "sluice/contract/read/nullable.h"
#include "sluice/contract/read/reader.h"

namespace sluice::contract {
namespace {

void read_handles_output(Reader& reader, const Node& node, ExternalLogic& logic) {
  if (!node.is_null()) {
    read_value(reader, node, logic.handles_output);
  }
}

constexpr std::array kLogicKeys{
    required<&ExternalLogic::type>("type", "python, notebook or command"),
    required<&ExternalLogic::path>("path", "File, relative to the contract"),
    key<&ExternalLogic::engine>("engine", "Engine that the script is written for (the run's)"),
    key<&ExternalLogic::entrypoint>("entrypoint", "Function that is called (run)"),
    key<&ExternalLogic::args>("args", "Its arguments"),
    key<&ExternalLogic::output_path>("output_path", "File that it writes"),
    key<&ExternalLogic::output_format>("output_format", "Format of that file"),
    custom<&read_handles_output, ExternalLogic>(
        "handles_output", "Whether it writes the rows itself, to output_path (false)",
        ValueKind::Boolean),
    key<&ExternalLogic::kernel_name>("kernel_name", "Kernel of a notebook"),
    key<&ExternalLogic::timeout_seconds>("timeout_seconds", "Time it may take (300)"),
};

/// A list of columns, or a map that holds it under `fields`.
void read_output_schema(Reader& reader, const Node& node, Extraction& extraction) {
  const Node* list = node.is_mapping() ? node.find("fields") : nullptr;
  if (list == nullptr || node.entries.size() != 1) {
    read_value(reader, node, extraction.output_schema);
    return;
  }
  const Reader::Step step(reader, "fields");
  read_value(reader, *list, extraction.output_schema);
}

constexpr std::array kPreprocessingKeys{
    required<&Preprocessing::content_type>("content_type", "pdf, image, audio, text ..."),
    key<&Preprocessing::ocr>("ocr", "How text is read from images"),
    key<&Preprocessing::transcription>("transcription", "How text is heard from sound"),
    key<&Preprocessing::frame_extraction>("frame_extraction", "How frames are cut from video"),
    key<&Preprocessing::chunking>("chunking", "How long text is cut"),
    key<&Preprocessing::file_column>("file_column", "Column that names the file"),
    key<&Preprocessing::text_output_column>("text_output_column", "Column (_extracted_text)"),
};

constexpr std::array kRetryKeys{
    key<&Retry::max_attempts>("max_attempts", "Attempts (3)"),
    key<&Retry::backoff>("backoff", "exponential, linear or fixed (exponential)"),
    key<&Retry::initial_delay>("initial_delay", "Seconds before the second attempt (1.0)"),
};

constexpr std::array kConfidenceKeys{
    key<&Confidence::enabled>("enabled", "Whether it is measured (true)"),
    key<&Confidence::method>(
        "method", "How (field_completeness: the share of the columns that hold something)"),
    key<&Confidence::column>("column", "Column (_lakelogic_extraction_confidence)"),
    key<&Confidence::consistency_runs>("consistency_runs", "Repetitions that are compared (3)",
                                       Support::Later),
};

using X = Extraction;
constexpr std::array kExtractionKeys{
    required<&X::provider>("provider", "regex, or the name of a language model's provider"),
    key<&X::model>("model", "Model (auto)", Support::Later),
    key<&X::temperature>("temperature", "Randomness (0.1)", Support::Later),
    key<&X::max_tokens>("max_tokens", "Longest answer (1000)", Support::Later),
    key<&X::response_format>("response_format", "Form of the answer (json)", Support::Later),
    key<&X::prompt_template>("prompt_template", "Prompt", Support::Later),
    key<&X::system_prompt>("system_prompt", "System prompt", Support::Later),
    key<&X::text_column>("text_column", "Column that is read"),
    key<&X::context_columns>("context_columns", "Columns that are shown beside it", Support::Later),
    key<&X::preprocessing>("preprocessing", "From files to text", Support::LaterRows),
    custom<&read_output_schema, X>("output_schema", "Columns that are made", ValueKind::ObjectList,
                                   Support::Recorded, &shape_of<Field>),
    nullable<&X::patterns>("patterns", "Column to a regular expression with one group"),
    key<&X::batch_size>("batch_size", "Rows at a time (50)", Support::Later),
    key<&X::concurrency>("concurrency", "Calls at a time (5)", Support::Later),
    key<&X::retry>("retry", "How failed calls are repeated", Support::Later),
    key<&X::confidence>("confidence", "How sure the answer is"),
    key<&X::max_cost_per_run>("max_cost_per_run", "Most it may cost", Support::Later),
    key<&X::max_rows_per_run>("max_rows_per_run", "Most rows of a run", Support::LaterRows),
    key<&X::fallback_model>("fallback_model", "Model when the first fails", Support::Later),
    key<&X::fallback_provider>("fallback_provider", "Provider when the first fails",
                               Support::Later),
    key<&X::redact_pii_before_llm>("redact_pii_before_llm", "Hide personal data first (false)",
                                   Support::Later),
    key<&X::pii_fields>("pii_fields", "Columns that are hidden", Support::Later),
};

constexpr Shape kLogic{"external_logic", kLogicKeys};
constexpr Shape kPreprocessing{"extraction.preprocessing", kPreprocessingKeys};
constexpr Shape kRetry{"extraction.retry", kRetryKeys};
constexpr Shape kConfidence{"extraction.confidence", kConfidenceKeys};
constexpr Shape kExtraction{"extraction", kExtractionKeys};

}  // namespace

// clang-format off
template <> const Shape& shape_of<ExternalLogic>() { return kLogic; }
template <> const Shape& shape_of<Preprocessing>() { return kPreprocessing; }
template <> const Shape& shape_of<Retry>() { return kRetry; }
template <> const Shape& shape_of<Confidence>() { return kConfidence; }
template <> const Shape& shape_of<Extraction>() { return kExtraction; }
// clang-format on

}  // namespace sluice::contract
