#!/usr/bin/env python3
"""Goal: a full disk refuses new recordings, says so, harms nothing stored, and is used again once
there is room. Method: a store on a small ext4 of its own, which the test fills and empties."""
import os
import subprocess

import harness
from harness import Folder, Gateway, make_capture, opptak
from player import Player

HTTP_PORT = 18810
DISK_MIB = 96


def mount(folder, mib):
    """A new ext4 in a file, mounted at `folder`/disk."""
    image, disk = os.path.join(folder, "disk.img"), os.path.join(folder, "disk")
    with open(image, "wb") as file:
        file.truncate(mib << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True, capture_output=True)
    os.mkdir(disk)
    subprocess.run(["mount", "-o", "loop", image, disk], check=True, capture_output=True)
    return disk


def mountable():
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        try:
            disk = mount(folder, 8)
        except (OSError, subprocess.CalledProcessError):
            return False
        subprocess.run(["umount", disk], check=True)
        return True


class FullDiskTest(Folder):
    def setUp(self):
        super().setUp()
        self.disk = mount(self.folder, DISK_MIB)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)

    def fill(self):
        """Takes all space that is left."""
        path = os.path.join(self.disk, "filler")
        with open(path, "wb") as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        file.write(bytes(size))
                        file.flush()
                except OSError:
                    continue
        return path

    def play(self, seed):
        capture = self.path(f"calls{seed}.pcap")
        make_capture(capture, "--calls", 6, "--seconds", 5, "--kinds", "plain", "--campaigns",
                     "auto", "--stagger-ms", 50, "--seed", seed)
        player = Player(self.socket, capture)
        player.start()
        player.finish()

    def states(self, gateway):
        return sorted(call["state"] for call in gateway.settled())

    def test_live(self):
        folder = os.path.join(self.disk, "gateway")
        os.mkdir(folder)
        port, self.socket = harness.memif_port(self.folder)
        with Gateway(folder, [port], HTTP_PORT, segment_mib=4) as gateway:
            self.play(1)
            self.assertEqual(self.states(gateway), ["recorded"] * 6)
            kept = [r["recording_id"] for call in gateway.calls() for r in call["recordings"]]
            filler = self.fill()
            self.play(2)
            self.play(3)
            # What still found room in an open segment is recorded; the rest says why it is not.
            later = [call for call in gateway.settled() if not any(
                r["recording_id"] in kept for r in call["recordings"])]
            self.assertEqual(len(later), 12)
            refused = [call for call in later if call["state"] != "recorded"]
            self.assertTrue(refused)
            for call in refused:
                self.assertIn(call["state"], ("missed", "partial"))
                self.assertIn(call["reason"], ("store_full", "no_key"))
            for recording in kept:
                path = f"/v1/recordings/{recording}/audio"
                self.assertEqual(gateway.request("GET", path)[0], 200)
            self.assertRegex(gateway.log(), "(?i)full|no space")
            os.remove(filler)
            before = len(gateway.calls())
            self.play(4)
            calls = sorted(gateway.settled(), key=lambda call: call["started_at"])[before:]
            self.assertEqual([call["state"] for call in calls], ["recorded"] * 6)
            self.assertEqual(gateway.stop(), 0)

    def test_replay(self):
        capture = self.path("calls.pcap")
        make_capture(capture, "--calls", 3, "--seconds", 3, "--kinds", "plain")
        self.fill()
        done = opptak("replay", capture, "--json", env={"TMPDIR": self.disk})
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "(?i)full|no space")
        self.assertIn(self.disk, done.stderr)


if __name__ == "__main__":
    harness.need(os.geteuid() == 0, "needs root, to mount a small disk")
    harness.need(mountable(), "this host lets no loop device be mounted")
    harness.main()
