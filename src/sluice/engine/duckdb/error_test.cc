#include <cerrno>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/engine/duckdb/error_internal.h"

namespace sluice::engine {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(DuckdbError, NamesWhatIsMissingAndWhatIsNear) {
  const Error error = duckdb_error(
      R"({"exception_type":"Catalog","exception_message":"Table with name custmers does not exist!)"
      R"(\nDid you mean \"customers\"?","candidates":"customers","position":"19",)"
      R"("error_subtype":"MISSING_ENTRY","type":"Table","name":"custmers"})",
      "SELECT 1 FROM\n     custmers");
  EXPECT_EQ(error.code, ErrorCode::NotFound);
  EXPECT_EQ(error.message, "no such table: 'custmers'");
  EXPECT_EQ(error.hint, "did you mean 'customers'?");
  EXPECT_THAT(error.native, testing::StartsWith("Catalog Error: Table with name custmers"));
  EXPECT_THAT(error.native, testing::EndsWith(" (line 2, column 6)"));
}

TEST(DuckdbError, ARaceForACatalogIsAConflictWhateverKindItHas) {
  for (const char* said : {"database is locked", "could not serialize access due to concurrent"}) {
    for (const char* kind : {"Invalid", "TransactionContext", "IO"}) {
      const Error error = duckdb_error(
          fmt::format(R"({{"exception_type":"{}","exception_message":"Failed to set: ERROR: {}"}})",
                      kind, said));
      EXPECT_EQ(error.code, ErrorCode::CommitConflict) << kind << ": " << said;
    }
  }
}

TEST(DuckdbError, ALongListOfCandidatesIsNotAHint) {
  const Error error = duckdb_error(
      R"({"exception_type":"Catalog","exception_message":"unrecognized configuration parameter",)"
      R"("candidates":"a, b, c, d, e, f","error_subtype":"MISSING_ENTRY",)"
      R"("type":"configuration parameter","name":"nosuch"})");
  EXPECT_EQ(error.message, "no such configuration parameter: 'nosuch'");
  EXPECT_THAT(error.hint, IsEmpty());
}

TEST(DuckdbError, EachCandidateIsAWordOfItsOwnAndNoneIsOurs) {
  const auto hint = [](const std::string& candidates) {
    return duckdb_error(
               R"({"exception_type":"Binder","exception_message":"Referenced column","name":"x",)"
               R"("error_subtype":"COLUMN_NOT_FOUND","candidates":")" +
               candidates + "\"}")
        .hint;
  };
  EXPECT_EQ(hint("first_email,second_email"), "did you mean 'first_email' or 'second_email'?");
  EXPECT_EQ(hint("_sluice_none, a"), "did you mean 'a'?");
  EXPECT_THAT(hint("_sluice_none"), IsEmpty());
  EXPECT_THAT(hint("sluice_rows"), IsEmpty());
}

TEST(DuckdbError, AGuessOfATableOfOursIsLeftOut) {
  const auto native = [](const std::string& name) {
    return duckdb_error(
               R"({"exception_type":"Catalog","exception_message":"Table with name x does )"
               R"(not exist!\nDid you mean \")" +
                   name + R"(\"?","position":"7"})",
               "SELECT * FROM x")
        .native;
  };
  EXPECT_EQ(native("_sluice_csv_link_d"),
            "Catalog Error: Table with name x does not exist! (line 1, column 8)");
  EXPECT_THAT(native("xs"), testing::HasSubstr("Did you mean"));
}

TEST(DuckdbError, FunctionsForOtherTypesAreLeftOut) {
  const Error error = duckdb_error(
      R"({"exception_type":"Binder","exception_message":"No function matches '+(VARCHAR, INTEGER)')"
      R"(. You might need to add explicit type casts.\n\tCandidate functions:\n\t+(TINYINT) )"
      R"(-> TINYINT\n\t+(SMALLINT) -> SMALLINT\n","position":"7"})",
      "SELECT n + 1");
  EXPECT_EQ(error.native,
            "Binder Error: No function matches '+(VARCHAR, INTEGER)'. You might need to add "
            "explicit type casts. (line 1, column 8)");
}

