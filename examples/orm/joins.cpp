// One struct for each shape of result: tables are written through their models, a join is read into
// a struct of its own.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Author {
  std::int64_t id;
  std::string name;
};

struct Book {
  std::int64_t id;
  std::int64_t author_id;
  std::string title;
};

struct AuthorWithBooks {
  std::string name;
  std::int64_t books;
  std::optional<std::string> latest;
};

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK((db.migrate<Author, Book>()));
  SLUICE_CHECK(db.insert({Author{1, "Ada"}, Author{2, "Ben"}, Author{3, "Cleo"}}));
  SLUICE_CHECK(db.insert({Book{1, 1, "Engines"}, Book{2, 1, "Notes"}, Book{3, 2, "Rivers"}}));

  SLUICE_TRY(const std::vector<AuthorWithBooks> rows,
             db.query<AuthorWithBooks>(
                 sluice::sql("SELECT a.name, count(b.id) AS books, max_by(b.title, b.id) AS latest "
                             "FROM authors a LEFT JOIN books b ON b.author_id = a.id "
                             "WHERE a.id < ? GROUP BY a.name ORDER BY a.name",
                             100)));
  for (const AuthorWithBooks& row : rows) {
    std::printf("%s: %lld, latest %s\n", row.name.c_str(), static_cast<long long>(row.books),
                row.latest.value_or("-").c_str());
  }
  return {};
}

}  // namespace

int main() {
  const sluice::Status done = run();
  if (!done.has_value()) {
    std::fprintf(stderr, "%s\n", sluice::to_string(done.error()).c_str());
    return 1;
  }
  return 0;
}
