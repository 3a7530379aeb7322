#!/usr/bin/env python3
"""Compare what `opptak replay --json` says with the truth that make_capture.py wrote.

    compare_replay.py REPLAY.json TRUTH.json [--mode automatic|manual|off]
    compare_replay.py REPLAY.json --same OTHER_REPLAY.json

The first form wants every call with its facts, every stream with its packets, losses, duplicates
and reordered packets, the digest of every payload type, nothing else, and counters that agree with
the capture. The second wants two replays to say the same but for the ids. Prints one line per
difference; exit status 0 where there is none.
"""
import argparse
import json
import sys

CALL_FACTS = ("from", "to", "campaign", "state", "reason", "answered")
STREAM_FACTS = ("packets", "lost", "duplicates", "reordered")


def expected_call(call, mode):
    """The truth about a call when its media is not to be recorded."""
    if mode == "automatic" or not call["streams"]:
        return call
    return {**call, "state": "suppressed", "reason": mode, "streams": []}


def compare_streams(name, found, wanted):
    by_key = {}
    for stream in found:
        key = (stream["src"], stream["dst"], stream["ssrc"])
        if key in by_key:
            yield f"{name}: stream {key} stands twice"
        by_key[key] = stream
    for truth in wanted:
        key = (truth["src"], truth["dst"], truth["ssrc"])
        stream = by_key.pop(key, None)
        if stream is None:
            yield f"{name}: stream {key} with {truth['packets']} packets is missing"
            continue
        for fact in STREAM_FACTS:
            if stream[fact] != truth[fact]:
                yield f"{name}: stream {key}: {fact} {stream[fact]}, want {truth[fact]}"
        payloads = {(p["payload_type"], p["codec"].lower()): p for p in stream["payloads"]}
        kind = (truth["payload_type"], truth["codec"])
        if set(payloads) != {kind}:
            yield f"{name}: stream {key}: payloads {sorted(payloads)}, want {kind}"
        elif payloads[kind]["sha256"] != truth["payload_sha256"]:
            yield f"{name}: stream {key}: payload digest differs"
    for key in by_key:
        yield f"{name}: stream {key} was never sent"


def compare_call(call, truth):
    name = truth["sip_call_id"]
    for fact in CALL_FACTS:
        if call[fact] != truth[fact]:
            yield f"{name}: {fact} {call[fact]!r}, want {truth[fact]!r}"
    streams = [stream for recording in call["recordings"] for stream in recording["streams"]]
    yield from compare_streams(name, streams, truth["streams"])
    if not truth["streams"] and call["recordings"]:
        yield f"{name}: has recordings, want none"


def compare_counters(found, wanted, mode):
    media = "stored" if mode == "automatic" else "suppressed"
    want = {"received": wanted["received"], "stored": 0, "suppressed": 0,
            "signalling": wanted["signalling"], "not_call": wanted["not_call"],
            "duplicate": wanted["duplicate"], "malformed": 0, "dropped": 0}
    want[media] = wanted["media"]
    if mode != "automatic":  # Duplicates of what is not kept need not be told apart.
        found = {**found, "suppressed": found["suppressed"] + found["duplicate"]}
        want.update(suppressed=wanted["media"] + wanted["duplicate"])
        found.pop("duplicate")
        want.pop("duplicate")
    for name, value in want.items():
        if found.get(name) != value:
            yield f"packets: {name} {found.get(name)}, want {value}"


def compare(replay, truth, mode="automatic", counters=True):
    """Yields a sentence per difference; `counters` False leaves the packet counters out."""
    if counters:
        yield from compare_counters(replay["packets"], truth["packets"], mode)
    calls = {call["sip_call_id"]: call for call in replay["calls"]}
    if len(calls) != len(replay["calls"]):
        yield "calls: a SIP Call-ID stands twice"
    for wanted in truth["calls"]:
        call = calls.pop(wanted["sip_call_id"], None)
        if call is None:
            yield f"{wanted['sip_call_id']}: call is missing"
        else:
            yield from compare_call(call, expected_call(wanted, mode))
    for name in calls:
        yield f"{name}: no such call in the capture"


def without_ids(replay):
    """The replay with each call's and recording's id replaced by where it first stands."""
    names = {}

    def walk(value, key=None):
        if isinstance(value, dict):
            return {k: walk(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(v) for v in value]
        if key in ("call_id", "recording_id", "conversation_id"):
            return names.setdefault(value, len(names))
        return value

    return walk(replay)


def main():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("replay")
    words.add_argument("truth", nargs="?")
    words.add_argument("--mode", choices=("automatic", "manual", "off"), default="automatic")
    words.add_argument("--same", help="another replay of the same capture")
    options = words.parse_args()
    if (options.truth is None) == (options.same is None):
        words.error("give either a truth or --same")
    with open(options.replay, encoding="utf-8") as source:
        replay = json.load(source)
    with open(options.truth or options.same, encoding="utf-8") as source:
        other = json.load(source)
    if options.same:
        same = without_ids(replay) == without_ids(other)
        differences = [] if same else ["the two replays differ"]
    else:
        differences = list(compare(replay, other, options.mode))
    for difference in differences:
        print(difference)
    print(f"{len(replay['calls'])} calls, {len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
