#!/usr/bin/env python3
"""Goal: every check of the quality frame can fail. Method: a small copy of the tree passes each
check; the same copy with one planted violation must fail it, and the output must name the file.

    checks_selftest.py BUILD_FOLDER    (for its compiler options)
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COPIED = ("storage/base/time.h", "storage/base/time.cc", ".clang-format", ".clang-tidy")
LONG_FUNCTION = "int planted(int x) {\n" + "  x += 1;\n" * 70 + "  return x;\n}\n"


def compile_command():
    """How the build compiles storage/base/time.cc, as a list of words."""
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as commands:
        for entry in json.load(commands):
            if entry["file"].endswith("storage/base/time.cc"):
                words = shlex.split(entry["command"])
                return words[1:] if "ccache" in words[0] else words
    raise AssertionError("storage/base/time.cc is not compiled in " + BUILD)


class ChecksTest(unittest.TestCase):
    def setUp(self):
        self.tree = tempfile.mkdtemp(prefix="opptak-checks-")
        self.addCleanup(shutil.rmtree, self.tree)
        shutil.copytree(os.path.join(ROOT, "scripts"), self.path("scripts"))
        for folder in ("storage/base", "dataplane", "control/http", "bench", "tests", "build"):
            os.makedirs(self.path(folder))
        for name in COPIED:
            shutil.copy(os.path.join(ROOT, name), self.path(name))

    def path(self, name):
        return os.path.join(self.tree, name)

    def plant(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as planted:
            planted.write(text)

    def run_check(self, *words):
        done = subprocess.run([self.path(words[0]), *words[1:]], capture_output=True, text=True,
                              env={**os.environ, "OPPTAK_BUILD": self.path("build")}, check=False)
        return done.returncode, done.stdout + done.stderr

    def expect_pass(self, *words):
        status, output = self.run_check(*words)
        self.assertEqual(status, 0, output)

    def expect_failure(self, what, *words):
        status, output = self.run_check(*words)
        self.assertEqual(status, 1, output)
        self.assertIn(what, output)

    def test_layers(self):
        self.expect_pass("scripts/check-layers")
        for name, include, what in (
            ("storage/base/up.h", '"dataplane/api/messages.h"', "storage/base may not include"),
            ("dataplane/main.cc", '"control/core/service.h"', "dataplane may not include"),
            ("control/core/x.cc", '"dataplane/worker/worker.h"', "control may not include"),
            ("control/sip/x.cc", '"control/core/service.h"', "control/sip may not include"),
            ("dataplane/worker/x.cc", "<rte_ethdev.h>", "belongs behind dataplane/port"),
            ("storage/segment/x.cc", "<liburing.h>", "belongs behind storage/uring"),
            ("control/core/y.cc", "<sqlite3.h>", "belongs behind control/catalogue"),
            ("control/core/z.cc", "<boost/beast/http.hpp>", "belongs behind control/http"),
            ("storage/key/x.cc", "<toml++/toml.h>", "belongs behind storage/settings"),
            ("control/http/x.cc", "<prometheus/registry.h>", "belongs behind control/metrics"),
            ("control/http/y.cc", '"x.h"', "not root-relative"),
        ):
            with self.subTest(name=name):
                self.plant(name, f"#include {include}\n")
                self.expect_failure(f"{name}:1: ", "scripts/check-layers")
                self.expect_failure(what, "scripts/check-layers")
                os.remove(self.path(name))

    def test_sizes(self):
        self.expect_pass("scripts/check-sizes")
        for name, text, what in (
            ("storage/base/long.h", "//\n" * 601, "601 lines"),
            ("storage/base/wide.h", "//" + "x" * 99 + "\n", "101 columns"),
            ("storage/base/function.cc", LONG_FUNCTION, "a function of 73 lines"),
            ("storage/base/member.h", "namespace a {\nclass B {\n " + LONG_FUNCTION + "};\n}\n",
             "a function of 73 lines"),
            ("tests/long.py", "def planted():\n" + "    print()\n" * 70, "a function of 71 lines"),
        ):
            with self.subTest(name=name):
                self.plant(name, text)
                self.expect_failure(what, "scripts/check-sizes")
                os.remove(self.path(name))

    def test_format(self):
        self.expect_pass("scripts/check-format")
        self.plant("storage/base/planted.h", "int  planted( );\n")
        self.expect_failure("storage/base/planted.h:1", "scripts/check-format")

    def test_tidy(self):
        for name, text, what in (
            ("fine.cc", "int planted(int value) { return value; }\n", None),
            ("name.cc", "int Planted(int value) { return value; }\n", "identifier-naming"),
            ("bug.cc", "long f(int a) { return (a > 1 ? 1 : 1); }\n", "bugprone-branch-clone"),
            ("move.cc", "#include <string>\nstd::string::size_type planted(std::string text) {\n"
             "  return text.size();\n}\n", "performance-unnecessary-value-param"),
            ("size.cc", LONG_FUNCTION, "readability-function-size"),
        ):
            with self.subTest(name=name):
                self.plant("storage/base/" + name, text)
                path = self.path("storage/base/" + name)
                command = f"c++ -std=c++23 -c {path}"
                self.plant("build/compile_commands.json", json.dumps(
                    [{"directory": self.tree, "file": path, "command": command}]))
                if what is None:
                    self.expect_pass("scripts/tidy", "--all")
                else:
                    self.expect_failure(what, "scripts/tidy", "--all")

    def test_warnings_are_errors(self):
        shadow = "int planted(int x);\nint planted(int x) {\n  {\n    int x = 1;\n    return x;\n"
        for compiler in ("g++", "clang++-19"):
            for text, status in (("int planted();\nint planted() { return 1; }\n", 0),
                                 (shadow + "  }\n}\n", 1),
                                 ("char planted(int x);\nchar planted(int x) { return x; }\n", 1)):
                with self.subTest(compiler=compiler, text=text):
                    self.plant("storage/base/planted.cc", text)
                    words = compile_command()
                    words[0] = compiler
                    words[words.index("-c") + 1] = self.path("storage/base/planted.cc")
                    words[words.index("-o") + 1] = "/dev/null"
                    done = subprocess.run(words, capture_output=True, text=True, check=False)
                    self.assertEqual(min(done.returncode, 1), status, done.stderr)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main(verbosity=2)
