"""Scans large packages that have nothing to do with the platform, and expects to find nothing in them.

    python benchmarks/false_alarms.py [--keep DIR] [PACKAGE ...]

It downloads packages with pip and npm, whatever index the machine is configured for, without running anything of them, unpacks
them into a temporary folder and scans each. Since none of them names the platform, a second run puts its name at the end of
every text file, so that no file is left out early: there, any digest, guid or test credential of the package would show.
Names start with `npm:` for packages of npm. The exit code is 1 when anything was found."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from typing import Final

PACKAGES: Final = (
    "Django",
    "homeassistant",
    "fastapi",
    "ansible-core",
    "sqlalchemy",
    "apache-airflow-core",
    "npm:typescript",
    "npm:webpack",
    "npm:next",
    "npm:aws-sdk",
)
NAMED: Final = b"\n# for cybrid\n"

Row = tuple[str, int, str]


def fetched(package: str, place: str) -> str:
    """Download a package and return the folder that it is unpacked in."""
    target = os.path.join(place, package.replace(":", "-").replace("/", "-"))
    if os.path.isdir(target):
        return target
    packed = tempfile.mkdtemp(dir=place)
    if package.startswith("npm:"):
        command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", packed, package[4:]]
    else:
        wheel = ["--only-binary", ":all:", "--python-version", "3.14", "--platform", "manylinux_2_28_x86_64"]
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", packed, *wheel, package]
    # Outside any project, whose configuration might say otherwise.
    subprocess.run(command, cwd=packed, check=True, stdout=subprocess.DEVNULL)
    (name,) = os.listdir(packed)
    path = os.path.join(packed, name)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(target)
    else:
        with tarfile.open(path) as tar:
            tar.extractall(target, filter="data")
    shutil.rmtree(packed)
    return target


def size_of(root: str) -> tuple[int, int]:
    """Return files and bytes of a tree."""
    sizes = [os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk(root) for name in names]
    return len(sizes), sum(sizes)


def scanned(root: str) -> tuple[float, list[Row]]:
    """Return the seconds of a scan, and rule, line and path of what it finds."""
    command = [sys.executable, "-m", "cybrid_audit", "scan", "--format", "json", root]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"the scan of {root} ended with status {done.returncode}")
    findings = json.loads(done.stdout)["findings"]
    places = ((each["rule"], each["location"]["start_line"], each["location"]["path"]) for each in findings)
    return seconds, list(places)


def name_everywhere(root: str) -> None:
    """Put the platform's name at the end of every text file."""
    for top, _, names in os.walk(root):
        for name in names:
            path = os.path.join(top, name)
            if os.path.islink(path):
                continue
            with open(path, "rb+") as file:
                if b"\0" not in file.read(1024):
                    file.seek(0, os.SEEK_END)
                    file.write(NAMED)


def main() -> int:
    """Download, scan, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--keep", metavar="DIR", help="keep what is downloaded there, and use it again")
    options = parser.parse_args()
    place = options.keep or tempfile.mkdtemp(prefix="cybrid-audit-packages-")
    os.makedirs(place, exist_ok=True)
    total = 0
    try:
        for package in options.packages:
            root = fetched(package, place)
            files, size = size_of(root)
            seconds, found = scanned(root)
            named = os.path.join(place, "named")
            shutil.rmtree(named, ignore_errors=True)
            shutil.copytree(root, named, symlinks=True)
            name_everywhere(named)
            longer, more = scanned(named)
            shutil.rmtree(named)
            print(
                f"{package:22}{files:7,} files {size / 1e6:7.1f} MB {seconds:7.2f} s {len(found):3} findings   "
                f"named in every file {longer:7.2f} s {len(more):3} findings",
                flush=True,
            )
            for rule, line, path in [*found, *more]:
                print(f"    {rule}  {path}:{line}")
            total += len(found) + len(more)
        print(f"{total} findings")
        return int(total > 0)
    finally:
        if not options.keep:
            shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
