#!/usr/bin/env python3
"""Place the calls of a demonstration call centre, spoken by espeak-ng, in real time.

    place_calls.py --port SOCKET --cache DIR    on the gateway's memif port, until interrupted
    place_calls.py --capture FILE --cache DIR   two minutes of them into a capture file

Calls of several clients and campaigns come every few seconds; some are busy, some are given up
while it rings, some are put on hold. Each talk is a dialogue of dialogues.py.
"""
import argparse
import heapq
import itertools
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/tools"))
# pylint: disable=wrong-import-position
from capture import calls, media
from capture.sip import Dialog
from capture.timeline import Timeline
from capture.wire import Endpoint, framed, udp_packet

import dialogues
import memif
import speech

NS = 1_000_000_000
GAP_SECONDS = (2.0, 5.0)  # Between two calls.
KINDS = ["plain", "early", "plain", "rejected", "plain", "held", "early", "cancelled"]


class Track:
    """A source of payloads: the track from its beginning, then silence."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def __call__(self, size):
        part = self.data[self.at:self.at + size]
        self.at += size
        return part.ljust(size, speech.SILENCE)


class CallCentre:
    """Makes one call after the other, each as (arrival, frame) pairs."""

    def __init__(self, cache):
        self.tracks = [speech.tracks(dialogue, cache) for dialogue in dialogues.DIALOGUES]
        self.ring_back = speech.ring_back(10)
        self.random = random.Random()
        self.numbers = itertools.count()

    def call(self, start_ns):
        number = next(self.numbers)
        kind = KINDS[number % len(KINDS)]
        which = number % len(dialogues.DIALOGUES)
        dialogue, (caller, callee) = dialogues.DIALOGUES[which], self.tracks[which]
        early_seconds = 3 if kind == "early" else 0
        if early_seconds:
            callee = self.ring_back[:early_seconds * speech.BYTES_PER_SECOND] + callee
        timeline = Timeline()
        port = 20_000 + 4 * (number % 5000)
        call = calls.Call(
            dialog=Dialog(
                call_id=f"{self.random.getrandbits(64):016x}@dialler.example",
                caller=f"seller{1 + number % 6}", callee=f"+47{self.random.randrange(10**7):08d}",
                caller_sip=Endpoint("10.20.0.1", 5060), callee_sip=Endpoint("10.30.0.1", 5060),
                tag=f"{self.random.getrandbits(32):x}", campaign=dialogue["campaign"]),
            caller_media=Endpoint("10.20.1.1", port), callee_media=Endpoint("10.30.1.1", port),
            codec="pcma", start_ns=start_ns, talk_packets=-(-len(caller) // 160),
            random=self.random, faults=media.Faults(self.random, loss=0.002),
            early_ms=early_seconds * 1000, sources=(Track(caller), Track(callee)))
        calls.KINDS["plain" if kind == "early" else kind](timeline, call)
        return [(at, number, framed(udp_packet(src, dst, payload), "ethernet"))
                for at, number, src, dst, payload, _, _ in timeline.datagrams]


def stop(*_):
    raise KeyboardInterrupt


def connect(path):
    """The port, as soon as the gateway offers it."""
    while True:
        try:
            return memif.MemifSender(path)
        except memif.PortGone:
            time.sleep(0.2)


def play(path, centre):
    """Sends frames when they are due; starts over with new calls when the gateway restarts."""
    while True:
        port = connect(path)
        due, next_call_ns = [], time.time_ns()
        try:
            while True:
                now = time.time_ns()
                if now >= next_call_ns:
                    for entry in centre.call(now):
                        heapq.heappush(due, entry)
                    next_call_ns = now + int(centre.random.uniform(*GAP_SECONDS) * NS)
                    port.check()
                while due and due[0][0] <= now:
                    port.send(heapq.heappop(due)[2])
                time.sleep(0.002)
        except memif.PortGone:
            port.close()


def write_capture(path, centre, seconds=120):
    from capture.wire import CaptureFile
    start, frames, at = time.time_ns(), [], 0.0
    while at < seconds:
        frames += centre.call(start + int(at * NS))
        at += centre.random.uniform(*GAP_SECONDS)
    capture = CaptureFile(path)
    for arrival, _, frame in sorted(frames):
        capture.write(arrival, frame)
    capture.close()


def main():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--port", help="Unix socket of the gateway's memif port")
    words.add_argument("--capture", help="capture file to write instead")
    words.add_argument("--cache", required=True, help="folder that keeps the spoken dialogues")
    options = words.parse_args()
    if (options.port is None) == (options.capture is None):
        words.error("give either --port or --capture")
    signal.signal(signal.SIGTERM, stop)
    centre = CallCentre(options.cache)
    if options.capture:
        write_capture(options.capture, centre)
        return
    try:
        play(options.port, centre)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
