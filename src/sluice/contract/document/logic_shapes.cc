// Tables of external logic and extraction.
#include <array>

#include "sluice/contract/document/document_words.h"
#include "sluice/contract/document/shapes_internal.h"
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
    standard<&ExternalLogic::engine>("engine", "Engine that the script is written for",
                                     "the script is given the run's engine"),
    key<&ExternalLogic::entrypoint>("entrypoint", "Function that is called (run)"),
    key<&ExternalLogic::args>("args", "Its arguments"),
    key<&ExternalLogic::output_path>("output_path", "File that it writes"),
    key<&ExternalLogic::output_format>("output_format", "Format of that file"),
    custom<&read_handles_output, ExternalLogic>(
        "handles_output", "Whether it writes the target itself (false)", ValueKind::Boolean),
    key<&ExternalLogic::kernel_name>("kernel_name", "Kernel of a notebook"),
    key<&ExternalLogic::timeout_seconds>("timeout_seconds", "Time it may take (300)"),
};

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
    key<&Confidence::method>("method", "How (field_completeness)"),
    key<&Confidence::column>("column", "Column (_lakelogic_extraction_confidence)"),
    key<&Confidence::consistency_runs>("consistency_runs", "Repetitions that are compared (3)"),
};

using X = Extraction;
constexpr std::array kExtractionKeys{
    required<&X::provider>("provider", "regex, or the name of a language model's provider"),
    key<&X::model>("model", "Model (auto)"),
    key<&X::temperature>("temperature", "Randomness (0.1)"),
    key<&X::max_tokens>("max_tokens", "Longest answer (1000)"),
    key<&X::response_format>("response_format", "Form of the answer (json)"),
    key<&X::prompt_template>("prompt_template", "Prompt"),
    key<&X::system_prompt>("system_prompt", "System prompt"),
    key<&X::text_column>("text_column", "Column that is read"),
    key<&X::context_columns>("context_columns", "Columns that are shown beside it"),
    key<&X::preprocessing>("preprocessing", "From files to text", Support::LaterRows),
    key<&X::output_schema>("output_schema", "Columns that are made"),
    key<&X::patterns>("patterns", "Column to a regular expression with one group"),
    key<&X::batch_size>("batch_size", "Rows at a time (50)"),
    key<&X::concurrency>("concurrency", "Calls at a time (5)"),
    key<&X::retry>("retry", "How failed calls are repeated"),
    key<&X::confidence>("confidence", "How sure the answer is", Support::Later),
    key<&X::max_cost_per_run>("max_cost_per_run", "Most it may cost"),
    key<&X::max_rows_per_run>("max_rows_per_run", "Most rows of a run"),
    key<&X::fallback_model>("fallback_model", "Model when the first fails"),
    key<&X::fallback_provider>("fallback_provider", "Provider when the first fails"),
    key<&X::redact_pii_before_llm>("redact_pii_before_llm", "Hide personal data first (false)"),
    key<&X::pii_fields>("pii_fields", "Columns that are hidden"),
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
