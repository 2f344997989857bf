// Every kind of diagnostic: its stable number, its slug, and the page `sluice explain SL0123`
// prints. Numbers are never reused and never change their meaning; a new kind takes the next free
// number of its hundred (00 YAML, 01 shape, 02 model, 03 quality, 04 transformations, 05
// materialization, 06 source, 07 service levels and schedules, 09 support). An open set as const
// tables: one enumerator here and one entry in codes_*.cc. Each entry carries an example that a
// test checks: `before` gives the diagnostic, `after` does not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::contract {

/// Error: the contract is invalid. Warning: it runs, and probably not as meant. Notice: what was
/// assumed. Hint: worth a thought.
enum class Severity : std::uint8_t { Error, Warning, Notice, Hint };

std::string_view to_string(Severity severity);

enum class Code : std::uint16_t {
  YamlSyntax = 1,
  TabIndentation = 2,
  InvalidUtf8 = 3,
  ControlCharacter = 4,
  DuplicateKey = 5,
  UnknownAnchor = 6,
  DocumentTooLarge = 7,
  DocumentTooDeep = 8,
  TooManyNodes = 9,
  SeveralDocuments = 10,
  EmptyDocument = 11,
  KeyNotText = 12,
  UnknownTag = 13,
  BadMergeKey = 14,

  UnknownKey = 101,
  WrongType = 102,
  UnknownWord = 103,
  MissingKey = 104,
  BadVersion = 105,
  DefaultTaken = 106,
  ExtensionName = 107,
  MisplacedKey = 108,
  DeprecatedKey = 109,
  ConflictingKeys = 110,
  OutOfBounds = 111,
  LiteralSecret = 112,
  EmptyValue = 113,
  ShorthandRead = 114,
  Placeholder = 115,
  BadPattern = 116,
  RosterFile = 117,

  DuplicateField = 201,
  UnknownType = 202,
  MinOverMax = 203,
  BoundOnNonNumber = 204,
  UnmaskedPersonalData = 205,
  UnknownMasking = 206,
  MaskingFormatUnused = 207,
  ValueOfWrongType = 208,
  LengthOnNonText = 209,
  RequiredNullable = 210,
  LineageColumn = 211,
  FieldsDifferInCase = 212,
  MaskingWithoutFlag = 213,
  MaskedNonText = 214,
  BadByteRange = 215,

  UnknownField = 301,
  DuplicateRule = 302,
  BadRegex = 303,
  NullFailsRule = 304,
  PhaseTooEarly = 305,
  BoundsContradict = 306,
  RuleMeansNothing = 307,

  NotOneOperation = 401,
  UnknownLink = 402,
  DuplicateLink = 403,
  SqlWithoutAlias = 404,
  LinkWithoutPlace = 405,
  KeyDropped = 406,
  ColumnMadeLater = 407,
  MaskedLeak = 408,
  BadStep = 409,
  BadSql = 410,
  SqlColumn = 411,
  SqlColumnUndeclared = 412,
  SqlFunction = 413,
  SqlTypes = 414,
  SqlForbidden = 415,
  SqlManyValues = 416,
  SparkSql = 417,

  MergeWithoutKey = 501,
  Scd2WithoutTimestamp = 502,
  KeyNotInModel = 503,
  MaskedKey = 504,
  ColumnNotInModel = 505,
  StrategyConflict = 506,
  NullableKey = 507,
  SettingUnused = 508,

  NoSourcePath = 601,
  WatermarkMissing = 602,
  CdcWithoutField = 603,
  OptionNotForFormat = 604,
  EmptyDlt = 605,
  DatesInverted = 606,
  BadPartitionFormat = 607,
  StreamWithoutKind = 608,
  ArchiveWithoutPath = 609,

  BadDuration = 701,
  BadCron = 702,
  UnknownEvent = 703,
  BadDate = 704,
  ObjectiveIncomplete = 705,
  BadTemplate = 706,
  TemplateNotChecked = 707,

  NotSupportedYet = 901,
};

/// What is known of one code; the text of its page.
struct CodeInfo {
  Code code;
  std::string_view slug;
  Severity severity;             // of a strict check, unless the check says otherwise
  std::string_view summary;      // one line
  std::string_view why;          // why it matters, a sentence or three
  std::string_view before;       // YAML that gives it
  std::string_view after;        // the same, mended
  bool needs_engine = false;     // its page is about SQL that only an engine can judge
  bool needs_templates = false;  // its page is about a template, which a library of its own reads
};

/// All codes, by number.
std::span<const CodeInfo> all_codes();

const CodeInfo& info_of(Code code);

/// "SL0123", "sl123", "123" or a slug; nullptr when there is none.
const CodeInfo* find_code(std::string_view name);

/// "SL0123".
std::string code_id(Code code);

/// The page of `sluice explain SL0123`, plain text.
std::string render_page(const CodeInfo& info);

}  // namespace sluice::contract
