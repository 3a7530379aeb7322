#!/usr/bin/env python3
"""Goal: `scripts/run` ends with a page on which a person sees calls, plays one, erases one and gets
an answer; it stops cleanly and may be run again. Method: run it twice as a user would; the first
time a browser goes through the page, the second time the API tells what the store still holds."""
import http.cookiejar
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request

import harness
from harness import Folder

PAGE_TESTS = os.path.join(os.path.dirname(harness.BIN), "tests/e2e/page/run")


class Demonstration:
    """`scripts/run` with its state in a folder of the test."""

    def __init__(self, folder):
        self.output = os.path.join(folder, "output")
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen(
                [os.path.join(harness.ROOT, "scripts/run")], stdout=out, stderr=out,
                start_new_session=True, env={**os.environ, "OPPTAK_DEMO": folder + "/state"})
        harness.wait_until("the password is printed", lambda: self.word("Password"), 300)
        self.page, self.password = self.word("Page"), self.word("Password")

    def text(self):
        with open(self.output, encoding="utf-8", errors="replace") as out:
            return out.read()

    def word(self, name):
        if self.process.poll() is not None:
            raise AssertionError("scripts/run ended: " + self.text()[-2000:])
        found = re.search(rf"^ *{name} +(\S+)$", self.text(), re.MULTILINE)
        return found and found[1]

    def log_in(self):
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        body = json.dumps({"login": "demo", "password": self.password}).encode()
        self.opener.open(urllib.request.Request(
            self.page + "/v1/session", body, {"Content-Type": "application/json",
                                              "X-Opptak-Request": "1"}))

    def calls(self, state):
        with self.opener.open(f"{self.page}/v1/calls?limit=100&state={state}") as answer:
            return json.load(answer)["calls"]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


class DemoTest(Folder):
    def start(self):
        demo = Demonstration(self.folder)
        self.addCleanup(demo.process.wait)
        self.addCleanup(demo.process.send_signal, signal.SIGINT)
        demo.log_in()
        return demo

    def test_twice(self):
        demo = self.start()
        harness.wait_until("calls are recorded", lambda: len(demo.calls("recorded")) >= 3, 180, 2)
        browser = subprocess.run(
            ["node", "--test", "flow.test.mjs"], cwd=PAGE_TESTS, capture_output=True, text=True,
            check=False, timeout=400,
            env={**os.environ, "OPPTAK_BASE_URL": demo.page, "OPPTAK_LOGIN": "demo",
                 "OPPTAK_PASSWORD": demo.password})
        self.assertEqual(browser.returncode, 0, browser.stdout[-4000:] + browser.stderr[-2000:])
        recorded = {call["call_id"] for call in demo.calls("recorded")}
        self.assertEqual(demo.stop(), 0, demo.text()[-2000:])

        again = self.start()
        self.assertNotEqual(again.password, demo.password)
        self.assertLessEqual(recorded, {call["call_id"] for call in again.calls("recorded")})
        self.assertEqual(again.stop(), 0, again.text()[-2000:])


if __name__ == "__main__":
    for needed in ("node", "chromium", "espeak-ng", "sox", "curl"):
        harness.need(shutil.which(needed), f"{needed} is missing")
    harness.main()
