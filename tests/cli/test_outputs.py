"""`--output [FORMAT:]FILE`: several reports of one run, each written as a whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cybrid_audit.reports import FORMATS
from cybrid_audit.result import ExitStatus
from tests.conftest import Cli


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one finding, of an extra control: it is told, and fails no run."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(
        'import requests\nrequests.get("http://bank.sandbox.cybrid.app/api/symbols", timeout=9)\n'
    )
    return folder


def test_every_format_in_one_run(cli: Cli, project: Path, tmp_path: Path) -> None:
    outcome = cli("scan", *(part for name in FORMATS for part in ("-o", f"{name}:out.{name}")), project)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (ExitStatus.CLEAN, "", "")
    for name in FORMATS:
        alone = cli("scan", "--format", name, project)
        assert (tmp_path / f"out.{name}").read_bytes().decode() == alone.stdout, name


def test_one_to_a_file_and_one_to_the_terminal(cli: Cli, project: Path, tmp_path: Path) -> None:
    outcome = cli("scan", "-o", "sarif:report.sarif", "-o", "json:-", project)
    assert outcome.status == ExitStatus.CLEAN
    assert json.loads(outcome.stdout)["findings"]
    assert json.loads((tmp_path / "report.sarif").read_text())["version"] == "2.1.0"


def test_a_format_without_a_place_goes_to_the_terminal(cli: Cli, project: Path, tmp_path: Path) -> None:
    outcome = cli("scan", "--format", "json", "-o", "csv:report.csv", project)
    assert json.loads(outcome.stdout)["findings"]
    assert (tmp_path / "report.csv").read_text().startswith("record,")


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (("json:same", "sarif:same"), "--output: two reports go to same; "),
        (("json:same", "sarif:./project/../same"), "--output: two reports go to ./project/../same; "),
        (("json:-", "sarif:-"), "--output: two reports go to standard output; "),
        (("json:same", "sarif:link"), "--output: two reports go to link; "),
        (("jsn:x",), "--output jsn:x: no format 'jsn'; did you mean 'json'?"),
        (("nothing:x",), "--output nothing:x: no format 'nothing'; use one of text, json, "),
        (("json:",), "--output json: names no file; "),
        (("json:none/x",), "--output none/x: no such directory "),
        (("json:project",), "--output project is a directory; "),
    ],
)
def test_what_cannot_be_written_is_said_before_the_audit(
    outputs: tuple[str, ...], said: str, cli: Cli, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("same")
    before = sorted(os.listdir(tmp_path))
    outcome = cli("scan", "-o", "text:good", *(part for output in outputs for part in ("-o", output)), project)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith(f"error: {said}")
    assert outcome.stderr.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == before, "no report of the run is written"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder here in which even root makes no file")
def test_a_folder_that_is_not_writable(cli: Cli, project: Path) -> None:
    outcome = cli("scan", "-o", "json:/proc/report", project)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith(
        "error: cannot write /proc/report: "
        if os.geteuid() == 0
        else "error: --output /proc/report cannot be written; "
    )
    assert outcome.stderr.count("\n") == 1


def test_a_report_replaces_the_last_one_as_a_whole(cli: Cli, project: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("old" * 100_000)
    os.link(report, tmp_path / "held")
    cli("scan", "-o", "json:report.json", project)
    assert json.loads(report.read_text())["findings"]
    assert (tmp_path / "held").read_text() == "old" * 100_000, "who reads the old one is not disturbed"
    assert not list(tmp_path.glob("*.part"))


def test_a_report_that_fails_leaves_the_last_one(cli: Cli, project: Path, tmp_path: Path) -> None:
    import resource

    report = tmp_path / "report.html"
    report.write_text("old")

    def small_files() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    outcome = cli("scan", "-o", "html:report.html", project, before=small_files, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert outcome.status == ExitStatus.USAGE
    assert outcome.stderr.startswith("error: cannot write report.html: File too large; ")
    assert report.read_text() == "old"
    assert not list(tmp_path.glob("*.part"))
