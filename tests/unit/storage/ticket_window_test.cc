#include "storage/segment/ticket_window.h"

#include <gtest/gtest.h>

namespace opptak::storage {
namespace {

// Goal: the written watermark is contiguous whatever the order of completion.
TEST(TicketWindow, WatermarkWaitsForTheOldest) {
  TicketWindow window(8);
  for (int i = 0; i < 4; ++i) window.issue(1);
  window.settle(2, true);
  window.settle(4, true);
  EXPECT_EQ(window.written(), 0U);
  window.settle(1, true);
  EXPECT_EQ(window.written(), 2U);
  window.settle(3, false);
  EXPECT_EQ(window.written(), 4U);
  EXPECT_FALSE(window.take_failed(2));
  EXPECT_TRUE(window.take_failed(3));
  EXPECT_FALSE(window.take_failed(3));  // Once.
}

// Goal: the window is bounded and runs round.
TEST(TicketWindow, IsFullUntilTicketsAreDurable) {
  TicketWindow window(4);
  for (std::uint64_t round = 0; round < 5; ++round) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_FALSE(window.full());
      const std::uint64_t ticket = window.issue(1);
      window.settle(ticket, true);
    }
    ASSERT_TRUE(window.full());
    window.set_durable(window.written());
    ASSERT_EQ(window.durable(), 4 * (round + 1));
  }
}

// Goal: a failed sync costs exactly what it stood for: this segment's tickets that were written but
// not durable.
TEST(TicketWindow, FailsTheSegmentsTicketsOnly) {
  TicketWindow window(8);
  for (const std::uint32_t segment : {1U, 2U, 1U, 2U, 1U, 1U}) {
    window.settle(window.issue(segment), true);
  }
  window.set_durable(1);
  window.fail_segment(1, 5);
  for (std::uint64_t ticket = 1; ticket <= 6; ++ticket) {
    EXPECT_EQ(window.take_failed(ticket), ticket == 3 || ticket == 5) << ticket;
  }
}

}  // namespace
}  // namespace opptak::storage
