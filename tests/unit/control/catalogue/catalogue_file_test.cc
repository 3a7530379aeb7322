// What the catalogue says to files that are not its own, older, newer, damaged or out of reach.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/unit/control/catalogue/sample_rows.h"

namespace opptak::control {
namespace {

using ::testing::HasSubstr;

void run_sql(const std::filesystem::path& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

template <class Opened>
void expect_refusal(const Opened& opened, CatalogueError code, std::string_view says) {
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, code) << opened.error().message;
  EXPECT_THAT(opened.error().message, HasSubstr(std::string(says)));
  EXPECT_THAT(opened.error().message, HasSubstr("catalogue.sqlite"));
  EXPECT_EQ(opened.error().message.find('\n'), std::string::npos);
}

TEST_F(CatalogueTest, FileIsPrivateAndReopens) {
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  writer_.reset();
  auto reader = open_sqlite_catalogue_reader(file_);  // Also with no writer about.
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE((*(*reader)->find_call(call_id(1))).has_value());
  reader->reset();
  auto again = open_sqlite_catalogue(file_, storage::Durability::kFull);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE((*(*again)->find_call(call_id(1))).has_value());
}

TEST_F(CatalogueTest, ReaderNeverMakesAFile) {
  const auto absent = folder_ / "absent" / "catalogue.sqlite";
  expect_refusal(open_sqlite_catalogue_reader(absent), CatalogueError::kCannotOpen,
                 "there is no catalogue");
  EXPECT_FALSE(std::filesystem::exists(absent));
  expect_refusal(open_sqlite_catalogue(absent, storage::Durability::kFull),
                 CatalogueError::kCannotOpen, "check that the folder exists");
}

TEST_F(CatalogueTest, RefusesALaterVersion) {
  writer_.reset();
  run_sql(file_, "PRAGMA user_version = 99");
  expect_refusal(open_sqlite_catalogue(file_, storage::Durability::kFull),
                 CatalogueError::kNewerVersion, "later release");
  expect_refusal(open_sqlite_catalogue_reader(file_), CatalogueError::kNewerVersion,
                 "later release");
}

TEST_F(CatalogueTest, ReaderRefusesAnEarlierVersion) {
  writer_.reset();
  run_sql(file_, "PRAGMA user_version = 0");
  expect_refusal(open_sqlite_catalogue_reader(file_), CatalogueError::kCannotOpen,
                 "earlier release");
}

// Goal: nothing of another program is touched. Method: its bytes before and after.
TEST_F(CatalogueTest, LeavesForeignFilesAsTheyAre) {
  writer_.reset();
  std::filesystem::remove(file_);
  run_sql(file_, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);");
  const std::string before = bytes_of(file_);
  expect_refusal(open_sqlite_catalogue(file_, storage::Durability::kFull),
                 CatalogueError::kNotACatalogue, "no catalogue of Opptak");
  EXPECT_EQ(bytes_of(file_), before);

  const std::string text(8'192, 'x');
  std::ofstream(file_, std::ios::binary) << text;
  expect_refusal(open_sqlite_catalogue(file_, storage::Durability::kFull),
                 CatalogueError::kNotACatalogue, "damaged or no database");
  expect_refusal(open_sqlite_catalogue_reader(file_), CatalogueError::kNotACatalogue,
                 "damaged or no database");
  EXPECT_EQ(bytes_of(file_), text);
}

// Goal: a damaged page is an error of the query that meets it, never wrong rows.
TEST_F(CatalogueTest, ReportsDamagedPages) {
  ASSERT_TRUE(writer_->begin());
  for (std::uint8_t i = 0; i < 200; ++i) ASSERT_TRUE(writer_->put_call(sample_call(i)));
  ASSERT_TRUE(writer_->commit());
  writer_.reset();
  std::string bytes = bytes_of(file_);
  for (std::size_t page = 4'096 * 2; page + 4'096 <= bytes.size(); page += 4'096) {
    bytes.replace(page, 100, 100, '\xee');
  }
  std::ofstream(file_, std::ios::binary) << bytes;
  auto opened = open_sqlite_catalogue_reader(file_);
  if (opened) {
    const auto page = (*opened)->list_calls({}, "", 100);
    expect_refusal(page, CatalogueError::kNotACatalogue, "damaged");
  } else {
    expect_refusal(opened, CatalogueError::kNotACatalogue, "damaged");
  }
}

// No file of this process may grow past a size while one of these lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

// Goal: when the disk takes no more, the group is lost as a whole and says so, nothing of it
// becomes a transaction of its own, and the next one may go through. Method: cap file sizes; a
// small group fails at its commit, a large one already when the cache spills into the journal.
TEST_F(CatalogueTest, FailingDiskLosesTheWholeGroup) {
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  for (const std::size_t text_bytes : {std::size_t{100'000}, std::size_t{24} << 20}) {
    CallRow large = sample_call(2);
    large.resume_json.assign(text_bytes, 'x');
    ASSERT_TRUE(writer_->begin());
    bool put = false;
    CatalogueResult<void> committed;
    {
      const FileSizeLimit limit(std::filesystem::file_size(file_.string() + "-wal"));
      put = writer_->put_call(large).has_value() && writer_->put_call(sample_call(3)).has_value();
      committed = writer_->commit();
    }
    ASSERT_FALSE(committed) << text_bytes << (put ? " put" : " refused");
    EXPECT_THAT(committed.error().message, HasSubstr("catalogue.sqlite"));
    EXPECT_FALSE((*writer_->find_call(call_id(2))).has_value());
    EXPECT_FALSE((*writer_->find_call(call_id(3))).has_value());
  }
  ASSERT_TRUE(writer_->begin());
  ASSERT_TRUE(writer_->put_call(sample_call(3)));
  ASSERT_TRUE(writer_->commit());
  EXPECT_TRUE((*writer_->find_call(call_id(1))).has_value());
  EXPECT_TRUE((*writer_->find_call(call_id(3))).has_value());
}

TEST_F(CatalogueTest, SecondWriterIsToldThatTheFirstHoldsIt) {
  auto second = open_sqlite_catalogue(file_, storage::Durability::kNone);
  ASSERT_TRUE(second);
  ASSERT_TRUE(writer_->begin());
  const auto begun = (*second)->begin();  // After the busy timeout of 5 s.
  expect_refusal(begun, CatalogueError::kBusy, "another process holds it");
}

}  // namespace
}  // namespace opptak::control
