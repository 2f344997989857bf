#include "sluice/storage/open/make_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::storage {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string uri_of(std::string_view uri) { return make_storage(uri).value()->uri("x"); }

Error error_of(std::string_view uri) {
  const auto made = make_storage(uri);
  EXPECT_FALSE(made) << uri;
  return made ? make_error(ErrorCode::Internal, "no error") : made.error();
}

TEST(MakeStorage, PathsAndFileUrisAreTheLocalDisk) {
  EXPECT_EQ(uri_of("/some/lake"), "/some/lake/x");
  EXPECT_THAT(uri_of("lake"), testing::EndsWith("/lake/x"));
  EXPECT_EQ(uri_of("file:///some/lake"), "/some/lake/x");
  EXPECT_EQ(uri_of("FILE://localhost/some/lake/"), "/some/lake/x");
  EXPECT_EQ(uri_of("file:/some/lake"), "/some/lake/x");
  EXPECT_EQ(uri_of("file:///some%20lake/100%25"), "/some lake/100%/x");
  EXPECT_EQ(uri_of("/odd/s3://name"), "/odd/s3://name/x");
}

TEST(MakeStorage, MemoryIsNewAndEmptyEachTime) {
  const auto one = make_storage("memory://a").value();
  const auto two = make_storage("memory://a").value();
  EXPECT_TRUE(one->put({}, "object", "x"));
  EXPECT_TRUE(two->list({}, "").value().empty());
}

TEST(MakeStorage, ObjectStoresAreRefusedWithoutTheBridgeAndShowNoCredentials) {
  for (const std::string uri : {"s3://key:secret@bucket/lake", "gs://bucket", "abfss://c@a/lake",
                                "az://container", "S3://bucket"}) {
    const Error error = error_of(uri);
    EXPECT_EQ(error.code, ErrorCode::Unsupported) << uri;
    EXPECT_THAT(error.message, HasSubstr("object stores come through the bridge"));
    EXPECT_THAT(to_string(error), Not(HasSubstr("secret")));
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST(MakeStorage, AnUnknownSchemeNamesTheServedOnes) {
  const Error error = error_of("ftp://user:secret@host/x");
  EXPECT_EQ(error.code, ErrorCode::Unsupported);
  EXPECT_EQ(error.message, "expected a path or the URI of a storage, got 'ftp://'");
  EXPECT_EQ(error.hint, "this binary serves paths and file://, memory://");
}

TEST(MakeStorage, AFileUriOfAnotherMachineOrWithABrokenEscapeIsRefused) {
  EXPECT_EQ(error_of("file://folder/x").hint, "an absolute path has three slashes: file:///folder");
  for (const char* uri : {"file:///a%", "file:///a%4", "file:///a%zz", "file:///a%+1"}) {
    EXPECT_EQ(error_of(uri).code, ErrorCode::InvalidArgument) << uri;
  }
  EXPECT_EQ(error_of("file:///a%00b").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of("").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of("file://").code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace sluice::storage
