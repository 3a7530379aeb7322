#include "control/access/access.h"

#include <atomic>
#include <fstream>
#include <set>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/access/lockout.h"

namespace opptak::control {
namespace {

constexpr UnixNs kNow{1'700'000'000 * kNsPerSecond};
constexpr std::string_view kPassword = "correct horse battery";

UnixNs after(std::int64_t seconds) { return kNow + seconds * kNsPerSecond; }

class AccessTest : public testing::Test {
 protected:
  AccessTest() {
    std::string name = testing::TempDir() + "access-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    access_ = open();
  }
  ~AccessTest() override {
    access_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<Access> open() {
    auto opened = open_access(access_file(folder_));
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  Account add(std::string_view login, Role role = Role::kSupervisor,
              std::optional<std::string> client = std::nullopt) {
    return access_->create_user(login, kPassword, role, client, "", kNow).value();
  }
  // Everything in the folder, as bytes.
  std::string stored() {
    std::string bytes;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::ifstream stream(entry.path(), std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(stream), {});
    }
    return bytes;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Access> access_;
};

TEST_F(AccessTest, LogsInAndOut) {
  const Account account = add("kari", Role::kSeller, "acme");
  const auto login = access_->login("kari", kPassword, 12, kNow);
  ASSERT_TRUE(login);
  EXPECT_EQ(login->principal.id, account.id);
  EXPECT_EQ(login->principal.agent, "kari");
  EXPECT_EQ(login->session.secret.size(), 43U);
  EXPECT_EQ(login->session.expires_at, after(12 * 3'600));
  const auto principal = access_->principal_of(login->session.secret, after(1));
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->id, account.id);
  EXPECT_EQ(principal->role, Role::kSeller);
  EXPECT_EQ(principal->client, "acme");
  EXPECT_EQ(principal->agent, "kari");
  access_->logout(login->session.secret);
  access_->logout("no such session");
  EXPECT_EQ(access_->principal_of(login->session.secret, after(1)).error(), AccessError::kDenied);
}

TEST_F(AccessTest, SessionsExpireToTheSecond) {
  add("kari");
  const auto login = access_->login("kari", kPassword, 1, kNow);
  EXPECT_TRUE(access_->principal_of(login->session.secret, after(3'599)));
  EXPECT_FALSE(access_->principal_of(login->session.secret, after(3'600)));
}

TEST_F(AccessTest, DeniesWithoutSayingWhich) {
  add("kari");
  EXPECT_EQ(access_->authenticate("kari", "wrong horse battery", kNow).error(),
            AccessError::kDenied);
  EXPECT_EQ(access_->authenticate("nobody", kPassword, kNow).error(), AccessError::kDenied);
  EXPECT_EQ(access_->authenticate("", "", kNow).error(), AccessError::kDenied);
  EXPECT_EQ(access_->authenticate("kari", "", kNow).error(), AccessError::kDenied);
  EXPECT_EQ(access_->authenticate("kari", std::string(kPasswordBytesMax + 1, 'x'), kNow).error(),
            AccessError::kDenied);
  EXPECT_TRUE(access_->authenticate("kari", kPassword, kNow));
}

// Goal: a login that does not exist costs what a wrong password costs. Method: the better of a
// few runs each; without the dummy hash the ratio is a thousand.
TEST_F(AccessTest, UnknownLoginsTakeAsLong) {
  add("kari");
  const auto best_ns = [&](std::string_view login) {
    std::int64_t best = INT64_MAX;
    for (int i = 0; i < 3; ++i) {
      const auto start = std::chrono::steady_clock::now();
      EXPECT_FALSE(access_->authenticate(login, "wrong horse battery", after(i)));
      const auto took = std::chrono::steady_clock::now() - start;
      best = std::min<std::int64_t>(best, std::chrono::nanoseconds(took).count());
    }
    return best;
  };
  EXPECT_GT(best_ns("nobody"), best_ns("kari") / 4);
}

TEST_F(AccessTest, RefusesBadAccounts) {
  add("kari");
  const auto error = [&](std::string_view login, std::string_view password, Role role,
                         std::optional<std::string> client) {
    const auto made = access_->create_user(login, password, role, client, "", kNow);
    return made ? std::optional<AccessError>() : made.error();
  };
  EXPECT_EQ(error("kari", kPassword, Role::kSeller, {}), AccessError::kExists);
  EXPECT_EQ(error("", kPassword, Role::kSeller, {}), AccessError::kBadLogin);
  EXPECT_EQ(error("a b", kPassword, Role::kSeller, {}), AccessError::kBadLogin);
  EXPECT_EQ(error(std::string(65, 'a'), kPassword, Role::kSeller, {}), AccessError::kBadLogin);
  EXPECT_EQ(error("ola", "short", Role::kSeller, {}), AccessError::kWeakPassword);
  EXPECT_EQ(error("ola", kPassword, Role::kSeller, "ACME"), AccessError::kBadClient);
  EXPECT_EQ(error("ola", kPassword, Role::kOperator, "acme"), AccessError::kBadClient);
  EXPECT_EQ(error("ola", kPassword, Role::kOperator, {}), std::nullopt);
  ASSERT_EQ(access_->accounts()->size(), 2U);
  EXPECT_EQ((*access_->accounts())[0].login, "kari");
  EXPECT_EQ((*access_->accounts())[1].role, Role::kOperator);
}

// Goal: the rule of access.h, to the second. Method: fail until locked, look at both ends.
TEST_F(AccessTest, LocksAfterRepeatedFailures) {
  add("kari");
  const auto fail = [&](std::int64_t second) {
    return access_->authenticate("kari", "wrong horse battery", after(second)).error();
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fail(0), AccessError::kDenied) << i;
  EXPECT_EQ(fail(0), AccessError::kLockedOut);
  EXPECT_EQ(access_->authenticate("kari", kPassword, after(29)).error(), AccessError::kLockedOut);
  EXPECT_EQ(open()->authenticate("kari", kPassword, after(29)).error(), AccessError::kLockedOut);
  EXPECT_EQ(fail(30), AccessError::kDenied);  // The sixth: locked for a minute.
  EXPECT_EQ(fail(30 + 59), AccessError::kLockedOut);
  EXPECT_TRUE(access_->authenticate("kari", kPassword, after(90)));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(fail(91), AccessError::kDenied);  // Starts over.
  EXPECT_TRUE(access_->authenticate("kari", kPassword, after(91)));
}

TEST_F(AccessTest, UnknownLoginsLockTheSame) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(access_->authenticate("nobody", kPassword, kNow).error(), AccessError::kDenied);
  }
  EXPECT_EQ(access_->authenticate("nobody", kPassword, kNow).error(), AccessError::kLockedOut);
}

TEST(LockNs, DoublesUpToAQuarterOfAnHour) {
  EXPECT_EQ(lock_ns(0), 0);
  EXPECT_EQ(lock_ns(4), 0);
  EXPECT_EQ(lock_ns(5), 30 * kNsPerSecond);
  EXPECT_EQ(lock_ns(6), 60 * kNsPerSecond);
  EXPECT_EQ(lock_ns(9), 480 * kNsPerSecond);
  EXPECT_EQ(lock_ns(10), 900 * kNsPerSecond);
  EXPECT_EQ(lock_ns(UINT64_MAX), 900 * kNsPerSecond);
}

TEST_F(AccessTest, NewPasswordEndsSessionsAndLock) {
  add("kari");
  const auto login = access_->login("kari", kPassword, 1, kNow);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(access_->authenticate("kari", "wrong horse battery", kNow));
  }
  ASSERT_TRUE(access_->set_password("kari", "another horse battery", kNow));
  EXPECT_FALSE(access_->principal_of(login->session.secret, after(1)));
  EXPECT_TRUE(access_->authenticate("kari", "another horse battery", after(1)));
  EXPECT_EQ(access_->authenticate("kari", kPassword, after(1)).error(), AccessError::kDenied);
  EXPECT_EQ(access_->set_password("ola", kPassword, kNow).error(), AccessError::kNotFound);
  EXPECT_EQ(access_->set_password("kari", "short", kNow).error(), AccessError::kWeakPassword);
}

TEST_F(AccessTest, DisabledAccountsAreOutAtOnce) {
  add("kari");
  const auto login = access_->login("kari", kPassword, 1, kNow);
  ASSERT_TRUE(open()->set_enabled("kari", false));  // By another process.
  EXPECT_FALSE(access_->principal_of(login->session.secret, after(1)));
  EXPECT_EQ(access_->authenticate("kari", kPassword, after(1)).error(), AccessError::kDenied);
  ASSERT_TRUE(access_->set_enabled("kari", true));
  EXPECT_FALSE(access_->principal_of(login->session.secret, after(1)));  // The session is gone.
  EXPECT_TRUE(access_->authenticate("kari", kPassword, after(1)));
  EXPECT_EQ(access_->set_enabled("ola", true).error(), AccessError::kNotFound);
}

TEST_F(AccessTest, TokensLiveUntilRevokedOrExpired) {
  const auto lasting = access_->create_token("dialler", Role::kDialler, "acme", {}, kNow);
  const auto brief = access_->create_token("probe", Role::kOperator, {}, after(60), kNow);
  ASSERT_TRUE(lasting && brief);
  EXPECT_TRUE(lasting->secret.starts_with("opt_"));
  EXPECT_EQ(lasting->secret.size(), 47U);
  const auto principal = access_->principal_of(lasting->secret, after(1'000'000'000));
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->id, lasting->id);
  EXPECT_EQ(principal->role, Role::kDialler);
  EXPECT_EQ(principal->client, "acme");
  EXPECT_TRUE(access_->principal_of(brief->secret, after(59)));
  EXPECT_FALSE(access_->principal_of(brief->secret, after(60)));
  EXPECT_EQ(access_->tokens()->size(), 2U);
  ASSERT_TRUE(open()->revoke_token(lasting->id));
  EXPECT_FALSE(access_->principal_of(lasting->secret, after(1)));
  EXPECT_EQ(access_->revoke_token(lasting->id).error(), AccessError::kNotFound);
  EXPECT_EQ(access_->create_token("", Role::kDialler, {}, {}, kNow).error(),
            AccessError::kBadLogin);
  EXPECT_EQ(access_->create_token("x", Role::kOperator, "acme", {}, kNow).error(),
            AccessError::kBadClient);
}

// Goal: no secret but itself opens anything. Method: each truncation and each changed character.
TEST_F(AccessTest, NearlyRightSecretsAreWrong) {
  add("kari");
  const std::string session = access_->login("kari", kPassword, 1, kNow)->session.secret;
  const std::string token = access_->create_token("t", Role::kDialler, {}, {}, kNow)->secret;
  for (const std::string& secret : {session, token}) {
    for (std::size_t i = 0; i < secret.size(); ++i) {
      EXPECT_FALSE(access_->principal_of(std::string_view(secret).substr(0, i), kNow));
      std::string changed = secret;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(access_->principal_of(changed, kNow));
    }
    EXPECT_FALSE(access_->principal_of(secret + "A", kNow));
    EXPECT_TRUE(access_->principal_of(secret, kNow));
  }
  EXPECT_FALSE(access_->principal_of("opt_" + session, kNow));
  EXPECT_FALSE(access_->principal_of(token.substr(4), kNow));
}

// Goal: who reads the file learns no secret. Method: search its bytes, journal included.
TEST_F(AccessTest, StoresNoSecret) {
  add("kari");
  const std::string session = access_->login("kari", kPassword, 1, kNow)->session.secret;
  const std::string token = access_->create_token("t", Role::kDialler, {}, {}, kNow)->secret;
  EXPECT_FALSE(access_->authenticate("password-in-login", "x", kNow));
  const std::string bytes = stored();
  EXPECT_NE(bytes.find("$argon2id$"), std::string::npos);
  EXPECT_EQ(bytes.find(kPassword), std::string::npos);
  EXPECT_EQ(bytes.find(session), std::string::npos);
  EXPECT_EQ(bytes.find(token), std::string::npos);
  EXPECT_EQ(bytes.find(token.substr(4)), std::string::npos);
  EXPECT_EQ(bytes.find("password-in-login"), std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat status{};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST_F(AccessTest, ServesManyThreads) {
  add("kari");
  const std::string secret = access_->login("kari", kPassword, 1, kNow)->session.secret;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        if (!access_->principal_of(secret, kNow)) ++wrong;
      }
      if (t % 2 == 0 && !access_->login("kari", kPassword, 1, kNow)) ++wrong;
      const auto token = access_->create_token("t", Role::kDialler, {}, {}, kNow);
      if (!token || !access_->principal_of(token->secret, kNow)) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(AccessTest, RefusesForeignFiles) {
  const auto file = folder_ / "foreign.sqlite";
  std::ofstream(file) << std::string(4'096, 'x');
  const auto opened = open_access(file);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, AccessError::kCannotOpen);
  EXPECT_NE(opened.error().message.find("foreign.sqlite"), std::string::npos);
}

}  // namespace
}  // namespace opptak::control
