// The typed reads, one after the other: all rows, the first, the only one, a stream, a visit; each
// from whatever brings rows: SQL with bound values, a table, Arrow batches, records in hand. What a
// query has in columns beyond the struct is dropped, or refused where that is asked for.
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Book {
  std::string isbn;
  std::string title;
  std::int64_t copies;
};

template <>
inline constexpr auto sluice::model<Book> = sluice::table("books").key<&Book::isbn>();

/// The shape of another query.
struct Title {
  std::string title;
};

namespace {

void print(const char* from, const std::vector<Title>& titles) {
  std::printf("%s:", from);
  for (const Title& each : titles) {
    std::printf(" %s", each.title.c_str());
  }
  std::printf("\n");
}

sluice::Status read_from_anything(sluice::Session& db, const std::vector<Book>& books) {
  SLUICE_TRY(const auto by_sql, db.query<Title>(sluice::sql(
                                    "SELECT title FROM books WHERE copies > ? ORDER BY isbn", 1)));
  print("sql", by_sql);
  SLUICE_TRY(const auto by_name, db.query<Title>(sluice::from_table("books")));
  print("table", by_name);
  SLUICE_TRY(sluice::ColumnStream batches, db.batches("SELECT 'Emma' AS title"));
  SLUICE_TRY(const auto by_arrow, db.query<Title>(sluice::from_arrow(std::move(batches))));
  print("arrow", by_arrow);
  SLUICE_TRY(const auto in_hand,
             db.query<Title>(sluice::from_rows(std::span<const Book>(books).first(1))));
  print("rows in hand", in_hand);
  return {};
}

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<Book>());
  const std::vector<Book> books{{"1", "Emma", 3}, {"2", "Ulysses", 1}, {"3", "Middlemarch", 2}};
  SLUICE_CHECK(db.insert(books));
  SLUICE_CHECK(read_from_anything(db, books));

  const auto rare = sluice::from<Book>().where(sluice::col<&Book::copies> < 1);
  SLUICE_TRY(const auto first, db.query_first<Book>(rare));
  std::printf("first of none: %s\n", first.has_value() ? first->title.c_str() : "empty");
  std::printf("one of none: %s\n", db.query_one<Book>(rare).error().message.c_str());
  SLUICE_TRY(const Book one,
             db.query_one<Book>(sluice::from<Book>().where(sluice::by_key<Book>("2"))));
  std::printf("one: %s\n", one.title.c_str());

  std::int64_t copies = 0;
  for (const auto& page : db.stream<Book>()) {
    SLUICE_CHECK(page);
    for (const Book& book : *page) {
      copies += book.copies;
    }
  }
  std::printf("streamed: %lld copies\n", static_cast<long long>(copies));
  int visited = 0;
  SLUICE_CHECK(db.for_each<Book>(sluice::from<Book>(), [&visited](const Book&) { ++visited; }));
  std::printf("visited: %d\n", visited);

  const auto extra = db.query<Title>(sluice::sql("SELECT title, 1 AS shelf FROM books"),
                                     sluice::orm::DecodeOptions{.refuse_extra_columns = true});
  std::printf("extra: %s\n", extra.error().message.c_str());
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
