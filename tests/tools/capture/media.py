"""RTP streams (RFC 3550) on a timeline, and what a perfect recorder would store of them."""
import dataclasses
import hashlib
import struct

from .sip import CODECS

FRAME_NS = 20_000_000


@dataclasses.dataclass
class Stream:
    """One RTP stream: what is sent, and (see `observe`) what the capture holds of it."""

    src: object
    dst: object
    ssrc: int
    codec: str
    sequence: int
    timestamp: int
    due_ns: int = 0  # When the next packet is due; 0 before the first.
    seen: dict = dataclasses.field(default_factory=dict)  # Extended sequence -> payload.
    highest: int = -1
    duplicates: int = 0
    reordered: int = 0

    def observe(self, extended, payload):
        """Takes note of one packet of the capture, in the order of the capture."""
        if extended in self.seen:
            self.duplicates += 1
            return
        self.seen[extended] = payload
        self.reordered += extended < self.highest
        self.highest = max(self.highest, extended)

    def truth(self):
        ordered = sorted(self.seen)
        digest = hashlib.sha256()
        for extended in ordered:
            digest.update(self.seen[extended])
        return {"src": str(self.src), "dst": str(self.dst), "ssrc": self.ssrc,
                "payload_type": CODECS[self.codec][0], "codec": self.codec,
                "packets": len(ordered), "lost": ordered[-1] - ordered[0] + 1 - len(ordered),
                "duplicates": self.duplicates, "reordered": self.reordered,
                "payload_sha256": digest.hexdigest()}


def rtp(payload_type, sequence, timestamp, ssrc, payload, marker=False):
    """One packet with the fixed header."""
    return struct.pack("!BBHII", 0x80, payload_type | marker << 7, sequence & 0xFFFF,
                       timestamp & 0xFFFFFFFF, ssrc) + payload


def rtcp_sender_report(ssrc, packets, octets):
    """SR without report blocks, and the SDES that RFC 3550 asks for beside it."""
    report = struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, 0x83AA7E80 << 32, 0, packets, octets)
    return report + struct.pack("!BBHIBB", 0x81, 202, 2, ssrc, 1, 0) + bytes(2)


def send(timeline, stream, start_ns, count, source, faults=None):
    """Puts `count` packets of a stream on the timeline, 20 ms apart; returns when the next is due.

    `source(size)` gives a payload. `faults` loses, delays or doubles packets; the first and the
    last of the stretch always arrive, so that its length is what was sent.
    """
    payload_type, _, size, ticks = CODECS[stream.codec]
    first = stream.due_ns == 0
    if not first:  # The media clock runs on while nothing is sent (RFC 3550 section 5.1).
        stream.timestamp += (start_ns - stream.due_ns) * ticks // FRAME_NS
    for index in range(count):
        at = start_ns + index * FRAME_NS
        payload = source(size)
        extended = stream.sequence
        packet = rtp(payload_type, extended, stream.timestamp, stream.ssrc, payload,
                     first and index == 0)
        stream.sequence += 1
        stream.timestamp += ticks
        copies = [at]
        if faults and 0 < index < count - 1:
            copies = faults.copies(at)
        for copy in copies:
            timeline.add(copy, stream.src, stream.dst, packet, "rtp", (stream, extended))
    stream.due_ns = start_ns + count * FRAME_NS
    return stream.due_ns


class Faults:
    """What the network does to a packet, decided by the random source that is passed in."""

    def __init__(self, random, loss=0.0, reorder=0.0, duplicate=0.0):
        self.random = random
        self.loss = loss
        self.reorder = reorder
        self.duplicate = duplicate

    def copies(self, at):
        """When the copies of a packet that was due at `at` arrive: none, one or two times."""
        if self.random.random() < self.loss:
            return []
        if self.random.random() < self.reorder:
            at += FRAME_NS * 3 // 2
        if self.random.random() < self.duplicate:
            return [at, at + 1_000_000]
        return [at]
