#!/usr/bin/env python3
"""Goal: real captures are taken as tshark understands them. Method: each capture of $OPPTAK_CORPUS
is replayed and held against its truth; what differs must stand, with its reason, in
corpus_differences.json, and what stands there must differ. Writes a table to $OPPTAK_TABLE."""
import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

import harness

CORPUS = os.environ.get("OPPTAK_CORPUS", "")
COMPARE = os.path.join(CORPUS, "../tools/compare_truth.py")
HERE = os.path.dirname(os.path.abspath(__file__))
STATUS_FINE = (0, 2)  # 2: reported, but the capture file is cut off.


def examine(truth):
    """Name, what the comparison says, and whether all agrees."""
    name = os.path.basename(truth)[:-len(".json")]
    capture = os.path.join(CORPUS, "pcap", name)
    try:
        done = harness.opptak("replay", capture, "--json", timeout=120)
    except subprocess.TimeoutExpired:
        return name, "hangs", False
    if done.returncode not in STATUS_FINE:
        return name, f"status {done.returncode}: {done.stderr.strip()[-200:]}", False
    with tempfile.NamedTemporaryFile("w", suffix=".json") as report:
        report.write(done.stdout)
        report.flush()
        compared = subprocess.run([sys.executable, COMPARE, report.name, truth, "--verbose"],
                                  capture_output=True, text=True, check=False)
    details = "".join("; " + line for line in compared.stderr.splitlines()[:5])
    return name, compared.stdout.strip() + details, compared.returncode == 0


class CorpusTest(unittest.TestCase):
    def test_every_capture(self):
        truths = sorted(glob.glob(os.path.join(CORPUS, "truth/*.json")))
        self.assertTrue(truths)
        with open(os.path.join(HERE, "corpus_differences.json"), encoding="utf-8") as text:
            explained = json.load(text)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(examine, truths))
        agree = sum(same for _, _, same in results)
        table = "".join(f"| {name} | {what} | {explained.get(name, '')} |\n"
                        for name, what, same in results)
        summary = f"{agree} of {len(results)} captures agree\n"
        with open(os.environ.get("OPPTAK_TABLE", os.devnull), "w", encoding="utf-8") as out:
            out.write(f"{summary}\n| capture | replay against truth | why it differs |\n"
                      f"| --- | --- | --- |\n{table}")
        print(summary)
        for name, what, same in results:
            with self.subTest(capture=name):
                if name in explained:
                    self.assertFalse(same, "agrees: take it out of corpus_differences.json")
                else:
                    self.assertTrue(same, what)


if __name__ == "__main__":
    harness.need(os.path.isdir(CORPUS), "OPPTAK_CORPUS names no folder")
    harness.need(os.path.isfile(COMPARE), "no compare_truth.py beside the corpus")
    harness.main()
