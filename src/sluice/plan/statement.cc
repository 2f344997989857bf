#include "sluice/plan/statement.h"

#include <utility>

namespace sluice::plan {

Statement::Statement(std::string sql) : text(std::move(sql)) {}
Statement::Statement(const char* sql) : text(sql) {}
Statement::Statement(std::string sql, std::vector<Value> bound)
    : text(std::move(sql)), parameters(std::move(bound)) {}
Statement::Statement(const Statement& other) = default;
Statement::Statement(Statement&& other) noexcept = default;
Statement& Statement::operator=(const Statement& other) = default;
Statement& Statement::operator=(Statement&& other) noexcept = default;
Statement::~Statement() = default;

}  // namespace sluice::plan
