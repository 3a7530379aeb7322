// How a writer speaks to control. A writer may wait: if control does not take its events, they
// stay with their recordings until the ring has room again.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/writer/writer.h"

namespace opptak::dataplane {

template <class Message>
void Writer::emit(const Message& message) {
  const auto thread = static_cast<std::uint16_t>(config_.workers + config_.index);
  while (!events_.push(message, thread)) usleep(1000);
  if (channel_->control_sleeping.exchange(0) != 0) (void)eventfd_write(wakeup_fd_, 1);
}

}  // namespace opptak::dataplane
