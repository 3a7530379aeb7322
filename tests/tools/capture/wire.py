"""Frames and capture files: UDP over IPv4 or IPv6, on Ethernet, Linux cooked or raw IP links."""
import ipaddress
import struct

LINKS = {"ethernet": 1, "raw": 101, "sll": 113, "sll2": 276}
FORMATS = ("pcap", "pcap-ns", "pcapng")
ETHERTYPES = {4: 0x0800, 6: 0x86DD}


class Endpoint:
    """An IP address and a UDP port; str() is how `opptak replay --json` writes it."""

    def __init__(self, address, port):
        self.ip = ipaddress.ip_address(address)
        self.port = port

    @property
    def host(self):
        return f"[{self.ip}]" if self.ip.version == 6 else str(self.ip)

    def __str__(self):
        return f"{self.host}:{self.port}"


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_packet(src, dst, payload, identification=0):
    """The IP packet of one datagram, with correct checksums."""
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", src.port, dst.port, length, 0) + payload
    addresses = src.ip.packed + dst.ip.packed
    if src.ip.version == 6:
        pseudo = addresses + struct.pack("!IxxxB", length, 17)
        header = struct.pack("!IHBB", 6 << 28, length, 17, 64) + addresses
    else:
        pseudo = addresses + struct.pack("!xBH", 17, length)
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, identification, 0x4000, 64, 17, 0)
        header = header[:10] + struct.pack("!H", checksum(header + addresses)) + addresses
    sum_ = checksum(pseudo + udp) or 0xFFFF
    return header + udp[:6] + struct.pack("!H", sum_) + udp[8:]


def framed(packet, link, vlan=None):
    """Puts an IP packet into a frame of the link type."""
    ethertype = ETHERTYPES[packet[0] >> 4]
    if link == "raw":
        return packet
    if link == "sll":
        return struct.pack("!HHH6sxxH", 0, 1, 6, b"\2\0\0\0\0\1", ethertype) + packet
    if link == "sll2":
        return struct.pack("!HxxIHBB6sxx", ethertype, 2, 1, 0, 6, b"\2\0\0\0\0\1") + packet
    tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
    return b"\2\0\0\0\0\2\2\0\0\0\0\1" + tag + struct.pack("!H", ethertype) + packet


class CaptureFile:
    """Writes frames with their arrival (Unix nanoseconds) as pcap or pcapng."""

    def __init__(self, path, link="ethernet", file_format="pcap"):
        self.format = file_format
        self.file = open(path, "wb", buffering=1 << 20)
        if file_format == "pcapng":
            self._block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
            # if_tsresol (option 9): 10^-9 s.
            options = struct.pack("<HHBxxxHH", 9, 1, 9, 0, 0)
            self._block(1, struct.pack("<HHI", LINKS[link], 0, 65535) + options)
        else:
            magic = 0xA1B23C4D if file_format == "pcap-ns" else 0xA1B2C3D4
            self.file.write(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 65535, LINKS[link]))

    def _block(self, kind, body):
        size = 12 + len(body)
        self.file.write(struct.pack("<II", kind, size) + body + struct.pack("<I", size))

    def write(self, arrival_ns, frame):
        if self.format == "pcapng":
            head = struct.pack("<IIIII", 0, arrival_ns >> 32, arrival_ns & 0xFFFFFFFF,
                               len(frame), len(frame))
            self._block(6, head + frame + bytes(-len(frame) % 4))
            return
        seconds, rest = divmod(arrival_ns, 1_000_000_000)
        rest = rest if self.format == "pcap-ns" else rest // 1000
        self.file.write(struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame)

    def close(self):
        self.file.close()
