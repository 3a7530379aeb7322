"""The sending end of a memif port: shared memory with a ring, offered over a Unix socket.

The gateway listens as memif server (DPDK's net_memif, protocol 2.0), needs no privilege for it and
sees an ordinary port. One ring towards the gateway, none back. Struct layouts are the protocol's.
"""
import array
import mmap
import os
import socket
import struct
import time

VERSION = 2 << 8
COOKIE = 0x3E31F20
ACK, HELLO, INIT, ADD_REGION, ADD_RING, CONNECT, CONNECTED, DISCONNECT = range(1, 9)
MESSAGE_BYTES = 128
LOG2_SLOTS = 11
SLOTS = 1 << LOG2_SLOTS
BUFFER_BYTES = 2048
HEAD_AT, TAIL_AT, DESCRIPTORS_AT = 6, 64, 128
BUFFERS_AT = DESCRIPTORS_AT + 16 * SLOTS


class PortGone(Exception):
    """The gateway closed the port or was never there."""


class MemifSender:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(5)
        self.head = 0
        self.refused = 0  # Frames that found the ring full.
        try:
            self.socket.connect(path)
            self._offer_ring()
        except OSError as error:
            self.socket.close()
            raise PortGone(str(error)) from error
        self.socket.setblocking(False)

    def _offer_ring(self):
        size = BUFFERS_AT + SLOTS * BUFFER_BYTES
        memory = os.memfd_create("demo-port")
        os.ftruncate(memory, size)
        self.memory = mmap.mmap(memory, size)
        struct.pack_into("<IHH", self.memory, 0, COOKIE, 1, 0)  # Flag 1: we want no interrupts.
        # Head and tail change by one store each: a byte-wise one would show half a number.
        self.counters = memoryview(self.memory).cast("H")
        self.wakeup = os.eventfd(0)
        self._expect(HELLO)
        self._say(INIT, struct.pack("<HIB24s32s", VERSION, 0, 0, b"", b"demo"), ACK)
        self._say(ADD_REGION, struct.pack("<HQ", 0, size), ACK, memory)
        self._say(ADD_RING, struct.pack("<HHHIBH", 1, 0, 0, 0, LOG2_SLOTS, 0), ACK, self.wakeup)
        self._say(CONNECT, struct.pack("<32s", b"demo"), CONNECTED)
        os.close(memory)

    def _say(self, kind, body, answer, descriptor=None):
        message = struct.pack("<H", kind) + body
        rights = [] if descriptor is None else [
            (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        self.socket.sendmsg([message.ljust(MESSAGE_BYTES, b"\0")], rights)
        self._expect(answer)

    def _expect(self, kind):
        message = self.socket.recv(MESSAGE_BYTES)
        got = struct.unpack_from("<H", message)[0] if message else DISCONNECT
        if got != kind:
            raise PortGone(f"memif message {got} instead of {kind}")

    def check(self):
        """Raises PortGone when the gateway has closed its end."""
        try:
            if len(self.socket.recv(MESSAGE_BYTES)) == 0:
                raise PortGone("closed")
        except BlockingIOError:
            pass
        except OSError as error:
            raise PortGone(str(error)) from error

    def send(self, frame):
        """Puts one frame into the ring; False where the ring is full."""
        tail = self.counters[TAIL_AT // 2]
        if (self.head - tail) & 0xFFFF >= SLOTS:
            self.refused += 1
            return False
        slot = self.head % SLOTS
        at = BUFFERS_AT + slot * BUFFER_BYTES
        self.memory[at:at + len(frame)] = frame
        struct.pack_into("<HHIII", self.memory, DESCRIPTORS_AT + 16 * slot, 0, 0, len(frame), at, 0)
        # x86 does not reorder stores: whoever sees the new head sees the frame.
        self.head = (self.head + 1) & 0xFFFF
        self.counters[HEAD_AT // 2] = self.head
        return True

    def drain(self, seconds):
        """Waits until the gateway has taken every frame; False where it has not by then."""
        deadline = time.monotonic() + seconds
        while self.counters[TAIL_AT // 2] != self.head:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def close(self):
        """What the gateway has not taken yet is lost: drain() first."""
        self.socket.close()
        self.counters.release()
        self.memory.close()
        os.close(self.wakeup)
