#!/usr/bin/env python3
"""Goal: bad input ends in one sentence that says what, where and what to do, a status that is not
0, and harms nothing stored. Method: give each kind to the real programs and read what they say."""
import os

import harness
from harness import Folder, Gateway, make_capture, opptak

HTTP_PORT = 18310


class CommandLineTest(Folder):
    def expect_sentence(self, done, *words, status=None):
        """One line on standard error that names all of `words`."""
        if status is None:
            self.assertNotEqual(done.returncode, 0, done.stdout)
        else:
            self.assertEqual(done.returncode, status, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("opptak: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertNotIn("terminate called", done.stderr)

    def test_unknown_option_and_command(self):
        self.expect_sentence(opptak("replay", "x.pcap", "--jsn"), "--jsn", "--json")
        self.expect_sentence(opptak("replai"), "replai", "replay")
        self.expect_sentence(opptak("replay"), "captures")
        self.expect_sentence(opptak("replay", "x.pcap", "--mode", "sometimes"), "sometimes")

    def test_missing_capture(self):
        self.expect_sentence(opptak("replay", self.path("none.pcap")), "none.pcap")

    def test_not_a_capture(self):
        for name, data in (("text.pcap", b"this is no capture, but long enough for a header"),
                           ("empty.pcap", b""), ("short.pcap", b"\xd4\xc3\xb2\xa1")):
            with self.subTest(name=name):
                with open(self.path(name), "wb") as out:
                    out.write(data)
                self.expect_sentence(opptak("replay", self.path(name)), name)

    def test_unsupported_link_type(self):
        capture = self.path("token-ring.pcap")
        make_capture(capture, "--calls", 1, "--kinds", "plain", "--seconds", 1)
        with open(capture, "r+b") as file:
            file.seek(20)
            file.write(b"\x06\0\0\0")  # LINKTYPE_IEEE802_5
        self.expect_sentence(opptak("replay", capture), "token-ring.pcap")

    def test_truncated_capture_is_reported_up_to_the_cut(self):
        capture = self.path("cut.pcap")
        make_capture(capture, "--calls", 2, "--kinds", "plain", "--seconds", 1)
        os.truncate(capture, os.path.getsize(capture) - 10)
        done = opptak("replay", capture, "--json")
        self.expect_sentence(done, "cut.pcap", status=2)
        self.assertIn('"calls"', done.stdout)

    def test_configuration_mistakes(self):
        for text, words in (
            ("[storage]\ndirectoy = \"x\"\n", ("directoy", "directory", "2")),
            ("[storage]\nsegment_mib = \"large\"\n", ("segment_mib", "2")),
            ("[control]\nlisten = \"nowhere\"\n", ("listen", "2")),
            ("[stroage]\n", ("stroage", "storage")),
            ("[storage\n", ("1",)),
        ):
            with self.subTest(text=text):
                config = self.path("opptak.toml")
                with open(config, "w", encoding="utf-8") as out:
                    out.write(text)
                self.expect_sentence(opptak("up", "--config", config), "opptak.toml", *words)

    def test_missing_configuration(self):
        self.expect_sentence(opptak("up", "--config", self.path("none.toml")), "none.toml")


class StoreTest(Folder):
    """What stands in the way of a start: the gateway must say so and leave the store as it is."""

    def made_store(self):
        gateway = Gateway(self.folder, [self.memif()], HTTP_PORT)
        with gateway:
            self.assertEqual(gateway.stop(), 0, gateway.log())
        return gateway

    def memif(self):
        return harness.memif_port(self.folder)[0]

    def snapshot(self):
        """Every file but `epoch`, which counts starts of the dataplane, also one that came to
        nothing because control then refused the store."""
        found = {}
        for folder, _, files in os.walk(self.path("store")):
            for name in files:
                if name == "epoch":
                    continue
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.folder)] = file.read()
        return found

    def expect_refusal(self, gateway, *words):
        before = self.snapshot()
        done = opptak("up", "--config", gateway.config, timeout=90)
        output = done.stdout + done.stderr
        self.assertNotEqual(done.returncode, 0, output)
        for word in words:
            self.assertIn(word, output)
        self.assertNotIn("terminate called", output)
        self.assertEqual(before, self.snapshot())

    def test_store_of_another_version(self):
        gateway = self.made_store()
        with open(self.path("store/store.json"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn('"version": 1', text)
        with open(self.path("store/store.json"), "w", encoding="utf-8") as file:
            file.write(text.replace('"version": 1', '"version": 99'))
        self.expect_refusal(gateway, "store", "99")

    def test_wrong_vault_key(self):
        gateway = self.made_store()
        with open(self.path("vault/root.key"), "r+b") as file:
            old = file.read()
            file.seek(0)
            file.write(bytes(byte ^ 0xFF for byte in old))
        self.expect_refusal(gateway, "root.key")

    def test_missing_vault_key(self):
        gateway = self.made_store()
        os.remove(self.path("vault/root.key"))
        self.expect_refusal(gateway, "root.key")
        self.assertFalse(os.path.exists(self.path("vault/root.key")), "made a new root key")

    def test_port_that_cannot_be_opened(self):
        gateway = Gateway(self.folder, ["net_af_packet0,iface=no-such-interface"], HTTP_PORT)
        done = opptak("up", "--config", gateway.config, timeout=90)
        output = done.stdout + done.stderr
        self.assertNotEqual(done.returncode, 0, output)
        self.assertIn("no-such-interface", output)

    def test_http_port_in_use(self):
        import socket
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", HTTP_PORT + 20))
            taken.listen()
            gateway = Gateway(self.folder, [self.memif()], HTTP_PORT + 20)
            done = opptak("up", "--config", gateway.config, timeout=90)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(HTTP_PORT + 20), done.stdout + done.stderr)

    def test_store_that_may_not_be_written(self):
        gateway = Gateway(self.folder, [self.memif()], HTTP_PORT)
        with open(self.path("store"), "w", encoding="utf-8") as file:
            file.write("a file where a directory should be\n")
        done = opptak("up", "--config", gateway.config, timeout=90)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(self.path("store"), done.stdout + done.stderr)
        self.assertTrue(os.path.isfile(self.path("store")))


if __name__ == "__main__":
    harness.main()
