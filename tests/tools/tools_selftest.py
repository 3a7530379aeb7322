#!/usr/bin/env python3
"""Goal: the generator is deterministic and its truth is right; the comparer sees every kind of
difference. Method: read captures back with a reader written here; change one thing at a time."""
import copy
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

import compare_replay

HERE = os.path.dirname(os.path.abspath(__file__))


def make(folder, name, *options):
    capture, truth = os.path.join(folder, name + ".pcap"), os.path.join(folder, name + ".json")
    subprocess.run([sys.executable, os.path.join(HERE, "make_capture.py"), capture, "--truth",
                    truth, *options], check=True, stdout=subprocess.DEVNULL)
    with open(capture, "rb") as data, open(truth, encoding="utf-8") as text:
        return data.read(), json.load(text)


def datagrams(capture):
    """(source address, destination address, source port, destination port, payload) of IPv4."""
    at = 24
    while at < len(capture):
        size = struct.unpack_from("<I", capture, at + 8)[0]
        frame = capture[at + 16:at + 16 + size]
        at += 16 + size
        ports = struct.unpack_from("!HH", frame, 34)
        yield (".".join(map(str, frame[26:30])), ".".join(map(str, frame[30:34])), *ports,
               frame[42:])


def ideal_replay(truth, ids=""):
    """What a perfect gateway would print; all ids of a run start with `ids`."""
    packets = truth["packets"]
    calls = []
    for number, call in enumerate(truth["calls"]):
        streams = [{**{k: s[k] for k in ("src", "dst", "ssrc", *compare_replay.STREAM_FACTS)},
                    "payloads": [{"payload_type": s["payload_type"], "codec": s["codec"].upper(),
                                  "packets": s["packets"], "sha256": s["payload_sha256"]}]}
                   for s in call["streams"]]
        recordings = [{"recording_id": f"{ids}r{number}", "streams": streams}] if streams else []
        calls.append({"call_id": f"{ids}c{number}", "conversation_id": f"{ids}c{number}",
                      "sip_call_id": call["sip_call_id"], "recordings": recordings,
                      **{fact: call[fact] for fact in compare_replay.CALL_FACTS}})
    return {"packets": {"received": packets["received"], "stored": packets["media"],
                        "suppressed": 0, "signalling": packets["signalling"],
                        "not_call": packets["not_call"], "duplicate": packets["duplicate"],
                        "malformed": 0, "dropped": 0}, "calls": calls}


class ToolsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            options = ("--calls", "9", "--loss", "0.05", "--reorder", "0.05", "--duplicate", "0.05",
                       "--noise", "3", "--seconds", "2")
            cls.capture, cls.truth = make(folder, "one", *options)
            cls.again, _ = make(folder, "two", *options)
            cls.other, _ = make(folder, "three", *options, "--seed", "2")

    def test_same_seed_same_bytes(self):
        self.assertEqual(self.capture, self.again)
        self.assertNotEqual(self.capture, self.other)

    def test_truth_is_what_the_capture_holds(self):
        streams = {}
        for src, dst, sport, dport, payload in datagrams(self.capture):
            if payload[0] == 0x80 and payload[1] & 0x7F < 64:
                sequence, _, ssrc = struct.unpack_from("!HII", payload, 2)
                key = (f"{src}:{sport}", f"{dst}:{dport}", ssrc)
                streams.setdefault(key, []).append((sequence, payload[12:]))
        truths = [s for call in self.truth["calls"] for s in call["streams"]]
        self.assertEqual(len(truths), len(streams))
        for truth in truths:
            packets = streams[(truth["src"], truth["dst"], truth["ssrc"])]
            first = packets[0][0]  # Never lost, never late.
            unique = {}
            for sequence, payload in packets:
                unique.setdefault((sequence - first) & 0xFFFF, payload)
            self.assertEqual(truth["packets"], len(unique))
            self.assertEqual(truth["duplicates"], len(packets) - len(unique))
            self.assertEqual(truth["lost"], max(unique) + 1 - len(unique))
            joined = b"".join(unique[index] for index in sorted(unique))
            self.assertEqual(truth["payload_sha256"], hashlib.sha256(joined).hexdigest())
        for fact in ("lost", "duplicates", "reordered"):
            self.assertGreater(sum(truth[fact] for truth in truths), 0, fact)

    def test_comparer_accepts_the_truth(self):
        self.assertEqual(list(compare_replay.compare(ideal_replay(self.truth), self.truth)), [])

    def test_comparer_sees_every_difference(self):
        perfect = ideal_replay(self.truth)
        changes = [lambda r: r["calls"].pop(),
                   lambda r: r["calls"].append({**r["calls"][0], "sip_call_id": "invented"}),
                   lambda r: r["calls"][0]["recordings"][0]["streams"].pop()]
        for fact in compare_replay.CALL_FACTS:
            changes.append(lambda r, f=fact: r["calls"][0].update({f: "changed"}))
        for fact in compare_replay.STREAM_FACTS:
            changes.append(lambda r, f=fact: self.stream(r).update({f: 10_000}))
        for name in perfect["packets"]:
            changes.append(lambda r, n=name: r["packets"].update({n: 10_000_000}))
        changes.append(lambda r: self.stream(r)["payloads"][0].update(sha256="0"))
        changes.append(lambda r: self.stream(r)["payloads"][0].update(codec="GSM"))
        for change in changes:
            replay = copy.deepcopy(perfect)
            change(replay)
            self.assertNotEqual(list(compare_replay.compare(replay, self.truth)), [])

    def test_two_replays_differ_by_ids_only(self):
        one = ideal_replay(self.truth)
        two = ideal_replay(self.truth, "other-")
        self.assertNotEqual(one, two)
        self.assertEqual(compare_replay.without_ids(one), compare_replay.without_ids(two))
        two["calls"][0]["conversation_id"] = two["calls"][1]["conversation_id"]
        self.assertNotEqual(compare_replay.without_ids(one), compare_replay.without_ids(two))

    @staticmethod
    def stream(replay):
        return replay["calls"][0]["recordings"][0]["streams"][0]


if __name__ == "__main__":
    unittest.main(verbosity=2)
