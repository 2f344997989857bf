// What becomes of a lake's files around a commit: a reply that is lost on the way from the
// catalog's server takes no file away, and a file that is gone is put back by whoever comes next.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/uuid.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/ducklake/ducklake.h"
#include "sluice/table/ducklake/lake_files_internal.h"

namespace sluice::table {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

std::uint16_t port_of(const std::string& connection) {
  const std::size_t at = connection.find("port=");
  return static_cast<std::uint16_t>(std::strtoul(connection.c_str() + at + 5, nullptr, 10));
}

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Passes everything on, but once it is armed the reply to the next COMMIT: it ends the connection
/// when the server has committed.
class LosingProxy {
 public:
  explicit LosingProxy(std::uint16_t server) : server_(server) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    EXPECT_EQ(::pipe(wake_), 0);
    thread_ = std::thread([this] { serve(); });
  }
  LosingProxy(const LosingProxy&) = delete;
  LosingProxy(LosingProxy&&) = delete;
  LosingProxy& operator=(const LosingProxy&) = delete;
  LosingProxy& operator=(LosingProxy&&) = delete;
  ~LosingProxy() {
    EXPECT_EQ(::write(wake_[1], "x", 1), 1);
    thread_.join();
    for (const int descriptor : {listener_, wake_[0], wake_[1]}) {
      ::close(descriptor);
    }
  }
  std::uint16_t port() const { return port_; }
  void arm() { is_armed_ = true; }
  int lost() const { return lost_; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool is_doomed = false;
    bool is_over = false;
  };

