#!/usr/bin/env python3
"""Goal: either process may be killed during calls, and recording goes on. Method: calls with a
known truth are played in real time onto a memif port; `kill -9` in the middle; the store is read
back."""
import os
import signal
import time

import harness
from harness import Folder, Gateway, make_capture
from player import Player

HTTP_PORT = 18410


class ProcessTest(Folder):
    def setUp(self):
        super().setUp()
        self.capture = self.path("calls.pcap")
        self.truth = make_capture(
            self.capture, "--calls", 10, "--seconds", 12, "--kinds",
            "plain,held,moved,media_first,retransmitted", "--stagger-ms", 900, "--campaigns",
            "auto")
        port, self.socket = harness.memif_port(self.folder)
        self.gateway = Gateway(self.folder, [port], HTTP_PORT)

    def kill(self, name):
        pid = self.gateway.pid(name)
        os.kill(pid, signal.SIGKILL)
        harness.wait_until(f"{name} runs again", lambda: self.gateway.pid(name) != pid)

    def test_nobody_dies(self):
        with self.gateway:
            player = Player(self.socket, self.capture)
            player.start()
            player.finish()
            self.gateway.settled()
            self.assertEqual(player.gone, 0)
            self.assert_agree(self.gateway.read_store(), self.truth, counters=False)
            self.assertEqual(self.gateway.stop(), 0, self.gateway.log())

    def test_control_dies_three_times(self):
        with self.gateway:
            player = Player(self.socket, self.capture)
            player.start()
            for _ in range(3):
                time.sleep(3)
                self.kill("opptak-control")
            player.finish()
            self.gateway.wait_ready()
            self.gateway.settled()
            # The dataplane missed nothing meanwhile, so neither did the recordings.
            self.assert_agree(self.gateway.read_store(), self.truth, counters=False)

    def test_dataplane_dies(self):
        with self.gateway:
            player = Player(self.socket, self.capture)
            player.start()
            time.sleep(7)
            self.kill("opptak-dataplane")
            killed_after = player.sent
            player.finish()
            self.gateway.settled()
            report = self.gateway.read_store()
        self.assertGreater(player.sent, killed_after, "the port came back")
        self.check_what_the_gap_left(report, player)

    def check_what_the_gap_left(self, report, player):
        """Packets that the port took are stored, but for what lay in the port when it died."""
        calls = {call["sip_call_id"]: call for call in report["calls"]}
        wanted = stored = 0
        for truth in self.truth["calls"]:
            call = calls[truth["sip_call_id"]]
            self.assertIn(call["state"], ("recorded", "partial"))
            streams = [s for r in call["recordings"] for s in r["streams"]]
            wanted += sum(s["packets"] for s in truth["streams"])
            stored += sum(s["packets"] for s in streams)
            self.assertEqual(len({(s["src"], s["dst"], s["ssrc"]) for s in streams}),
                             len(truth["streams"]), truth["sip_call_id"])
        missing = wanted - stored
        in_the_port = 200  # At most: a fifth of a second of the ten calls.
        self.assertLessEqual(missing, player.gone + in_the_port)


if __name__ == "__main__":
    harness.main()
