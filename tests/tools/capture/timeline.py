"""All datagrams of a capture in order of arrival, and the counters that they must lead to."""
from .wire import CaptureFile, framed, udp_packet


class Timeline:
    def __init__(self):
        self.datagrams = []

    def add(self, arrival_ns, src, dst, payload, kind, note=None):
        """`kind` is sip, rtcp, rtp (with the stream and its extended sequence) or other."""
        entry = (arrival_ns, len(self.datagrams), src, dst, payload, kind, note)
        self.datagrams.append(entry)

    def write(self, path, link="ethernet", file_format="pcap", vlan=None):
        """Writes the capture and lets each stream observe what of it the capture holds."""
        capture = CaptureFile(path, link, file_format)
        counts = {"received": 0, "signalling": 0, "media": 0, "duplicate": 0, "not_call": 0}
        counter = {"sip": "signalling", "rtcp": "signalling", "rtp": "media", "other": "not_call"}
        for arrival_ns, number, src, dst, payload, kind, note in sorted(
                self.datagrams, key=lambda entry: entry[:2]):
            if kind == "rtp":
                stream, extended = note
                before = stream.duplicates
                stream.observe(extended, payload[12:])
                counts["duplicate"] += stream.duplicates - before
                counts["media"] -= stream.duplicates - before
            counts[counter[kind]] += 1
            counts["received"] += 1
            packet = udp_packet(src, dst, payload, number & 0xFFFF)
            capture.write(arrival_ns, framed(packet, link, vlan))
        capture.close()
        return counts
