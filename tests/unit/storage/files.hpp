// What the storage tests share: a folder that goes away, files in it, rows of a table, and the failure a call gives.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "interpreter/storage/database.hpp"

namespace kpi::storage::test {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "kpi-storage-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return (fs::path(path_) / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

 private:
  std::string path_;
};

/// Permissions do not bind the superuser, who runs tests in containers: for a while, be somebody who owns the folder
/// only.
class OrdinaryUser {
 public:
  explicit OrdinaryUser(const Folder& folder) : was_root_(::geteuid() == 0) {
    if (!was_root_) return;
    constexpr unsigned kNobody = 65534;
    for (const auto& entry : fs::directory_iterator(folder.path("")))
      REQUIRE(::chown(entry.path().c_str(), kNobody, kNobody) == 0);
    REQUIRE(::chown(folder.path("").c_str(), kNobody, kNobody) == 0);
    REQUIRE(::seteuid(kNobody) == 0);
  }
  ~OrdinaryUser() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  bool was_root_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// All rows of a query, cells joined by `|`, NULL as `-`, texts in quotes where SQLite calls them text.
inline std::vector<std::string> rows(const std::string& database, const std::string& sql) {
  const Database opened = Database::open_for_reading(database);
  Statement query(opened, sql);
  std::vector<std::string> found;
  while (query.step()) found.push_back(query.text(0));
  return found;
}

inline void execute(const std::string& database, const std::string& sql) {
  Database::open_for_writing(database).execute(sql);
}

struct Failure {
  source::DiagnosticId id{};
  std::string message;
};

/// The failure of `call`; none when it succeeds.
template <class Call>
std::optional<Failure> failure_of(Call&& call) {
  try {
    call();
  } catch (const DataFailure& failure) {
    source::Diagnostic diagnostic;
    diagnostic.id = static_cast<source::DiagnosticId>(failure.diagnostic);
    diagnostic.parameters = failure.parameters;
    return Failure{diagnostic.id, source::message(diagnostic, source::Language::en)};
  }
  return std::nullopt;
}

template <class Call>
source::DiagnosticId id_of_failure(Call&& call) {
  const auto failure = failure_of(std::forward<Call>(call));
  REQUIRE(failure.has_value());
  INFO(failure->message);
  CHECK(failure->message.find('{') == std::string::npos);  // every parameter was given
  return failure->id;
}

}  // namespace kpi::storage::test
