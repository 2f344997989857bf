// A request handler: strict JSON into a record, its rules, one write under the caller's request id.
// What is wrong with the body is the caller's 400, with path, line and column.
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <sluice/orm/orm.h>

struct Purchase {
  std::string purchase_id;
  std::string customer;
  int quantity;
};

template <>
inline constexpr auto sluice::model<Purchase> =
    sluice::table("purchases")
        .key<&Purchase::purchase_id>()
        .check<&Purchase::customer>(sluice::required())
        .check<&Purchase::quantity>(sluice::at_least(1));

namespace {

struct Response {
  int status;
  std::string body;
};

int status_of(sluice::ErrorCode code) {
  switch (code) {
    case sluice::ErrorCode::InvalidArgument:
    case sluice::ErrorCode::DataRejected: return 400;
    case sluice::ErrorCode::CommitConflict:
    case sluice::ErrorCode::Unavailable: return 503;
    case sluice::ErrorCode::InvalidContract:
    case sluice::ErrorCode::NotFound:
    case sluice::ErrorCode::AlreadyExists:
    case sluice::ErrorCode::CommitUnknown:
    case sluice::ErrorCode::Unauthorized:
    case sluice::ErrorCode::ResourceExhausted:
    case sluice::ErrorCode::Unsupported:
    case sluice::ErrorCode::Corrupt:
    case sluice::ErrorCode::Cancelled:
    case sluice::ErrorCode::Internal: return 500;
  }
  return 500;
}

/// Where, what, and each rule that failed; not the engine's own words.
std::string explain(const sluice::Error& error) {
  std::string text = error.at.has_value() ? sluice::to_string(*error.at) + ": " : std::string();
  text += error.message;
  for (const std::string& each : error.context) {
    text += "; " + each;
  }
  return text;
}

Response post_purchase(sluice::Session& db, std::string_view body, const std::string& request_id) {
  const sluice::Result<Purchase> purchase = sluice::from_json<Purchase>(body);
  if (!purchase.has_value()) {
    return {status_of(purchase.error().code), explain(purchase.error())};
  }
  const auto receipt = db.insert(*purchase, {.idempotency_key = request_id});
  if (!receipt.has_value()) {
    return {status_of(receipt.error().code), explain(receipt.error())};
  }
  return {201, "version " + std::to_string(receipt->version)};
}

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<Purchase>());
  const std::string good = R"({"purchase_id": "o-1", "customer": "ann", "quantity": 2})";
  for (const auto& [body, request] :
       {std::pair<std::string, std::string>{good, "r-1"},
        {good, "r-1"},
        {R"({"purchase_id": "o-2", "customer": "ann", "qty": 2})", "r-2"},
        {R"({"purchase_id": "o-3", "customer": "", "quantity": 0})", "r-3"},
        {good + "}", "r-4"}}) {
    const Response response = post_purchase(db, body, request);
    std::printf("%d %s\n", response.status, response.body.c_str());
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
