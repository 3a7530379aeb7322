#!/usr/bin/env python3
"""Goal: erasing survives a crash at each of its steps. Method: one recording after the other is
erased while control is killed before the first, the second, ... of its system calls that change a
file; after its restart the recording is either whole or erased, and erasing again completes it."""
import os
import subprocess
import threading

import harness
from harness import Folder, Gateway, make_capture, program
from player import Player

HTTP_PORT = 18610
CALLS = 40
KILLED, ENDED_BEFORE = 0, 4  # Of kill-at.


class EraseTest(Folder):
    def test_killed_at_every_step(self):
        capture = self.path("calls.pcap")
        make_capture(capture, "--calls", CALLS, "--seconds", 1.5, "--kinds", "plain", "--campaigns",
                     "auto", "--stagger-ms", 20)
        port, socket = harness.memif_port(self.folder)
        with Gateway(self.folder, [port], HTTP_PORT) as gateway:
            player = Player(socket, capture)
            player.start()
            player.finish()
            recordings = [r["recording_id"] for call in gateway.settled()
                          for r in call["recordings"]]
            self.assertEqual(len(recordings), CALLS)
            left = recordings[:]
            steps = []
            for step in range(1, CALLS):
                victim = left.pop()
                name = self.erase_and_kill(gateway, victim, step)
                gateway.wait_ready()
                self.check_outcome(gateway, victim)
                if name is None:
                    break
                steps.append(name)
            else:
                self.fail(f"more than {CALLS} steps: {steps}")
            print("killed before:", ", ".join(steps))
            self.assertGreaterEqual(len(steps), 5, steps)
            for kept in left:
                self.assertEqual(gateway.request("GET", f"/v1/recordings/{kept}/audio")[0], 200)
            self.assertEqual(gateway.stop(), 0)
        verified = harness.opptak("verify", "store", self.path("store"))
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def erase_and_kill(self, gateway, recording, step):
        """The call before which control was killed; None where the erasure was faster."""
        pid = gateway.pid("opptak-control")
        killer = subprocess.Popen([program("kill-at"), str(pid), str(step)], text=True,
                                  stdout=subprocess.PIPE)
        self.assertEqual(killer.stdout.readline(), "attached\n")
        status = []

        def erase():
            try:
                status.append(gateway.request("DELETE", f"/v1/recordings/{recording}")[0])
            except OSError:
                status.append(None)  # Control died before it answered.

        asking = threading.Thread(target=erase)
        asking.start()
        asking.join(60)
        if status == [200]:
            killer.terminate()
        output = killer.communicate(timeout=60)[0]
        self.assertIn(killer.returncode, (KILLED, ENDED_BEFORE))
        if killer.returncode == ENDED_BEFORE:
            self.assertEqual(status, [200])
            return None
        harness.wait_until("control runs again", lambda: gateway.pid("opptak-control") != pid)
        return output.split()[-1]

    def check_outcome(self, gateway, recording):
        path = f"/v1/recordings/{recording}"
        status, _, body = gateway.request("GET", path)
        self.assertIn(status, (200, 410), body)
        if status == 200:
            self.assertEqual(gateway.request("GET", path + "/audio")[0], 200)
        receipt = gateway.api("DELETE", path)
        self.assertEqual(gateway.api("DELETE", path), receipt, "the same receipt again")
        for erased in (path, path + "/audio"):
            self.assertEqual(gateway.request("GET", erased)[0], 410)

    def test_space_is_freed_and_the_receipt_verifies(self):
        capture = self.path("calls.pcap")
        make_capture(capture, "--calls", 4, "--seconds", 4, "--kinds", "plain", "--campaigns",
                     "auto", "--stagger-ms", 50)
        port, socket = harness.memif_port(self.folder)
        with Gateway(self.folder, [port], HTTP_PORT) as gateway:
            player = Player(socket, capture)
            player.start()
            player.finish()
            recordings = [r["recording_id"] for call in gateway.settled()
                          for r in call["recordings"]]
            before = self.allocated()
            receipts = [gateway.request("DELETE", f"/v1/recordings/{recording}")[2]
                        for recording in recordings]
            self.assertLess(self.allocated(), before - 4 * 2 * 4 * 8000)
            for number, receipt in enumerate(receipts):
                file = self.path(f"receipt{number}.json")
                with open(file, "wb") as out:
                    out.write(receipt)
                self.assertEqual(harness.opptak("verify", "receipt", file).returncode, 0)
                with open(file, "wb") as out:
                    out.write(receipt.replace(b"0", b"1", 1))
                self.assertNotEqual(harness.opptak("verify", "receipt", file).returncode, 0)

    def allocated(self):
        """Bytes of disk that the segments take."""
        folder = self.path("store/segments")
        return sum(os.stat(os.path.join(folder, name)).st_blocks * 512
                   for name in os.listdir(folder))


if __name__ == "__main__":
    harness.main()
