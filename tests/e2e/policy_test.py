#!/usr/bin/env python3
"""Goal: no audio byte of an `off` call, nor of a `manual` one before its start, reaches a store or
a file of the processes. Method: play calls whose payload is known, and search everything that the
processes hold open and everything in the store for pieces of it; an `automatic` call beside them
shows that the search finds what is there."""
import os
import time

import harness
from harness import Folder, Gateway, make_capture
from player import Player, frames_of

HTTP_PORT = 18510
RTP_PAYLOAD_AT = 14 + 20 + 8 + 12


def pieces(capture, port):
    """24 bytes out of the payload of every tenth RTP packet to or from this port."""
    found = []
    for _, frame in frames_of(capture):
        ports = (int.from_bytes(frame[34:36], "big"), int.from_bytes(frame[36:38], "big"))
        if port in ports and len(frame) == RTP_PAYLOAD_AT + 160:
            found.append(frame[RTP_PAYLOAD_AT + 60:RTP_PAYLOAD_AT + 84])
    return found[::10]


class PolicyTest(Folder):
    def setUp(self):
        super().setUp()
        self.capture = self.path("calls.pcap")
        self.truth = make_capture(self.capture, "--calls", 3, "--seconds", 9, "--kinds", "plain",
                                  "--campaigns", "auto,never,hand", "--codecs", "pcma",
                                  "--stagger-ms", 100)
        port, self.socket = harness.memif_port(self.folder)
        self.gateway = Gateway(self.folder, [port], HTTP_PORT)

    def open_files(self):
        """Content of everything the three processes hold open, memory files included, by name."""
        pids = [self.gateway.process.pid, self.gateway.pid("opptak-dataplane"),
                self.gateway.pid("opptak-control")]
        found = {}
        for pid in pids:
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                path = f"/proc/{pid}/fd/{descriptor}"
                try:
                    name = os.readlink(path)
                except OSError:  # Closed meanwhile.
                    continue
                # DPDK's packet buffers (memfd "nohuge") are what the network card writes into: they
                # hold every packet for a moment, also of calls of which nothing is kept.
                if name.startswith("/memfd:nohuge"):
                    continue
                if name.startswith(("/memfd:", "/")) and not name.startswith("/dev/"):
                    try:
                        with open(path, "rb") as file:
                            found[f"{pid} {name}"] = file.read()
                    except OSError:
                        continue  # A directory.
        for folder, _, files in os.walk(self.folder):
            for name in files:
                path = os.path.join(folder, name)
                if path != self.capture and os.path.isfile(path):  # No socket.
                    with open(path, "rb") as file:
                        found[path] = file.read()
        return found

    def holders(self, wanted):
        return sorted({name for name, data in self.open_files().items()
                       if any(piece in data for piece in wanted)})

    def call_of(self, campaign):
        return next(call for call in self.gateway.calls() if call["campaign"] == campaign)

    def test_nothing_of_it_is_anywhere(self):
        automatic, never, hand = (pieces(self.capture, 10_000 + 4 * n) for n in range(3))
        with self.gateway:
            # The port's own ring holds what the sender put there; it is the wire, not the gateway.
            player = Player(self.socket, self.capture)
            player.start()
            time.sleep(4)
            found = [name for name in self.holders(automatic) if "demo-port" not in name]
            self.assertTrue(found, "the search does not even find a call that is being recorded")
            for wanted in (never, hand):
                held = [name for name in self.holders(wanted) if "demo-port" not in name]
                self.assertEqual(held, [])
            player.finish()
            calls = self.gateway.settled()
            for wanted in (never, hand):
                held = [name for name in self.holders(wanted) if "demo-port" not in name]
                self.assertEqual(held, [])
            states = {call["campaign"]: (call["state"], call["reason"]) for call in calls}
        self.assertEqual(states, {"auto": ("recorded", None), "never": ("suppressed", "off"),
                                  "hand": ("suppressed", "manual")})

    def test_manual_records_between_start_and_stop(self):
        with self.gateway:
            player = Player(self.socket, self.capture)
            player.start()
            time.sleep(2)
            self.action("never", "start", 409)
            self.action("auto", "start", 409)
            for _ in range(2):
                self.action("hand", "start")
                self.action("hand", "start", 409)
                time.sleep(1.5)
                self.action("hand", "stop")
                self.action("hand", "stop", 409)
                time.sleep(0.5)
            player.finish()
            self.gateway.settled()
            report = self.gateway.read_store()
        calls = {call["campaign"]: call for call in report["calls"]}
        self.assertEqual(calls["hand"]["state"], "recorded")
        self.assertEqual(len(calls["hand"]["recordings"]), 2)
        for recording in calls["hand"]["recordings"]:
            for stream in recording["streams"]:
                self.assertAlmostEqual(stream["packets"], 75, delta=30)
                self.assertEqual(stream["lost"], 0)
        self.assertEqual(calls["never"]["recordings"], [])

    def action(self, campaign, what, status=200):
        path = f"/v1/calls/{self.call_of(campaign)['call_id']}/recording"
        return self.gateway.api("POST", path, {"action": what}, status)


if __name__ == "__main__":
    harness.main()
