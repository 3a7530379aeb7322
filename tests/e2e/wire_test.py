#!/usr/bin/env python3
"""Goal: 50 concurrent calls of a real SIP program are recorded from the first packet to the last.
Method: sipp calls sipp over a switch made of namespaces; the gateway watches its mirror port over
net_af_packet and net_af_xdp; tcpdump writes down the same wire; store and wire must agree to the
packet, payload digests included."""
import hashlib
import os
import shutil
import signal
import struct
import subprocess
import time

import harness
import network
from harness import Folder, Gateway, make_capture
from player import frames_of

HERE = os.path.dirname(os.path.abspath(__file__))
CALLS = 50
TALK_SECONDS = 8
HTTP_PORT = 18710


def wire_truth(capture):
    """Per RTP stream on the wire: packets and digest, in sequence order; and the SIP Call-IDs."""
    streams, call_ids = {}, set()
    for _, frame in frames_of(capture):
        if frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        header = 14 + (frame[14] & 15) * 4
        sport, dport = struct.unpack_from("!HH", frame, header)
        payload = frame[header + 8:14 + struct.unpack_from("!H", frame, 16)[0]]
        if 5060 in (sport, dport):
            for line in payload.split(b"\r\n"):
                if line.lower().startswith(b"call-id:"):
                    call_ids.add(line.split(b":", 1)[1].strip().decode())
            continue
        addresses = [".".join(map(str, frame[at:at + 4])) for at in (26, 30)]
        sequence, _, ssrc = struct.unpack_from("!HII", payload, 2)
        key = (f"{addresses[0]}:{sport}", f"{addresses[1]}:{dport}", ssrc)
        streams.setdefault(key, {}).setdefault(sequence, payload[12:])
    return {key: (len(packets), digest_of(packets)) for key, packets in streams.items()}, call_ids


def digest_of(packets):
    digest = hashlib.sha256()
    for sequence in sorted(packets):
        digest.update(packets[sequence])
    return digest.hexdigest()


class WireTest(Folder):
    @classmethod
    def setUpClass(cls):
        cls.network = network.Network()
        cls.addClassCleanup(cls.network.remove)
        cls.network.make()
        cls.network.enter_gateway()

    def setUp(self):
        super().setUp()
        for name in ("caller", "callee"):
            # Only the media of the made capture is played; its addresses are sipp's business.
            make_capture(self.path("whole.pcap"), "--calls", 1, "--kinds", "plain", "--codecs",
                         "pcma", "--seconds", TALK_SECONDS, "--seed", len(name) + ord(name[-1]))
            self.keep_one_stream(self.path("whole.pcap"), self.path(name + ".pcap"))
            with open(os.path.join(HERE, f"sipp/{name}.xml"), encoding="utf-8") as scenario:
                text = scenario.read().replace("TALK_MS", str(TALK_SECONDS * 1000 + 500))
            with open(self.path(name + ".xml"), "w", encoding="utf-8") as out:
                out.write(text)

    @staticmethod
    def keep_one_stream(whole, part):
        with open(whole, "rb") as source:
            data = source.read()
        out, at, wanted = bytearray(data[:24]), 24, None
        while at < len(data):
            size = 16 + struct.unpack_from("<I", data, at + 8)[0]
            record = data[at:at + size]
            ports = record[16 + 34:16 + 38]
            source = record[16 + 26:16 + 38]
            if ports != struct.pack("!HH", 5060, 5060) and wanted in (None, source):
                wanted = source
                out += record
            at += size
        with open(part, "wb") as file:
            file.write(out)

    def start(self, part, *words):
        with open(self.path(f"{part}-{words[0]}.log"), "wb") as log:
            process = subprocess.Popen([*self.network.words(part), *map(str, words)],
                                       cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log)
        self.addCleanup(process.kill)
        return process

    def place_calls(self, wire):
        """50 calls, all in progress at once, while tcpdump writes to `wire`."""
        tcpdump = self.start("switch", "tcpdump", "-i", network.MIRROR, "-w", wire, "-U", "-s", 0,
                             "-B", 32768, "-Z", "root")
        harness.wait_until("tcpdump listens", lambda: os.path.exists(wire))
        time.sleep(0.5)
        sipp = ["sipp", "-p", 5060, "-nostdin", "-skip_rlimit", "-timeout", 60]
        callee = self.start("callee", *sipp, "-sf", "callee.xml", "-i", network.CALLEE, "-mi",
                            network.CALLEE, "-mp", 20000)
        caller = self.start("caller", *sipp, "-sf", "caller.xml", "-i", network.CALLER, "-mi",
                            network.CALLER, "-mp", 20000, "-r", 25, "-l", CALLS, "-m",
                            CALLS, f"{network.CALLEE}:5060")
        status = caller.wait(timeout=120)
        callee.send_signal(signal.SIGUSR1)
        callee.wait(timeout=30)
        time.sleep(1)
        tcpdump.send_signal(signal.SIGINT)
        tcpdump.wait(timeout=30)
        with open(self.path("caller-sipp.log"), encoding="utf-8", errors="replace") as log:
            self.assertEqual(status, 0, log.read()[-2000:])

    def check(self, device):
        wire = self.path("wire.pcap")
        with Gateway(self.folder, [device], HTTP_PORT, segment_mib=32) as gateway:
            self.place_calls(wire)
            gateway.settled()
            report = gateway.read_store()
            self.assertEqual(gateway.stop(), 0, gateway.log()[-2000:])
        truth, call_ids = wire_truth(wire)
        self.assertEqual(len(call_ids), CALLS)
        self.assertEqual(len(truth), 2 * CALLS)
        self.assertEqual({call["sip_call_id"] for call in report["calls"]}, call_ids)
        stored = {}
        for call in report["calls"]:
            self.assertEqual((call["state"], call["reason"]), ("recorded", None))
            for recording in call["recordings"]:
                for stream in recording["streams"]:
                    key = (stream["src"], stream["dst"], stream["ssrc"])
                    self.assertEqual(stream["lost"], 0)
                    stored[key] = (stream["packets"], stream["payloads"][0]["sha256"])
        self.assertEqual(stored, truth)

    def test_af_packet(self):
        self.check(f"net_af_packet0,iface={network.WATCHED},blocksz=65536,framesz=2048,"
                   "framecnt=8192")

    def test_af_xdp(self):
        self.check(f"net_af_xdp0,iface={network.WATCHED}")


if __name__ == "__main__":
    harness.need(os.geteuid() == 0, "needs root, for network namespaces")
    harness.need(shutil.which("sipp") and shutil.which("tcpdump"), "sipp or tcpdump is missing")
    harness.need(network.possible(), "this host lets no network namespaces be made")
    harness.main()
