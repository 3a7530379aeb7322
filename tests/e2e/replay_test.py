#!/usr/bin/env python3
"""Goal: a replay stores exactly what a capture holds. Method: captures of our own generator, whose
truth is known; each replayed by the real processes, and the report compared call by call."""
import glob
import hashlib
import json
import os
import struct
import subprocess
import unittest

import harness
from harness import Folder, make_capture, opptak, replay

import compare_replay


class ReplayTest(Folder):
    def replayed(self, options, mode=None):
        capture = self.path("calls.pcap")
        truth = make_capture(capture, *options)
        words = [capture] if mode is None else [capture, "--mode", mode]
        report = replay(*words)
        self.assert_agree(report, truth, mode or "automatic")
        return report, truth

    def test_every_kind_of_call(self):
        self.replayed(["--calls", 27, "--noise", 20, "--early-media-ms", 300])

    def test_loss_reordering_and_duplicates(self):
        self.replayed(["--calls", 18, "--loss", 0.03, "--reorder", 0.03, "--duplicate", 0.03])

    def test_ipv6(self):
        self.replayed(["--calls", 9, "--ipv6"])

    def test_vlan(self):
        self.replayed(["--calls", 9, "--vlan", 42])

    def test_link_types_and_file_formats(self):
        for link in ("raw", "sll", "sll2"):
            for file_format in ("pcap", "pcap-ns", "pcapng"):
                with self.subTest(link=link, format=file_format):
                    self.replayed(["--calls", 3, "--seconds", 1, "--link", link, "--format",
                                   file_format])

    def test_many_calls_at_once(self):
        self.replayed(["--calls", 200, "--kinds", "plain", "--seconds", 3, "--stagger-ms", 5])

    def test_campaign_of_the_header(self):
        report, _ = self.replayed(["--calls", 4, "--kinds", "plain", "--campaigns", "auto,-",
                                   "--seconds", 1])
        self.assertEqual([call["campaign"] for call in report["calls"]],
                         ["auto", None, "auto", None])

    def test_off_and_manual_store_nothing(self):
        for mode in ("off", "manual"):
            with self.subTest(mode=mode):
                self.replayed(["--calls", 18, "--seconds", 2], mode)

    def test_twice_the_same(self):
        capture = self.path("calls.pcap")
        make_capture(capture, "--calls", 27, "--loss", 0.02, "--reorder", 0.02, "--duplicate", 0.02)
        one, two = replay(capture), replay(capture)
        self.assertNotEqual(one["calls"][0]["call_id"], two["calls"][0]["call_id"])
        self.assertEqual(compare_replay.without_ids(one), compare_replay.without_ids(two))

    def test_two_captures_are_merged_by_time(self):
        whole = self.path("whole.pcap")
        truth = make_capture(whole, "--calls", 9, "--seconds", 2)
        halves = self.path("even.pcap"), self.path("odd.pcap")
        deal_packets(whole, halves)
        self.assert_agree(replay(*halves), truth)

    def test_export(self):
        capture = self.path("calls.pcap")
        truth = make_capture(capture, "--calls", 2, "--kinds", "plain", "--seconds", 2, "--codecs",
                             "pcma")
        folder = self.path("export")
        report = replay(capture, "--export", folder)
        dumps = sorted(glob.glob(folder + "/*.rtpdump"))
        wanted = sorted(s["payload_sha256"] for call in truth["calls"] for s in call["streams"])
        self.assertEqual(sorted(map(payload_digest_of_rtpdump, dumps)), wanted)
        for call in report["calls"]:
            for recording in call["recordings"]:
                wave = os.path.join(folder, recording["recording_id"] + ".wav")
                facts = subprocess.run(["soxi", wave], capture_output=True, text=True,
                                       check=True).stdout
                self.assertIn("Channels       : 2", facts)
                seconds = float(subprocess.run(["soxi", "-D", wave], capture_output=True,
                                               text=True, check=True).stdout)
                self.assertAlmostEqual(seconds, 2.0, delta=0.3)

    def test_help_and_table(self):
        capture = self.path("calls.pcap")
        make_capture(capture, "--calls", 2, "--kinds", "plain", "--seconds", 1)
        table = opptak("replay", capture)
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertIn("recorded", table.stdout)
        self.assertEqual(opptak("replay", "--help").returncode, 0)


def deal_packets(capture, parts):
    """Deals the packets of a capture out to two files in turn."""
    with open(capture, "rb") as source:
        data = source.read()
    outs = [bytearray(data[:24]) for _ in parts]
    at, turn = 24, 0
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        outs[turn] += data[at:at + size]
        at, turn = at + size, 1 - turn
    for name, out in zip(parts, outs):
        with open(name, "wb") as file:
            file.write(out)


def payload_digest_of_rtpdump(path):
    """SHA-256 over the payloads of an rtpdump file of packets without extension or padding."""
    with open(path, "rb") as source:
        data = source.read()
    at = data.index(b"\n") + 1 + 16
    digest = hashlib.sha256()
    while at < len(data):
        length, size = struct.unpack_from("!HH", data, at)
        packet = data[at + 8:at + 8 + size]
        digest.update(packet[12:])
        at += length
    return digest.hexdigest()


if __name__ == "__main__":
    harness.main()
