"""Measures the search for credentials against detect-secrets and, where they are installed, gitleaks and Kingfisher: one tree, one run.

    python benchmarks/secrets.py [--runs 3] [--tree DIR]

The tree is a copy of Python's own standard library (some 30 MB in 1,800 files) with a small integration beside it that holds
three credentials, or a copy of another one. `cybrid-audit scan` is the whole command: reading, engine, text, report. The text
pass alone is measured as well, and once more with the platform named in every file, so that none can be left out: the worst
case. Figures are medians with warm file caches; only ratios of one run mean something. detect-secrets runs once: it takes minutes."""

from __future__ import annotations

import argparse
import base64
import os
import random
import shutil
import statistics
import string
import subprocess
import sys
import sysconfig
import tempfile
import time
from typing import Final

APP: Final = """\
import os

import requests

LEDGER_PASS = os.environ.get("LEDGER_PASS") or "{second}"


def bank_token():
    answer = requests.post(
        "https://id.sandbox.cybrid.app/oauth/token",
        json={{
            "grant_type": "client_credentials",
            "client_id": os.environ["CYBRID_CLIENT_ID"],
            "client_secret": LEDGER_PASS,
            "scope": "prices:read",
        }},
    )
    return answer.json()["access_token"]


print(requests.get("https://bank.sandbox.cybrid.app/api/prices", headers={{"Authorization": f"Bearer {{bank_token()}}"}}))
"""

TEXT_PASS: Final = """
import sys, time
from cybrid_audit.facts import Facts
from cybrid_audit.knowledge import load
from cybrid_audit.project import Config, open_project
from cybrid_audit.secrets import with_literals
project = open_project(sys.argv[1], Config())
start = time.perf_counter()
facts = with_literals(project, load(), Facts())
print(time.perf_counter() - start, len(facts.literals))
"""


def made_up(number: int) -> str:
    """Return a value of a client secret's form."""
    rng = random.Random(number)
    return "".join(rng.choices(string.ascii_letters + string.digits, k=43))


def copied(source: str, root: str) -> None:
    """Copy the source files of a tree, and put an integration beside them."""
    left_out = shutil.ignore_patterns("site-packages", "dist-packages", "__pycache__", "*.so", "*.pyc", "*.a")
    shutil.copytree(source, os.path.join(root, "lib"), ignore=left_out, symlinks=True)
    place = os.path.join(root, "payments")
    os.mkdir(place)
    encoded = base64.b64encode(made_up(3).encode()).decode()
    files = {
        "app.py": APP.format(second=made_up(2)),
        ".env.staging": f"CYBRID_ENV=sandbox\nCYBRID_CLIENT_SECRET={made_up(1)}\n",
        "secret.yaml": f"kind: Secret\ndata:\n  CYBRID_ORG_CLIENT_SECRET: {encoded}\n",
    }
    for name, text in files.items():
        with open(os.path.join(place, name), "w", encoding="utf-8") as file:
            file.write(text)


def size_of(root: str) -> tuple[int, int]:
    """Return files and bytes of a tree."""
    sizes = [os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk(root) for name in names]
    return len(sizes), sum(sizes)


def name_everywhere(root: str) -> None:
    """Name the platform at the end of every text of a tree."""
    for top, _, names in os.walk(root):
        for name in names:
            path = os.path.join(top, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "ab") as file:
                    file.write(b"\n# for cybrid\n")


def timed(command: list[str], root: str, runs: int) -> tuple[float, int, bytes]:
    """Return the median seconds of a command, its last exit status and output."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        times.append(time.perf_counter() - start)
    return statistics.median(times), done.returncode, done.stdout


def text_pass(root: str, runs: int) -> tuple[float, int]:
    """Return the median seconds of the text pass in a process of its own, and how many credentials it finds."""
    rows = [timed([sys.executable, "-c", TEXT_PASS, "."], root, 1)[2].split() for _ in range(runs)]
    return statistics.median(float(row[0]) for row in rows), int(rows[0][1])


def main() -> int:
    """Copy, measure, print. The exit code is 1 when fewer than the planted credentials are found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", default=sysconfig.get_paths()["stdlib"], help="the tree that is copied")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    root = tempfile.mkdtemp(prefix="cybrid-audit-secrets-")
    try:
        copied(options.tree, root)
        files, size = size_of(root)
        megabytes = size / 1e6
        print(f"{files:,} files, {megabytes:.1f} MB")
        ours = [sys.executable, "-m", "cybrid_audit", "scan", "--format", "json", "."]
        scan, status, output = timed(ours, root, options.runs + 1)
        if status not in (0, 1, 3):
            # A crash is fast, and its time says nothing.
            raise SystemExit(f"the scan ended with status {status}; run it by hand to see why")
        found = output.count(b'"rule": "hardcoded-client-secret"')
        commands = {
            "gitleaks": ["gitleaks", "dir", "--no-banner", "."],
            "kingfisher": ["kingfisher", "scan", "--no-validate", "--no-update-check", "."],
            "detect-secrets": [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "."],
        }
        print(f"{'cybrid-audit scan':36}{scan:9.3f} s {megabytes / scan:8.1f} MB/s   {found} of 3 found", flush=True)
        seconds, count = text_pass(root, options.runs)
        print(f"{'text pass of it':36}{seconds:9.3f} s   {count} of 3 found", flush=True)
        for name, command in commands.items():
            if name == "detect-secrets" or shutil.which(name):
                other, status, _ = timed(command, root, 1 if name == "detect-secrets" else options.runs)
                against = f"{other / scan:8.1f}× the scan   exit {status}"
                print(f"{name:36}{other:9.3f} s {megabytes / other:8.1f} MB/s {against}", flush=True)
        name_everywhere(root)
        worst, _ = text_pass(root, options.runs)
        line = f"{'text pass, every file names it':36}{worst:9.3f} s {megabytes / worst:8.1f} MB/s"
        print(line, flush=True)
        return int(found < 3)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
