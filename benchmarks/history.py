"""Measures the search of a git history against what git itself needs to hand over the same objects, in one run.

    python benchmarks/history.py [--commits 400] [--runs 3] [--repo DIR]

It writes a repository whose first commit is Python's own standard library (some 30 MB) and whose further commits change some
files each, packs it, and prints the time of `git rev-list --objects --all | git cat-file --batch`, the floor, beside that of
`cybrid-audit scan --history` without a cache and with one. What a scan without the history takes is shown and taken off.
Two credentials are added and removed again on the way, in files that name the platform; one file in a hundred names it."""

from __future__ import annotations

import argparse
import json
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
from typing import IO, Final

FLOOR: Final = "git rev-list --objects --all | git cat-file --batch='%(objectname) %(rest)' --buffer | wc -c"
CHANGED: Final = 20
"""Files that a commit changes."""


def sources(root: str) -> dict[str, bytes]:
    """Return the Python files of a tree by their paths."""
    found: dict[str, bytes] = {}
    for top, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if each not in ("site-packages", "dist-packages", "__pycache__"))
        for name in sorted(names):
            if name.endswith(".py"):
                with open(os.path.join(top, name), "rb") as file:
                    found[os.path.relpath(os.path.join(top, name), root)] = file.read()
    return found


def commit(out: IO[bytes], number: int, changes: dict[str, bytes | None]) -> None:
    """Write one commit in the language of `git fast-import`."""
    out.write(f"commit refs/heads/main\ncommitter b <b@example.invalid> {1_700_000_000 + number} +0000\n".encode())
    out.write(b"data 1\nc\n")
    for path, content in changes.items():
        if content is None:
            out.write(f"D {path}\n".encode())
        else:
            out.write(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    out.write(b"\n")


def write_history(root: str, commits: int) -> None:
    """Write and pack a repository."""
    rng = random.Random(7)
    secrets = ["".join(rng.choices(string.ascii_letters + string.digits, k=43)) for _ in range(2)]
    files = sources(sysconfig.get_paths()["stdlib"])
    paths = sorted(files)
    for path in paths[::100]:
        # Documents, not code: the engine would follow whatever part of the library leads there.
        files[f"notes/{path}.md"] = files[path] + b"# for cybrid\n"
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    importer = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE)
    assert importer.stdin is not None
    commit(importer.stdin, 0, dict(files))
    for number in range(1, commits):
        changes: dict[str, bytes | None] = {}
        for path in rng.sample(paths, CHANGED):
            files[path] += f"# change {number} of {rng.random()}\n".encode()
            changes[path] = files[path]
        if number % (commits // 3) == 0 and secrets:
            changes[f"conf/{number}.env"] = f"CYBRID_CLIENT_SECRET={secrets.pop()}\n".encode()
        if (number - 1) % (commits // 3) == 0 and number > 1:
            changes[f"conf/{number - 1}.env"] = None
        commit(importer.stdin, number, changes)
    importer.stdin.close()
    if importer.wait() != 0:
        raise SystemExit("git fast-import failed")
    for command in (["-c", "pack.window=4", "repack", "-adq"], ["reset", "-q", "--hard"]):
        subprocess.run(["git", *command], cwd=root, check=True)


def timed(command: list[str], root: str, cache: str) -> tuple[float, bytes]:
    """Return the seconds and the output of one run."""
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command[:4])} ended with status {done.returncode}; run it by hand to see why")
    return time.perf_counter() - start, done.stdout


def main() -> int:
    """Write, measure, print. The exit code is 1 when the planted credentials are not found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=400)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--repo", metavar="DIR", help="measure this repository")
    options = parser.parse_args()
    place = tempfile.mkdtemp(prefix="cybrid-audit-history-")
    root = options.repo or os.path.join(place, "repo")
    scan = [sys.executable, "-m", "cybrid_audit", "scan", "--format", "json"]
    times: dict[str, list[float]] = {"floor": [], "scan": [], "cold": [], "warm": []}
    try:
        if not options.repo:
            write_history(root, options.commits)
        # The compiled rules are in the cache folder too: each run has a fresh one that holds them.
        rules = os.path.join(place, "rules")
        timed([*scan, root], place, rules)
        for number in range(options.runs):
            cache = os.path.join(place, f"cache-{number}")
            shutil.copytree(rules, cache)
            seconds, output = timed(["sh", "-c", FLOOR], root, cache)
            times["floor"].append(seconds)
            size = int(output)
            times["scan"].append(timed([*scan, root], place, cache)[0])
            seconds, report = timed([*scan, "--history", root], place, cache)
            times["cold"].append(seconds)
            times["warm"].append(timed([*scan, "--history", root], place, cache)[0])
        found = sum(each["rule"] == "credential-in-history" for each in json.loads(report)["findings"])
        middle = {name: statistics.median(each) for name, each in times.items()}
        history = middle["cold"] - middle["scan"]
        print(f"{size / 1e6:,.0f} MB in the objects of the history")
        print(f"{'git rev-list | git cat-file':28}{middle['floor']:8.3f} s {size / 1e6 / middle['floor']:8.0f} MB/s")
        print(f"{'scan':28}{middle['scan']:8.3f} s")
        print(f"{'scan --history':28}{middle['cold']:8.3f} s   {found} credentials found")
        speed = f"{size / 1e6 / history:8.0f} MB/s   {middle['floor'] / history:.2f} of the floor's speed"
        print(f"{'  of it the history':28}{history:8.3f} s {speed}")
        print(f"{'scan --history, again':28}{middle['warm']:8.3f} s")
        return int(not options.repo and found != 2)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
