"""Every command that the documents show runs, as a reader would type it, and the configuration that they show is right."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from cybrid_audit.cli._app import COMMANDS

TOP: Final = Path(__file__).parents[2]
DOCUMENTS: Final = (TOP / "README.md", TOP / "CHANGELOG.md", *sorted((TOP / "docs").glob("*.md")))
TOOL: Final = "cybrid-audit"
STANDS_FOR: Final = {
    "REF": "main",
    "FILE": "report.out",
    "DIR": ".",
    "PATH:LINE": "src/pay.ts:42",
    "FINGERPRINT": "transaction-without-mfa",
    "CONTROL": "AT-1",
    "NAME": "AT-1",
    "FILES": "src/pay.ts",
}
"""What a reader puts in the place of a word in capitals."""
WITHOUT_ARGUMENTS: Final = frozenset({"hook", "why", "cybrid-audit", "baseline"})
"""Names of commands that a text may mention by themselves, though they need more to run."""


def commands(text: str) -> Iterator[str]:
    """Yield the commands of a document: lines of console blocks, and code in prose that begins like one."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            shown = line.removeprefix("$ ").partition("  #")[0].strip()
            if shown.startswith(f"{TOOL} "):
                yield shown
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for code in re.findall(r"`([^`\n]+)`", prose):
        words = code.split()
        if words[0] == TOOL and len(words) > 1 and not words[1].endswith(":"):
            yield code
        elif words[0] in COMMANDS and len(words) > 1:
            yield f"{TOOL} {code}"


SHOWN: Final = {each: path.name for path in reversed(DOCUMENTS) for each in commands(path.read_text())}
"""Each command once, with a document that shows it."""


def test_there_are_commands_to_run() -> None:
    assert {"README.md", "usage.md", "report-format.md", "configuration.md", "secrets.md"} <= set(SHOWN.values())
    used = {shlex.split(each)[1] for each in SHOWN}
    assert {"scan", "audit", "init", "baseline", "inventory", "explain", "why"} <= used


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a repository that has what the documents speak of: a path to code, a branch, a remote one, a file with 42 lines."""
    folder = tmp_path / "place"
    shutil.copytree(TOP / "tests/fixtures/projects/fastapi-httpx", folder / "path/to/code")
    shutil.copytree(TOP / "examples/token-shop", folder / "examples/token-shop")
    (folder / "src").mkdir()
    (folder / "src/pay.ts").write_text("export const nothing = 0;\n" * 42)
    git = ["git", "-C", str(folder), "-c", "user.name=T", "-c", "user.email=t@example.com"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["commit", "-qm", "start"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run([*git, *arguments], check=True)
    return folder


@pytest.mark.parametrize("command", SHOWN)
def test_it_runs(command: str, place: Path, cli: Any) -> None:
    words = [STANDS_FOR.get(each, each.replace(":FILE", ":report.out")) for each in shlex.split(command)[1:]]
    if len(words) == 1 and words[0] in WITHOUT_ARGUMENTS:
        words.append("--help")
    if words[:2] in (["baseline", "update"], ["baseline", "diff"]):
        assert cli("baseline", "create", place).status == 0
    outcome = cli(*words, cwd=place)
    assert outcome.status in {0, 1}, f"{SHOWN[command]}: {command}: {outcome.stderr}"


def test_the_targets_of_make_exist() -> None:
    text = (TOP / "README.md").read_text()
    named = set(re.findall(r"^\$ make (\w+)", text, re.MULTILINE))
    assert named
    for target in named:
        done = subprocess.run(["make", "-n", target], cwd=TOP, capture_output=True, check=False)
        assert done.returncode == 0, target


def test_the_configuration_that_is_shown_is_right(place: Path, cli: Any) -> None:
    page = (TOP / "docs/configuration.md").read_text()
    (block,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (pattern,) = re.findall(r"^```\n(rules:.*?)^```", page, re.MULTILINE | re.DOTALL)
    (place / ".cybrid-audit.yaml").write_text(block)
    (place / "security/patterns").mkdir(parents=True)
    (place / "security/patterns/acme.yaml").write_text(pattern)
    outcome = cli("scan", place)
    assert outcome.status in {0, 1}, outcome.stderr


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for path in (*DOCUMENTS, *sorted((TOP / "docs/rules").glob("*.md"))):
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
            if target.startswith(("http://", "https://")):
                continue
            file, _, anchor = target.partition("#")
            at = Path(os.path.normpath(path.parent / file)) if file else path
            assert at.exists(), f"{path.name}: {target}"
            if anchor and at.suffix == ".md":
                heads = re.findall(r"^#+ (.+)$", at.read_text(), re.MULTILINE)
                slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
                assert anchor in slugs, f"{path.name}: {target}"
