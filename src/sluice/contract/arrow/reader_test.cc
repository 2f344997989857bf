#include "sluice/contract/arrow/reader.h"

#include <fstream>
#include <memory>
#include <sstream>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::contract {
namespace {

using testing::HasSubstr;

std::shared_ptr<arrow::RecordBatch> numbers(std::int64_t from, std::int64_t count) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (std::int64_t i = from; i < from + count; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE(names.Append("name " + std::to_string(i)).ok());
  }
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
  return arrow::RecordBatch::Make(schema, count, {*ids.Finish(), *names.Finish()});
}

class Reader : public testing::Test {
 protected:
  /// Two batches of three and two rows.
  std::string write(bool is_stream) {
    std::string path = path_of("rows.arrow");
    const auto out = *arrow::io::FileOutputStream::Open(path);
    const auto first = numbers(1, 3);
    const auto writer = is_stream ? *arrow::ipc::MakeStreamWriter(out, first->schema())
                                  : *arrow::ipc::MakeFileWriter(out, first->schema());
    EXPECT_TRUE(writer->WriteRecordBatch(*first).ok());
    EXPECT_TRUE(writer->WriteRecordBatch(*numbers(4, 2)).ok());
    EXPECT_TRUE(writer->Close().ok());
    EXPECT_TRUE(out->Close().ok());
    return path;
  }
  std::string path_of(const std::string& name) { return folder_.path() + "/" + name; }
  std::string bytes_of(const std::string& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  std::string put(const std::string& bytes) {
    std::ofstream(path_of("changed"), std::ios::binary) << bytes;
    return path_of("changed");
  }

  /// How many rows there are to the end.
  static Result<std::int64_t> rows(const std::string& path) {
    SLUICE_TRY(ColumnStream stream, read_arrow_file(path));
    SLUICE_TRY([[maybe_unused]] const ArrowSchemaOwned schema, stream.schema());
    std::int64_t rows = 0;
    while (true) {
      SLUICE_TRY(const std::optional<ArrowBatch> batch, stream.next());
      if (!batch) {
        return rows;
      }
      rows += batch->get()->length;
    }
  }

  TempFolder folder_ = TempFolder::make("arrow").value();
};

TEST_F(Reader, FilesAndStreamsAreRead) {
  for (const bool is_stream : {false, true}) {
    EXPECT_EQ(rows(write(is_stream)).value(), 5) << is_stream;
  }
}

TEST_F(Reader, AFileThatWasCutOffIsAnErrorWhereverItWasCut) {
  for (const bool is_stream : {false, true}) {
    const std::string whole = bytes_of(write(is_stream));
    for (std::size_t length = 0; length < whole.size(); length += 3) {
      const Result<std::int64_t> read = rows(put(whole.substr(0, length)));
      ASSERT_FALSE(read) << is_stream << " " << length << " of " << whole.size();
      ASSERT_EQ(read.error().code, ErrorCode::Corrupt);
    }
  }
}

TEST_F(Reader, AStreamWithoutItsEndMarkMayLackRows) {
  const std::string whole = bytes_of(write(true));
  const Result<std::int64_t> read = rows(put(whole.substr(0, whole.size() - 8)));
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("without its end mark"));
}

TEST_F(Reader, TwoStreamsInOneFileAreNotReadAsOne) {
  const std::string whole = bytes_of(write(true));
  EXPECT_EQ(rows(put(whole + whole)).error().code, ErrorCode::Corrupt);
}

TEST_F(Reader, AnotherByteGivesTheRowsOrAnErrorAndNoHarm) {
  for (const bool is_stream : {false, true}) {
    const std::string whole = bytes_of(write(is_stream));
    for (std::size_t at = 0; at < whole.size(); at += 3) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 0x41);
      const Result<std::int64_t> read = rows(put(changed));
      ASSERT_TRUE(read || read.error().code == ErrorCode::Corrupt ||
                  read.error().code == ErrorCode::ResourceExhausted)
          << at;
    }
  }
}

TEST_F(Reader, OtherFilesAreRefusedByName) {
  EXPECT_THAT(rows(put("FEA1 of long ago")).error().message, HasSubstr("version 1"));
  EXPECT_THAT(rows(put("id,name\n1,Ada\n")).error().message, HasSubstr("no Arrow file"));
  EXPECT_EQ(rows(path_of("nowhere.arrow")).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace sluice::contract
