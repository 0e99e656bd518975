"""`scan` and `inventory` on a good project, through the real command."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit import __version__
from cybrid_audit.result import ExitStatus

EXAMPLE = Path(__file__).parents[2] / "examples" / "token-shop"


def test_text_report(cli: Any) -> None:
    outcome = cli("scan", EXAMPLE)
    assert (outcome.status, outcome.stderr) == (ExitStatus.FINDINGS, "")
    for each in ("hardcoded-client-secret", "src/config.ts:8", "transaction-without-mfa", "src/routes/trades.ts"):
        assert each in outcome.stdout
    assert "\x1b" not in outcome.stdout
    assert "gjDN6QkqQFdk" not in outcome.stdout


def test_the_example_shows_what_its_readme_says(cli: Any) -> None:
    """Its README lists the mistakes by file; a file it does not list has none."""
    report = json.loads(cli("scan", "--format", "json", EXAMPLE).stdout)
    by_rule = {(each["rule"], each["location"]["path"], each["location"]["start_line"]) for each in report["findings"]}
    assert by_rule == {
        ("bank-token-on-customer-endpoint", "src/routes/trades.ts", 10),
        ("bank-token-on-customer-endpoint", "src/routes/trades.ts", 20),
        ("customer-created-without-verified-email", "src/routes/customers.ts", 8),
        ("hardcoded-client-secret", "src/config.ts", 8),
        ("over-scoped-customer-token", "src/cybrid/tokens.ts", 39),
        ("platform-token-exposed", "src/routes/quotes.ts", 13),
        ("transaction-without-mfa", "src/routes/trades.ts", 20),
    }


def test_color_on_request(cli: Any) -> None:
    assert "\x1b[" in cli("scan", EXAMPLE, env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" not in cli("scan", "--no-color", EXAMPLE, env={"FORCE_COLOR": "1"}).stdout


@pytest.mark.parametrize("format_", ["text", "json", "sarif"])
def test_a_file_gets_what_the_terminal_would(format_: str, cli: Any, tmp_path: Path) -> None:
    printed = cli("scan", "--format", format_, EXAMPLE)
    written = cli("scan", "--format", format_, "--output", "report", EXAMPLE)
    assert (written.status, written.stdout, written.stderr) == (printed.status, "", "")
    assert (tmp_path / "report").read_bytes().decode() == printed.stdout


def test_json_names_tool_and_version(cli: Any) -> None:
    report = json.loads(cli("scan", "--format", "json", EXAMPLE).stdout)
    assert report["tool"] == {"name": "cybrid-audit", "version": __version__}


def test_a_rule_filter_leaves_the_others_out(cli: Any) -> None:
    outcome = cli("scan", "--format", "json", "--rule", "hardcoded-client-secret", EXAMPLE)
    assert outcome.status == ExitStatus.FINDINGS
    assert {each["rule"] for each in json.loads(outcome.stdout)["findings"]} == {"hardcoded-client-secret"}


@pytest.mark.parametrize(("options", "status"), [(["--exit-zero"], 0), (["--fail-on", "never"], 0), ([], 1)])
def test_status_by_option(options: list[str], status: int, cli: Any) -> None:
    assert cli("scan", *options, EXAMPLE).status == status


def test_history_without_a_repository_is_said_in_one_line(cli: Any, tmp_path: Any) -> None:
    (tmp_path / "app.py").write_text("print()\n")
    outcome = cli("scan", "--history", tmp_path)
    assert outcome.status == ExitStatus.USAGE
    assert outcome.stdout == ""
    assert outcome.stderr == (
        f"error: {tmp_path}: not in a git repository, so that it has no history; "
        "leave --history out, or name a folder in a git repository\n"
    )


def test_verbose_counts_files(cli: Any) -> None:
    outcome = cli("scan", "--verbose", EXAMPLE)
    assert outcome.status == ExitStatus.FINDINGS
    assert outcome.stderr.endswith(" skipped\n")
    assert " relevant, " in outcome.stderr


def test_one_file(cli: Any, tmp_path: Path) -> None:
    outcome = cli("scan", "--format", "json", EXAMPLE / "src" / "config.ts")
    assert outcome.stderr == ""
    assert json.loads(outcome.stdout)["files"]["scanned"] == 1


def test_inventory_table(cli: Any) -> None:
    outcome = cli("inventory", EXAMPLE)
    assert (outcome.status, outcome.stderr) == (ExitStatus.CLEAN, "")
    lines = outcome.stdout.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("src/routes/trades.ts"))
    row = next(line for line in lines[start:] if line.lstrip().startswith("20 "))
    assert row.split()[:5] == ["20", "POST", "/api/trades", "bank", "absent"]


def test_inventory_json_is_the_one_of_the_report(cli: Any) -> None:
    alone = json.loads(cli("inventory", "--format", "json", EXAMPLE).stdout)
    whole = json.loads(cli("scan", "--format", "json", EXAMPLE).stdout)
    assert alone.get("inventory", alone) == whole["inventory"]


def test_two_runs_print_the_same(cli: Any) -> None:
    first, second = (cli("scan", "--format", "sarif", EXAMPLE, env={"PYTHONHASHSEED": seed}) for seed in ("1", "2"))
    assert first == second


def test_inventories_of_several_formats_in_one_run(cli: Any, tmp_path: Path) -> None:
    outcome = cli("inventory", EXAMPLE, "-o", "csv:calls.csv", "-o", "calls.json", "-f", "json")
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, "", "")
    rows = list(csv.DictReader((tmp_path / "calls.csv").read_text().splitlines()))
    calls = json.loads((tmp_path / "calls.json").read_text())["inventory"]["calls"]
    assert [(each["path"], int(each["line"]), each["operation"]) for each in rows if each["record"] == "call"] == [
        (each["path"], each["line"], each["operation"]) for each in calls
    ]


def test_what_the_configuration_leaves_out_is_counted(cli: Any, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "shop")
    (tmp_path / "shop" / ".cybrid-audit.yaml").write_text("version: 1\npaths: {exclude: ['src/routes/**']}\n")
    count = len(list((EXAMPLE / "src" / "routes").iterdir()))
    said = f", {count} left out by the configuration"
    assert said in cli("scan", "shop").stdout
    assert said in cli("audit", "shop").stdout
    assert said in cli("scan", "shop", "-f", "markdown").stdout
    assert json.loads(cli("scan", "shop", "-f", "json").stdout)["files"]["left_out"] == count
    assert json.loads(cli("scan", EXAMPLE, "-f", "json").stdout)["files"]["left_out"] == 0
    answer = cli("why", f"shop/{next((EXAMPLE / 'src' / 'routes').iterdir()).relative_to(EXAMPLE)}:1", "--in", "shop")
    assert "The file is not among those read" in answer.stdout
    assert "No front-end reads it" not in answer.stdout