  void accept() {
    Pair pair{.client = ::accept(listener_, nullptr, nullptr),
              .server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_in address = local(server_);
    EXPECT_EQ(::connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    pairs_.push_back(pair);
  }
  void pass(Pair& pair, bool from_client) {
    std::string bytes(65'536, '\0');
    const ssize_t got =
        ::recv(from_client ? pair.client : pair.server, bytes.data(), bytes.size(), 0);
    pair.is_over = got <= 0;
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (from_client && bytes.find("COMMIT") != std::string::npos && is_armed_.exchange(false)) {
      pair.is_doomed = true;
    }
    if (!from_client && pair.is_doomed && bytes.find("COMMIT") != std::string::npos) {
      pair.is_over = true;
      ++lost_;
      return;
    }
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t more = ::send(from_client ? pair.server : pair.client, bytes.data() + sent,
                                  bytes.size() - sent, MSG_NOSIGNAL);
      if (more <= 0) {
        pair.is_over = true;
        return;
      }
      sent += static_cast<std::size_t>(more);
    }
  }
  void serve() {
    for (;;) {
      std::vector<pollfd> waits{{.fd = wake_[0], .events = POLLIN, .revents = 0},
                                {.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const Pair& pair : pairs_) {
        waits.push_back({.fd = pair.client, .events = POLLIN, .revents = 0});
        waits.push_back({.fd = pair.server, .events = POLLIN, .revents = 0});
      }
      ::poll(waits.data(), waits.size(), -1);
      std::size_t at = 2;
      for (Pair& pair : pairs_) {
        if (waits[at++].revents != 0) {
          pass(pair, true);
        }
        if (waits[at++].revents != 0 && !pair.is_over) {
          pass(pair, false);
        }
      }
      const bool ends = waits[0].revents != 0;
      for (auto pair = pairs_.begin(); pair != pairs_.end();) {
        if (pair->is_over || ends) {
          ::close(pair->client);
          ::close(pair->server);
          pair = pairs_.erase(pair);
        } else {
          ++pair;
        }
      }
      if (ends) {
        return;
      }
      if (waits[1].revents != 0) {
        accept();
      }
    }
  }

  std::uint16_t server_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<bool> is_armed_ = false;
  std::atomic<int> lost_ = 0;
  std::list<Pair> pairs_;
  std::thread thread_;
};

struct Opened {
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<engine::Connection> connection;
  std::unique_ptr<Table> table;
};

class LakeFilesTest : public testing::Test {
 protected:
  Opened open(std::string catalog, std::string schema = {}) {
    Opened opened;
    opened.engine = engine::make_duckdb_engine({.threads_max = 1}).value();
    opened.connection = opened.engine->connect(context_).value();
    attach_lake(context_, *opened.connection,
                {.catalog = std::move(catalog),
                 .data_path = data_,
                 .catalog_schema = std::move(schema),
                 .inline_rows_max = "0"})
        .value();
    opened.table =
        make_ducklake_table(*opened.connection, {.parts = {"lake", "main", "t"}}).value();
    return opened;
  }
  std::unique_ptr<Prepared> prepare(Opened& opened, plan::WriteMode mode, const std::string& key,
                                    const std::string& rows) {
    opened.connection->execute(context_, "CREATE OR REPLACE TEMP TABLE incoming AS " + rows)
        .value();
    const plan::Write write{.target = {.parts = {"t"}},
                            .schema = columns_,
                            .mode = std::move(mode),
                            .source = plan::Relation{.name = "incoming"}};
    return opened.table
        ->prepare(context_, write, ColumnStream{},
                  {.key = key,
                   .fingerprint = "f",
                   .ingest_id = make_uuid_v7(system_clock(), system_random())})
        .value();
  }
  bool commit(Opened& opened, std::unique_ptr<Prepared> prepared) {
    const auto outcome = opened.table->commit(context_, std::move(prepared)).value();
    return std::holds_alternative<Committed>(outcome);
  }
  std::string read(Opened& opened) {
    return find_text_rows(context_, *opened.connection,
                          "SELECT string_agg(id || '=' || x, ' ' ORDER BY id) FROM lake.main.t")
        .value()[0][0]
        .value_or("NULL");
  }
  std::vector<fs::path> files(std::string_view part) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(data_)) {
      if (entry.is_regular_file() && entry.path().string().find(part) != std::string::npos) {
        found.push_back(entry.path());
      }
    }
    return found;
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("sluice-lake").value();
  std::string data_ = folder_.path() + "/data";
  schema::Schema columns_{.fields = {{.name = "id", .type = {schema::Integer{}}},
                                     {.name = "x", .type = {schema::Text{}}}}};
};

constexpr const char* kTwo = "SELECT * FROM (VALUES (1::BIGINT, 'a'), (2, 'b')) v(id, x)";
constexpr const char* kMore = "SELECT * FROM (VALUES (2::BIGINT, 'c'), (3, 'd')) v(id, x)";

TEST_F(LakeFilesTest, AReplyThatIsLostTakesNoFileAway) {
  const char* server = std::getenv("SLUICE_TEST_POSTGRES");
  if (server == nullptr || !check_lake_extensions("postgres:").has_value()) {
    const char* reason = std::getenv("SLUICE_NO_POSTGRES");
    GTEST_SKIP() << (reason == nullptr ? "no server, or built without DuckLake tables" : reason);
  }
  LosingProxy proxy(port_of(server));
  const std::string schema = to_string(make_uuid_v7(system_clock(), system_random()));
  const std::string user = std::string(server).substr(std::string(server).find("user="));
  Opened lake = open(fmt::format("postgres:host=127.0.0.1 port={} {}", proxy.port(), user), schema);
  lake.table->create(context_, {.target = {.parts = {"t"}}, .schema = columns_}).value();

  auto append = prepare(lake, plan::Append{}, "first", kTwo);
  proxy.arm();
  EXPECT_TRUE(commit(lake, std::move(append)));
  EXPECT_EQ(proxy.lost(), 1);
  auto merge = prepare(lake, plan::Merge{.key = {"id"}}, "second", kMore);
  proxy.arm();
  EXPECT_TRUE(commit(lake, std::move(merge)));
  EXPECT_EQ(proxy.lost(), 2);

  Opened other = open(fmt::format("postgres:{}", server), schema);
  EXPECT_EQ(read(other), "1=a 2=c 3=d");
  EXPECT_EQ(other.table->history(context_).value().size(), 3U);
  EXPECT_THAT(files(".kept"), IsEmpty());
}

class LocalLakeFilesTest : public LakeFilesTest {
 protected:
  void SetUp() override {
    if (const Status there = check_lake_extensions("sqlite:x"); !there.has_value()) {
      GTEST_SKIP() << there.error().message;
    }
    lake_ = open(catalog());
    lake_.table->create(context_, {.target = {.parts = {"t"}}, .schema = columns_}).value();
    EXPECT_TRUE(commit(lake_, prepare(lake_, plan::Append{}, "first", kTwo)));
  }
  std::string catalog() const { return "sqlite:" + folder_.path() + "/lake.sqlite"; }

  Opened lake_;
};

TEST_F(LocalLakeFilesTest, AFileThatAProcessKeptBeforeItDiedIsPutBackByTheNext) {
  const fs::path file = files("main/t/").at(0);
  fs::create_directories(data_ + "/_sluice_kept");
  fs::rename(file, fmt::format("{}/_sluice_kept/{}.owner.kept", data_, file.filename().string()));
  Opened other = open(catalog());
  EXPECT_TRUE(other.table->find_commit(context_, "first").value().has_value());
  EXPECT_EQ(read(other), "1=a 2=b");
  EXPECT_THAT(files(".kept"), IsEmpty());
}

TEST_F(LocalLakeFilesTest, WhatWasKeptForACommitThatNeverCameIsSwept) {
  fs::create_directories(data_ + "/_sluice_kept");
  const fs::path file = files("main/t/").at(0);
  const std::string stray = "ducklake-01a1fea8-1edb-7fa8-b821-1f1f08ec937c.parquet";
  fs::copy_file(file, data_ + "/main/t/" + stray);
  fs::copy_file(file, fmt::format("{}/_sluice_kept/{}.owner.kept", data_, stray));
  fs::copy_file(file, data_ + "/main/t/of_others.parquet");
  const auto soon = context_.clock->now() + std::chrono::hours(1);
  EXPECT_EQ(lake_.table->maintain(context_, Vacuum{.older_than = soon}).value().failed, 0);
  EXPECT_THAT(files(stray), IsEmpty());
  EXPECT_EQ(files("of_others").size(), 1U) << "not a file of the lake's";
  EXPECT_EQ(read(lake_), "1=a 2=b");
}

/// What comes of rows that are inserted beside the table's port, when the files written for them
/// are taken away before or after they are kept.
class TakenLakeFilesTest : public LocalLakeFilesTest {
 protected:
  void execute(const std::string& text) { lake_.connection->execute(context_, text).value(); }
  Status insert_and_take(bool is_kept_first) {
    const auto before = files("main/t/");
    auto written = internal::make_lake_files(*lake_.connection, {.parts = {"lake", "main", "t"}});
    EXPECT_TRUE(written->begin(context_).has_value());
    execute("BEGIN");
    execute(fmt::format("INSERT INTO lake.main.t {}", kMore));
    if (is_kept_first) {
      EXPECT_TRUE(written->keep(context_).has_value());
    }
    for (const fs::path& file : files("main/t/")) {
      if (std::ranges::find(before, file) == before.end()) {
        taken_ = file.string();
        fs::remove(file);
      }
    }
    if (!is_kept_first) {
      EXPECT_TRUE(written->keep(context_).has_value());
    }
    execute("COMMIT");
    Status landed = written->check_landed(context_);
    written->release();
    return landed;
  }

  std::string taken_;
};

TEST_F(TakenLakeFilesTest, AKeptFileThatWasTakenIsPutBack) {
  EXPECT_TRUE(insert_and_take(true).has_value());
  EXPECT_EQ(read(lake_), "1=a 2=b 2=c 3=d");
  EXPECT_THAT(files(".kept"), IsEmpty());
}

TEST_F(TakenLakeFilesTest, ACommitWhoseFilesWereTakenBeforeItIsNoSuccess) {
  const Status landed = insert_and_take(false);
  ASSERT_FALSE(landed.has_value());
  EXPECT_EQ(landed.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(landed.error().message, testing::HasSubstr(taken_));
}

TEST_F(LocalLakeFilesTest, AFolderThatTakesNoSecondNameRefusesTheCommit) {
  auto prepared = prepare(lake_, plan::Append{}, "second", kMore);
  fs::remove(data_ + "/_sluice_kept");
  std::ofstream(data_ + "/_sluice_kept").put('x');  // stands where the folder should
  const auto outcome = lake_.table->commit(context_, std::move(prepared));
  EXPECT_FALSE(outcome.has_value() && std::holds_alternative<Committed>(*outcome));
  fs::remove(data_ + "/_sluice_kept");
  EXPECT_FALSE(lake_.table->find_commit(context_, "second").value().has_value());
  EXPECT_EQ(read(lake_), "1=a 2=b");
}

}  // namespace
}  // namespace sluice::table