TEST(DuckdbError, KindsBecomeCodes) {
  const auto code = [](std::string_view text) { return duckdb_error(text).code; };
  EXPECT_EQ(code("Parser Error: syntax error"), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(R"(Parser Error: {"exception_type":"Parser","exception_message":"x"})"),
            ErrorCode::InvalidArgument);
  EXPECT_EQ(code("INTERRUPT Error: Interrupted!"), ErrorCode::Cancelled);
  EXPECT_EQ(code("Out of Memory Error: failed to allocate"), ErrorCode::ResourceExhausted);
  EXPECT_EQ(code("Permission Error: file system operations are disabled"), ErrorCode::Unauthorized);
  EXPECT_EQ(code("Not implemented Error: x"), ErrorCode::Unsupported);
  EXPECT_EQ(code("HTTP Error: 503"), ErrorCode::Unavailable);
  EXPECT_EQ(code("Serialization Error: x"), ErrorCode::Corrupt);
  for (const char* broken : {"Invalid Input Error: No magic bytes found at end of file 'a.parquet'",
                             "Invalid Input Error: File 'a.parquet' too small to be a Parquet file",
                             "Invalid Error: Variable-length int over 10 bytes.",
                             "IO Error: Could not read enough bytes from file \"a.duckdb\": "
                             "attempted to read 9 bytes"}) {
    EXPECT_EQ(code(broken), ErrorCode::Corrupt) << broken;
  }
  EXPECT_EQ(code("Constraint Error: Duplicate key \"a: 1\" violates primary key constraint."),
            ErrorCode::AlreadyExists);
  EXPECT_EQ(code("Constraint Error: NOT NULL constraint failed: t.a"), ErrorCode::DataRejected);
  EXPECT_EQ(code("TransactionContext Error: Catalog write-write conflict on alter"),
            ErrorCode::CommitConflict);
  for (const char* torn : {"TransactionContext Error: Failed to commit: Failed to load DuckLake - "
                           "table with id 2 references schema id 1 that does not exist",
                           "Invalid Input Error: Failed to load DuckLake - table with id 2 "
                           "references schema id 1 that does not exist"}) {
    EXPECT_EQ(code(torn), ErrorCode::CommitConflict) << torn;
  }
  EXPECT_EQ(code("TransactionContext Error: cannot rollback"), ErrorCode::InvalidArgument);
  // A catalog in SQLite whose log was not flushed: the next process may find the commit there.
  EXPECT_EQ(code("TransactionContext Error: Failed to commit: Failed to execute query \"COMMIT\": "
                 "disk I/O error"),
            ErrorCode::Unavailable);
  EXPECT_EQ(code("something without a kind"), ErrorCode::Internal);
  EXPECT_EQ(code(""), ErrorCode::Internal);
}

TEST(DuckdbError, TheOperatingSystemsNumberDecidesWhereThereIsOne) {
  const auto with_number = [](int number) {
    return duckdb_error(
        R"({"exception_type":"IO","exception_message":"Cannot open file","errno":")" +
        std::to_string(number) + "\"}");
  };
  EXPECT_EQ(with_number(ENOSPC).code, ErrorCode::ResourceExhausted);
  EXPECT_EQ(with_number(ENOSPC).message, "the disk is full");
  EXPECT_EQ(with_number(EMFILE).code, ErrorCode::ResourceExhausted);
  EXPECT_EQ(with_number(EACCES).code, ErrorCode::Unauthorized);
  EXPECT_EQ(with_number(EROFS).code, ErrorCode::Unauthorized);
  EXPECT_EQ(with_number(ENOENT).code, ErrorCode::NotFound);
  EXPECT_EQ(with_number(EISDIR).code, ErrorCode::Unsupported);
  EXPECT_EQ(with_number(EIO).code, ErrorCode::Unavailable);
}

TEST(DuckdbError, ACommitWhoseLogCannotBeOpenedIsAMatterOfRights) {
  const auto of_commit = [](const std::string& why) {
    return duckdb_error(
        "TransactionContext Error: Failed to commit: Cannot open file \"/a.wal\": " + why);
  };
  for (const char* why :
       {"Operation not permitted", "Permission denied", "Read-only file system"}) {
    EXPECT_EQ(of_commit(why).code, ErrorCode::Unauthorized) << why;
    EXPECT_EQ(of_commit(why).message, "no permission to read or write a file") << why;
    EXPECT_THAT(of_commit(why).hint, HasSubstr("the right to read and write")) << why;
  }
  EXPECT_EQ(of_commit("Input/output error").code, ErrorCode::Unavailable);
  EXPECT_EQ(of_commit("Input/output error").message, "a file cannot be read or written");
  // What comes behind the opening may have left the commit on the disk.
  EXPECT_EQ(duckdb_error("TransactionContext Error: Failed to commit: Could not write file \"/a\": "
                         "Operation not permitted")
                .code,
            ErrorCode::Unavailable);
}

TEST(DuckdbError, AHeldFileNamesTheHolder) {
  const Error error = duckdb_error(
      "IO Error: Could not set lock on file \"/a.db\": Conflicting lock is held in "
      "/usr/bin/python3 (PID 4711). See also https://duckdb.org/docs/stable/connect/concurrency");
  EXPECT_EQ(error.code, ErrorCode::Unavailable);
  EXPECT_TRUE(error.is_retryable());
  EXPECT_EQ(error.message, "another process holds the database file");
  EXPECT_THAT(error.hint, HasSubstr("process 4711"));
}

TEST(DuckdbError, TextThatOnlyLooksLikeJsonIsTakenAsText) {
  const Error error = duckdb_error("Conversion Error: Could not convert string '{\"a\": 1}'");
  EXPECT_EQ(error.code, ErrorCode::InvalidArgument);
  EXPECT_THAT(error.native, HasSubstr("{\"a\": 1}"));
  EXPECT_EQ(duckdb_error(R"({"exception_type":7})").code, ErrorCode::Internal);
  EXPECT_EQ(duckdb_error(R"({"exception_type":"IO")").code, ErrorCode::Internal);
}

}  // namespace
}  // namespace sluice::engine
