"""Plays a capture onto a gateway's memif port in real time, as a mirror port would."""
import struct
import threading
import time

import memif


def frames_of(capture):
    """(nanoseconds since the first, frame) of a pcap file with microseconds."""
    with open(capture, "rb") as source:
        data = source.read()
    at, first, found = 24, None, []
    while at < len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, at)
        when = seconds * 1_000_000_000 + micros * 1000
        first = when if first is None else first
        found.append((when - first, data[at + 16:at + 16 + size]))
        at += 16 + size
    return found


class Player(threading.Thread):
    """Sends in a thread of its own. While the gateway is away, what is due is gone: a mirror port
    does not wait either."""

    def __init__(self, socket_path, capture):
        super().__init__(daemon=True)
        self.socket_path = socket_path
        self.frames = frames_of(capture)
        self.sent = 0
        self.gone = 0
        self.failure = None

    def connect(self):
        try:
            return memif.MemifSender(self.socket_path)
        except memif.PortGone:
            return None

    def run(self):
        try:
            self.play()
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.failure = error  # Told by finish(), in the thread of the test.

    def play(self):
        port = None
        while port is None:
            port = self.connect()
        start = time.monotonic_ns()
        for due, frame in self.frames:
            while (now := time.monotonic_ns() - start) < due:
                time.sleep(min(0.002, (due - now) / 1e9))
            if port is not None:
                try:
                    port.check()
                except memif.PortGone:
                    port.close()
                    port = None
            if port is None:
                port = self.connect()
            if port is not None and port.send(frame):
                self.sent += 1
            else:
                self.gone += 1
        if port is not None:
            if not port.drain(30):
                raise AssertionError("the gateway does not take what lies in its port")
            port.close()

    def finish(self, seconds=120):
        self.join(seconds)
        if self.failure is not None:
            raise self.failure
        if self.is_alive():
            raise AssertionError("the capture is still being played")
