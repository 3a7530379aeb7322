#!/usr/bin/env python3
"""Write a capture of SIP calls with RTP, and the truth about it.

    make_capture.py OUT.pcap [--truth OUT.json] [--calls 20] [--kinds plain,held,...] [options]

The calls take the kinds, codecs and campaigns in turn. All is a function of the options and the
seed: the same twice gives the same bytes. The truth holds per call its facts and per stream what a
perfect recorder stores; and how many datagrams of the capture are signalling, media, duplicates or
belong to no call.
"""
import argparse
import json
import random

from capture import calls, media
from capture.sip import CODECS, Dialog
from capture.timeline import Timeline
from capture.wire import FORMATS, LINKS, Endpoint

START_NS = 1_700_000_000_000_000_000
NETWORKS = {False: ("10.20.%d.%d", "10.30.%d.%d"), True: ("2001:db8:20::%x:%x",
                                                         "2001:db8:30::%x:%x")}


def arguments():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("out")
    words.add_argument("--truth", help="JSON file to write the truth to")
    words.add_argument("--calls", type=int, default=20)
    words.add_argument("--seconds", type=float, default=4.0, help="talk time of each call")
    words.add_argument("--kinds", default=",".join(calls.KINDS),
                       help="kinds of call, in turn (default: all)")
    words.add_argument("--codecs", default="pcma,pcmu,g722", help="codecs, in turn")
    words.add_argument("--campaigns", default="", help="campaigns, in turn; '-': without one")
    words.add_argument("--stagger-ms", type=float, default=150.0, help="between call starts")
    words.add_argument("--early-media-ms", type=int, default=0, help="of plain calls")
    words.add_argument("--loss", type=float, default=0.0, help="share of RTP packets")
    words.add_argument("--reorder", type=float, default=0.0, help="share delayed by 30 ms")
    words.add_argument("--duplicate", type=float, default=0.0, help="share seen twice")
    words.add_argument("--noise", type=int, default=0, help="datagrams that belong to no call")
    words.add_argument("--ipv6", action="store_true")
    words.add_argument("--vlan", type=int, help="802.1Q tag of every frame")
    words.add_argument("--link", choices=LINKS, default="ethernet")
    words.add_argument("--format", choices=FORMATS, default="pcap")
    words.add_argument("--seed", type=int, default=1)
    return words.parse_args()


class Noise:
    """Payload bytes that compress and repeat as little as chance."""

    def __init__(self, source):
        self.random = source
        self.pool = source.randbytes(1 << 16)

    def __call__(self, size):
        at = self.random.randrange(len(self.pool) - size)
        return self.pool[at:at + size]


def make_call(options, number, source, noise):
    """The call with this number: addresses, names and media follow from the number."""
    turn = (lambda words: words[number % len(words)])
    near, far = NETWORKS[options.ipv6]
    campaign = turn(options.campaigns.split(",")) if options.campaigns else "-"
    dialog = Dialog(call_id=f"{source.getrandbits(64):016x}@{number}.example",
                    caller=f"10{number % 1000:03d}", callee=f"+4790{number:06d}",
                    caller_sip=Endpoint(near % (0, 1), 5060),
                    callee_sip=Endpoint(far % (0, 1), 5060), tag=f"{number:x}",
                    campaign=None if campaign == "-" else campaign)
    port = 10_000 + 4 * (number % 5000)
    row = 1 + number // 5000
    return calls.Call(
        dialog=dialog, caller_media=Endpoint(near % (1, row), port),
        callee_media=Endpoint(far % (1, row), port), codec=turn(options.codecs.split(",")),
        start_ns=START_NS + int(number * options.stagger_ms * calls.MS),
        talk_packets=int(options.seconds * 50), random=source,
        faults=media.Faults(source, options.loss, options.reorder, options.duplicate),
        early_ms=options.early_media_ms, sources=(noise, noise))


def main():
    options = arguments()
    source = random.Random(options.seed)
    noise = Noise(source)
    kinds = [calls.KINDS[name] for name in options.kinds.split(",")]
    if unknown := set(options.codecs.split(",")) - set(CODECS):
        raise SystemExit(f"make_capture: no codec named {', '.join(unknown)}")
    timeline = Timeline()
    truths = [kinds[number % len(kinds)](timeline, make_call(options, number, source, noise))
              for number in range(options.calls)]
    near, far = NETWORKS[options.ipv6]
    for number in range(options.noise):
        at = START_NS + source.randrange(int(options.seconds * 1000)) * calls.MS
        resolver = Endpoint(far % (9, 1), 53)
        timeline.add(at, Endpoint(near % (9, 1), 40_000 + number % 1000), resolver, noise(40),
                     "other")
    counts = timeline.write(options.out, options.link, options.format, options.vlan)
    for truth in truths:
        truth["streams"] = [stream.truth() for stream in truth["streams"] if stream.seen]
    if options.truth:
        with open(options.truth, "w", encoding="utf-8") as out:
            json.dump({"packets": counts, "calls": truths}, out, indent=1)
    print(f"{options.out}: {options.calls} calls, {counts['received']} packets")


if __name__ == "__main__":
    main()
