"""A call centre's network made of namespaces: two phones on a switch, and a mirror port of it.

    caller (10.77.0.1) --- switch --- callee (10.77.0.2)
                             |
                             mirror -> the gateway's interface

The switch remembers no address and so sends every frame to every other port: the gateway sees all,
as on a SPAN port. The process that makes the network moves into the gateway's namespace.
"""
import ctypes
import os
import subprocess

CALLER, CALLEE = "10.77.0.1", "10.77.0.2"
MIRROR, WATCHED = "mirror", "watched"  # The switch's end and the gateway's.
CLONE_NEWNET = 0x40000000


def run(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)


def possible():
    """True where namespaces can be made and joined."""
    name = f"opptak-probe-{os.getpid()}"
    try:
        run("ip", "netns", "add", name)
        run("ip", "netns", "del", name)
        return True
    except (OSError, subprocess.CalledProcessError):
        return False


class Network:
    def __init__(self):
        self.names = {part: f"opptak-{os.getpid()}-{part}"
                      for part in ("caller", "callee", "switch", "gateway")}

    def words(self, part):
        """What to put before a command so that it runs in a part of the network."""
        return ["ip", "netns", "exec", self.names[part]]

    def make(self):
        for name in self.names.values():
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        switch = self.names["switch"]
        run("ip", "-n", switch, "link", "add", "hub", "type", "bridge", "ageing_time", 0,
            "mcast_snooping", 0)
        run("ip", "-n", switch, "link", "set", "hub", "up")
        for part, address in (("caller", CALLER), ("callee", CALLEE)):
            self._join(part, "eth0", part)
            run("ip", "-n", self.names[part], "addr", "add", f"{address}/24", "dev", "eth0")
        self._join("gateway", WATCHED, MIRROR)

    def _join(self, part, inside, outside):
        """A cable between a part and the switch, with checksums as on a real wire."""
        switch = self.names["switch"]
        run("ip", "-n", switch, "link", "add", outside, "type", "veth", "peer", "name", inside,
            "netns", self.names[part])
        for where, name in ((switch, outside), (self.names[part], inside)):
            run("ip", "netns", "exec", where, "sysctl", "-qw",
                f"net.ipv6.conf.{name}.disable_ipv6=1")
            run("ip", "netns", "exec", where, "ethtool", "-K", name, "tx", "off")
            run("ip", "-n", where, "link", "set", name, "up")
        run("ip", "-n", switch, "link", "set", outside, "master", "hub")

    def enter_gateway(self):
        """Moves this thread, and with it what it starts, into the gateway's namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{self.names['gateway']}", "rb") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def remove(self):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
