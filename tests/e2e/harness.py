"""What the end-to-end tests share: the programs, captures with truth, a running gateway, its API.

Programs are taken from $OPPTAK_BIN. A test that cannot run on this host says so by need(): where
nothing of a file can run, the file exits with 77, which CTest reports as skipped with the reason.
"""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(ROOT, "tests/tools")
BIN = os.environ.get("OPPTAK_BIN", os.path.join(ROOT, "build/release/bin"))
sys.path[:0] = [TOOLS, os.path.join(ROOT, "scripts/demo")]

import compare_replay  # pylint: disable=wrong-import-position

SKIPPED = 77

CONFIG = """\
[dataplane]
huge_pages = "off"
streams_max = 4096
block_memory_mib = 64
pending_memory_mib = 16
idle_sleep_us = 200
metrics_listen = "127.0.0.1:{metrics_port}"
{ports}
[storage]
directory = "store"
segment_mib = {segment_mib}
flush_interval_ms = 1000

[vault]
file = "vault/root.key"

[control]
runtime_directory = "run"
listen = "127.0.0.1:{http_port}"

[policy]
default_mode = "{default_mode}"

[[client]]
id = "acme"
retention_days_sale = 30
retention_days_other = 7

[[campaign]]
id = "auto"
client = "acme"
mode = "automatic"

[[campaign]]
id = "hand"
client = "acme"
mode = "manual"

[[campaign]]
id = "never"
client = "acme"
mode = "off"
"""


def program(name):
    return os.path.join(BIN, name)


def opptak(*words, timeout=300, env=None):
    """Runs `opptak`; the caller looks at status and output."""
    return subprocess.run([program("opptak"), *map(str, words)], capture_output=True, text=True,
                          timeout=timeout, check=False, env={**os.environ, **(env or {})})


def make_capture(path, *options):
    """Writes a capture and returns its truth."""
    truth = path + ".truth.json"
    subprocess.run([sys.executable, os.path.join(TOOLS, "make_capture.py"), path, "--truth", truth,
                    *map(str, options)], check=True, stdout=subprocess.DEVNULL)
    with open(truth, encoding="utf-8") as text:
        return json.load(text)


def replay(*words):
    """The report of `opptak replay --json`; fails where it does not exit with 0."""
    done = opptak("replay", *words, "--json")
    if done.returncode != 0:
        raise AssertionError(f"opptak replay {words}: status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def wait_until(what, condition, seconds=20.0, pause=0.05):
    """What `condition()` returns once it is true; fails after a while."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)


def children_of(pid):
    """pid and program name of a process's children."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as stat:
                    name, rest = stat.read().rsplit(")", 1)
            except OSError:
                continue
            if int(rest.split()[1]) == pid and rest.split()[0] != "Z":
                try:
                    found[int(entry)] = os.path.basename(os.readlink(f"/proc/{entry}/exe"))
                except OSError:  # Just gone.
                    continue
    return found


class Folder(unittest.TestCase):
    """A test with a folder of its own, removed afterwards."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="opptak-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def assert_agree(self, report, truth, mode="automatic", counters=True):
        differences = list(compare_replay.compare(report, truth, mode, counters))
        self.assertEqual(differences, [], "\n".join(differences[:20]))


def end_with_parent():
    """Run in a new child: SIGTERM for it when the test dies, so that no gateway is left behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def memif_port(folder):
    """A port that needs no privilege, and the socket where a Player finds it."""
    socket = os.path.join(folder, "calls.sock")
    return f"net_memif0,role=server,socket={socket},socket-abstract=no,rsize=11", socket


class Gateway:
    """`opptak up` on a folder; used as a context."""

    def __init__(self, folder, ports, http_port, default_mode="off", segment_mib=8, prefix=(),
                 extra=""):
        self.folder, self.http_port, self.prefix = folder, http_port, list(prefix)
        self.config = os.path.join(folder, "opptak.toml")
        self.log_path = os.path.join(folder, "gateway.log")
        tables = "".join(f'\n[[dataplane.ports]]\ndevice = "{port}"\n' for port in ports)
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(ports=tables, http_port=http_port, metrics_port=http_port + 1,
                                    default_mode=default_mode, segment_mib=segment_mib) + extra)
        self.process = None
        self.token = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, program("opptak"), "up", "--config", self.config],
                stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent)
        try:
            self.wait_ready()
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.log()[-3000:]}") from error
        if self.token is None:
            self.token = self.make_token()
        return self

    def make_token(self):
        done = subprocess.run(
            [*self.prefix, program("opptak"), "token", "create", "--role", "client_admin",
             "--config", self.config], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise AssertionError("token create: " + done.stderr)
        return done.stdout.split()[-1]

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"opptak up ended with status {self.process.returncode}")
        try:
            return self.request("GET", "/readyz", timeout=2)[0] == 200
        except OSError:
            return False

    def wait_ready(self):
        wait_until("the gateway is ready", self.ready, 60)

    def pid(self, name):
        """The pid of one of the two processes, once it is there."""
        return wait_until(f"{name} runs", lambda: next(
            (pid for pid, found in children_of(self.process.pid).items() if found == name), None))

    def stop(self):
        """Stops it as Ctrl-C does; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def request(self, method, path, body=None, timeout=30):
        """Status, headers and body of one API call."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}", data, headers,
                                       method=method)
        try:
            with urllib.request.urlopen(asked, timeout=timeout) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def api(self, method, path, body=None, status=200):
        got, _, answer = self.request(method, path, body)
        if got != status:
            raise AssertionError(f"{method} {path}: {got}, want {status}: {answer[:500]!r}")
        return json.loads(answer) if answer else None

    def calls(self):
        """All calls of the log, each with its recordings."""
        found, cursor = [], ""
        while True:
            page = self.api("GET", f"/v1/calls?limit=100{cursor}")
            found += [self.api("GET", f"/v1/calls/{call['call_id']}") for call in page["calls"]]
            if not page.get("next_cursor"):
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def settled(self):
        """All calls, once every one has ended and each recording is stored, erased or lost."""
        def look():
            calls = self.calls()
            open_ = [call for call in calls if call["state"] == "in_progress" or any(
                recording["state"] in ("open", "closing") for recording in call["recordings"])]
            return calls if calls and not open_ else None
        return wait_until("all calls have ended and are stored", look, 60, 0.5)

    def read_store(self):
        """What the store holds, decrypted and verified, as `opptak replay --json` prints it."""
        done = subprocess.run(
            [program("read-store"), os.path.join(self.folder, "store"),
             os.path.join(self.folder, "vault/root.key")],
            capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise AssertionError("read-store: " + done.stderr)
        return json.loads(done.stdout)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()


def need(condition, reason):
    """Skips the whole file where the host cannot run it."""
    if not condition:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)


def main():
    unittest.main(module="__main__", verbosity=2)
