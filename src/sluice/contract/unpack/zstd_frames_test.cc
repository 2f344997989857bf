#include "sluice/contract/unpack/zstd_frames.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

using namespace std::string_literals;

/// "id,name\n" in one raw block, as a stream writes it: no length, no checksum.
const std::string kStream =
    "\x28\xb5\x2f\xfd\x00\x58\x41\x00\x00"s
    "id,name\n"s;
/// The same in one segment of a known length, a repeated byte in a second block, and a checksum.
const std::string kWhole =
    "\x28\xb5\x2f\xfd\x24\x0c\x40\x00\x00"s
    "id,name\n"
    "\x23\x00\x00x"
    "\x01\x02\x03\x04"s;
const std::string kSkipped = "\x5a\x2a\x4d\x18\x03\x00\x00\x00"s + "abc";

bool is_whole(const std::string& bytes) {
  std::istringstream in(bytes);
  return check_zstd(in, bytes.size()).has_value();
}

TEST(ZstdFrames, EveryByteOfAFrameHasToBeThere) {
  for (const std::string& frame : {kStream, kWhole, kSkipped}) {
    EXPECT_TRUE(is_whole(frame));
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(is_whole(frame.substr(0, size))) << size;
    }
  }
}

TEST(ZstdFrames, AFileMayHoldSeveral) {
  EXPECT_TRUE(is_whole(kSkipped + kWhole + kStream + kSkipped));
  EXPECT_FALSE(is_whole(kWhole + kStream.substr(0, 12)));
  EXPECT_FALSE(is_whole(kWhole + "id,name"));
}

TEST(ZstdFrames, ABlockOfNoKindIsDamage) {
  std::string damaged = kStream;
  damaged[6] = '\x47';
  EXPECT_FALSE(is_whole(damaged));
}

}  // namespace
}  // namespace sluice::contract
