// ChannelLink against a real channel: memfd, rings and socket in this process, the test being the
// dataplane.
#include "control/channel/channel_link.h"

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace opptak::control::test {

using dataplane::Channel;

class ChannelLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "opptak-link-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    memory_ = dataplane::create_shared_memory("test");
    wakeup_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    link_ = std::make_unique<ChannelLink>(socket_path());
  }
  void TearDown() override {
    link_.reset();
    die();
    close(memory_);
    close(wakeup_);
    std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] std::string socket_path() const { return directory_ + "/dataplane.sock"; }

  void live(std::uint64_t epoch) {
    auto channel = Channel::create(memory_, {2, 1}, false);
    ASSERT_TRUE(channel);
    channel_ = std::make_unique<Channel>(std::move(*channel));
    channel_->header().epoch = epoch;
    const auto listener = dataplane::listen_for_control(socket_path());
    ASSERT_TRUE(listener);
    listener_ = *listener;
    epoch_ = epoch;
  }
  void die() {
    for (int* const fd : {&connection_, &listener_}) {
      if (*fd >= 0) close(*fd);
      *fd = -1;
    }
  }
  // The greeting must be under way before control waits for it: the socket queues both.
  LinkChange connect() {
    std::thread greeter([this] {
      connection_ = accept(listener_, nullptr, nullptr);
      EXPECT_TRUE(dataplane::greet(connection_, epoch_, memory_, wakeup_));
    });
    LinkChange change = LinkChange::kNone;
    for (int i = 0; i < 200 && change == LinkChange::kNone; ++i) {
      change = link_->advance();
      if (change == LinkChange::kNone) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    greeter.join();
    return change;
  }
  LinkChange next_change() {
    LinkChange change = LinkChange::kNone;
    for (int i = 0; i < 200 && change == LinkChange::kNone; ++i) {
      change = link_->advance();
      if (change == LinkChange::kNone) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return change;
  }

  std::string directory_;
  int memory_ = -1;
  int wakeup_ = -1;
  int listener_ = -1;
  int connection_ = -1;
  std::uint64_t epoch_ = 0;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<ChannelLink> link_;
};

// Goal: connects once somebody listens, notices the death, connects again to another start.
TEST_F(ChannelLinkTest, ConnectsAndReconnects) {
  EXPECT_EQ(link_->advance(), LinkChange::kNone);
  EXPECT_FALSE(link_->connected());
  live(1);
  ASSERT_EQ(connect(), LinkChange::kConnected);
  EXPECT_EQ(link_->geometry().epoch, 1U);
  EXPECT_EQ(link_->geometry().workers, 2U);
  EXPECT_EQ(link_->geometry().writers, 1U);
  EXPECT_FALSE(link_->geometry().lockstep);
  EXPECT_EQ(link_->advance(), LinkChange::kNone);
  die();
  EXPECT_EQ(next_change(), LinkChange::kLost);
  EXPECT_FALSE(link_->connected());
  live(2);
  ASSERT_EQ(connect(), LinkChange::kConnected);
  EXPECT_EQ(link_->geometry().epoch, 2U);
}

// Goal: messages arrive in the ring of the thread they are for, with its index in the header.
TEST_F(ChannelLinkTest, SendsToTheRightThread) {
  live(1);
  ASSERT_EQ(connect(), LinkChange::kConnected);
  auto drop = make_message<dataplane::TargetDrop>();
  drop.target = 77;
  std::vector<std::uint8_t> bytes(bytes_of(drop).begin(), bytes_of(drop).end());
  link_->send_to_worker(1, bytes);
  link_->send_to_writer(0, bytes);
  dataplane::RecordConsumer worker0(channel_->commands(0));
  dataplane::RecordConsumer worker1(channel_->commands(1));
  dataplane::RecordConsumer writer0(channel_->commands(2));
  EXPECT_EQ(worker0.next(), nullptr);
  const auto* at_worker = worker1.next();
  ASSERT_NE(at_worker, nullptr);
  EXPECT_EQ(at_worker->thread, 1U);
  EXPECT_EQ(dataplane::as<dataplane::TargetDrop>(*at_worker).target, 77U);
  const auto* at_writer = writer0.next();
  ASSERT_NE(at_writer, nullptr);
  EXPECT_EQ(at_writer->thread, 0U);
}

// Goal: what a full ring refuses follows in order once there is room.
TEST_F(ChannelLinkTest, KeepsTheOrderThroughAFullRing) {
  live(1);
  ASSERT_EQ(connect(), LinkChange::kConnected);
  constexpr std::uint64_t kMessages = 100'000;  // More than the ring holds.
  for (std::uint64_t i = 0; i < kMessages; ++i) {
    auto drop = make_message<dataplane::TargetDrop>();
    drop.target = i;
    std::vector<std::uint8_t> bytes(bytes_of(drop).begin(), bytes_of(drop).end());
    link_->send_to_worker(0, bytes);
  }
  EXPECT_GT(link_->flush(), 0U);
  dataplane::RecordConsumer worker(channel_->commands(0));
  for (std::uint64_t i = 0; i < kMessages; ++i) {
    const auto* record = worker.next();
    if (record == nullptr) {
      worker.release();
      link_->flush();
      record = worker.next();
    }
    ASSERT_NE(record, nullptr) << i;
    ASSERT_EQ(dataplane::as<dataplane::TargetDrop>(*record).target, i);
  }
  worker.release();
  EXPECT_EQ(link_->flush(), 0U);
}

// Goal: events that were not released come again to the next process, released ones do not; a
// sleeper is woken by the dataplane's bell.
TEST_F(ChannelLinkTest, DeliversAgainWhatWasNotReleased) {
  live(1);
  ASSERT_EQ(connect(), LinkChange::kConnected);
  dataplane::RecordProducer producer(channel_->events(0));
  for (std::int64_t i = 1; i <= 3; ++i) {
    dataplane::Tick tick{};
    tick.now = {i};
    ASSERT_TRUE(producer.push(tick, 0));
  }
  std::vector<std::int64_t> seen;
  const auto note = [&](std::span<const std::uint8_t> record) {
    seen.push_back(reinterpret_cast<const dataplane::Tick*>(record.data())->now.value);
  };
  EXPECT_EQ(link_->poll(note, 1), 1U);
  link_->release();
  EXPECT_EQ(link_->poll(note, 10), 2U);
  link_->wait(std::chrono::milliseconds(0));
  link_ = std::make_unique<ChannelLink>(socket_path());
  close(connection_);
  ASSERT_EQ(connect(), LinkChange::kConnected);
  EXPECT_EQ(link_->poll(note, 10), 2U);
  link_->release();
  EXPECT_EQ(link_->poll(note, 10), 0U);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3, 2, 3}));

  std::thread bell([&] {
    while (channel_->header().control_sleeping.load() == 0) std::this_thread::yield();
    const std::uint64_t one = 1;
    EXPECT_EQ(write(wakeup_, &one, sizeof one), 8);
  });
  link_->wait(std::chrono::minutes(1));
  bell.join();
  link_->wake();
  link_->wait(std::chrono::minutes(1));
}

}  // namespace opptak::control::test
