"""The command as such: version, help, wrong usage, a bug, and what a start imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import click
import pytest

from cybrid_audit import __version__
from cybrid_audit import cli as command_line
from cybrid_audit.cli._app import COMMANDS, app
from cybrid_audit.errors import AuditError
from cybrid_audit.result import ExitStatus

HEAVY = (
    "rich",
    "jinja2",
    "yaml",
    "tree_sitter",
    "tree_sitter_python",
    "json",
    "cybrid_audit.knowledge",
    "cybrid_audit.ir",
)


def test_version(cli: Any) -> None:
    outcome = cli("--version")
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, f"cybrid-audit {__version__}\n", "")


def test_help_names_every_command(cli: Any) -> None:
    outcome = cli("--help")
    assert (outcome.status, outcome.stderr) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in outcome.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_a_module_with_help_for_each_option(command: str) -> None:
    context = click.Context(app)
    found = app.get_command(context, command)
    assert found is not None
    assert found.name == command
    assert found.help
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"--{parameter.name} of {command} says nothing"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scan", "--help"]])
def test_a_start_imports_nothing_heavy(arguments: list[str], scrubbed: Mapping[str, str]) -> None:
    code = (
        "import sys; before = set(sys.modules); from cybrid_audit.cli import main; "
        f"main({arguments!r}); print([n for n in {HEAVY!r} if n in sys.modules and n not in before], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=dict(scrubbed), capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (["scna"], "error: no such command 'scna'; did you mean 'scan'?"),
        (["scan", "--frmat", "json"], "error: no such option '--frmat'"),
        (["scan", "--format", "xml"], "error: invalid value for '--format' / '-f': 'xml' is not one of "),
        (["scan", "a", "b"], "error: got unexpected extra argument (b)"),
        (["scan", "--fail-on", "always"], "error: invalid value for '--fail-on': 'always' is not one of "),
        (["inventory", "--format", "sarif"], "error: invalid value for '--format' / '-f': 'sarif' is not one of "),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(cli: Any, arguments: list[str], stderr: str) -> None:
    outcome = cli(*arguments)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith(stderr)
    assert outcome.stderr.count("\n") == 1
    assert "run 'cybrid-audit" in outcome.stderr


def test_no_command_shows_the_help(cli: Any) -> None:
    outcome = cli()
    assert outcome.status == ExitStatus.USAGE
    assert "Usage: cybrid-audit" in outcome.stdout + outcome.stderr


def _raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: Any, **__: Any) -> None:
        secret = "sEcReT-local-value"  # would show in a traceback with local variables
        raise error.with_traceback(None) if secret else error

    monkeypatch.setattr(app, "main", fail)


def test_a_bug_is_one_line_and_status_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("CYBRID_AUDIT_DEBUG", raising=False)
    _raising(monkeypatch, ZeroDivisionError("a text with sEcReT"))
    assert command_line.main(["scan"]) == ExitStatus.INTERNAL
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"error: bug in cybrid-audit {__version__}: ZeroDivisionError at cli/test_entry.py:")
    assert "sEcReT" not in captured.err


def test_debug_shows_the_traceback_without_locals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CYBRID_AUDIT_DEBUG", "1")
    _raising(monkeypatch, ZeroDivisionError("division"))
    assert command_line.main(["scan"]) == ExitStatus.INTERNAL
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert "secret = 'sEcReT" not in err


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (AuditError("what is wrong", "the fix"), 2, "error: what is wrong; the fix\n"),
        (AuditError("what is wrong.\nand more"), 2, "error: what is wrong. and more\n"),
        (KeyboardInterrupt(), 130, "error: interrupted; nothing was reported\n"),
        (click.ClickException("no"), 2, "error: no\n"),
    ],
)
def test_expected_failures(
    error: BaseException, status: int, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, error)
    assert command_line.main(["scan"]) == status
    assert capsys.readouterr().err == text


def test_python_dash_m_is_the_same_command(scrubbed: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cybrid_audit", "--version"],
        env=dict(scrubbed),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"cybrid-audit {__version__}\n"
