"""`cybrid-audit init`: what it writes works, and what is there stays."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cybrid_audit.project.config import TOP_KEYS, Config, load_config, parse_config
from cybrid_audit.result import ExitStatus
from cybrid_audit.starter import installed_from
from cybrid_audit.starter.texts import Look, github, gitlab, pre_commit
from tests.conftest import TOOL, Cli

EXAMPLE = Path(__file__).parents[2] / "examples" / "token-shop"
WRITTEN = {
    ".cybrid-audit.yaml",
    ".cybrid-audit.schema.json",
    ".pre-commit-config.yaml",
    ".github/workflows/cybrid-audit.yml",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(EXAMPLE, folder)
    return folder


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, check=True)


def test_it_writes_what_is_missing_and_changes_no_result(cli: Cli, shop: Path) -> None:
    before = json.loads(cli("scan", "--format", "json", shop).stdout)["findings"]
    held = files(shop)
    outcome = cli("init", shop)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert set(files(shop)) - set(held) == WRITTEN
    assert {name: text for name, text in files(shop).items() if name in held} == held
    assert [line for line in outcome.stdout.split("\n") if line.startswith("wrote ")] == [
        f"wrote {shop}/{name}"
        for name in (
            ".cybrid-audit.yaml",
            ".cybrid-audit.schema.json",
            ".pre-commit-config.yaml",
            ".github/workflows/cybrid-audit.yml",
        )
    ]
    assert load_config(str(shop)) == Config(path=str(shop / ".cybrid-audit.yaml"))
    assert json.loads(cli("scan", "--format", "json", shop).stdout)["findings"] == before


def test_what_is_there_is_never_written_over(cli: Cli, shop: Path) -> None:
    (shop / ".pre-commit-config.yaml").write_text("repos: []\n")
    (shop / ".cybrid-audit.yaml").write_text("version: 1\n")
    outcome = cli("init", shop)
    assert (shop / ".pre-commit-config.yaml").read_text() == "repos: []\n"
    assert (shop / ".cybrid-audit.yaml").read_text() == "version: 1\n"
    assert "add this to 'repos' in it:\n    - repo: local\n" in outcome.stdout
    held = files(shop)
    again = cli("init", shop)
    assert (again.status, files(shop)) == (0, held)
    assert "wrote" not in again.stdout


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_what_has_been_added_is_not_asked_for_again(cli: Cli, shop: Path, ci: str) -> None:
    cli("init", "--ci", ci, shop)
    again = cli("init", "--ci", ci, shop)
    assert again.stdout.count("is there already and stays as it is") == (5 if ci == "gitlab" else 4)
    assert "add this" not in again.stdout
    (shop / ".pre-commit-config.yaml").write_text("repos: []\n")
    assert "add this to 'repos'" in cli("init", "--ci", ci, shop).stdout


def test_a_dry_run_writes_nothing(cli: Cli, shop: Path) -> None:
    held = files(shop)
    outcome = cli("init", "--dry-run", shop)
    assert files(shop) == held
    assert f"would write {shop}/.cybrid-audit.yaml" in outcome.stdout
    assert "  version: 1" in outcome.stdout


@pytest.mark.parametrize(
    ("given", "remote", "options", "wanted"),
    [
        ((), "", (), {".github/workflows/cybrid-audit.yml"}),
        ((".github/workflows/test.yml",), "", (), {".github/workflows/cybrid-audit.yml"}),
        ((".gitlab-ci.yml",), "", (), {".gitlab/cybrid-audit.yml"}),
        (
            (".gitlab-ci.yml", ".github/a.yml"),
            "",
            (),
            {".gitlab/cybrid-audit.yml", ".github/workflows/cybrid-audit.yml"},
        ),
        ((), "git@gitlab.example:a/b.git", (), {".gitlab/cybrid-audit.yml", ".gitlab-ci.yml"}),
        ((), "", ("--ci", "none"), set()),
        ((), "", ("--ci", "gitlab"), {".gitlab/cybrid-audit.yml", ".gitlab-ci.yml"}),
    ],
)
def test_the_job_is_for_the_service_in_use(
    given: tuple[str, ...], remote: str, options: tuple[str, ...], wanted: set[str], cli: Cli, shop: Path
) -> None:
    for name in given:
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_text("stages: [test]\n")
    if remote:
        git(shop, "init", "-q")
        git(shop, "remote", "add", "origin", remote)
    held = set(files(shop))
    outcome = cli("init", *options, shop)
    assert outcome.status == 0
    assert {name for name in set(files(shop)) - held if "ci" in name or name.startswith((".git",))} == wanted
    assert ("local: .gitlab/cybrid-audit.yml" in outcome.stdout) == (".gitlab-ci.yml" in given)


def test_every_example_of_the_configuration_is_right(cli: Cli, shop: Path) -> None:
    """What is behind a `#` can be taken in as it is."""
    cli("init", shop)
    text = (shop / ".cybrid-audit.yaml").read_text()
    live = re.sub(r"(?m)^# (?=(?: +)|[a-z_]+:(?:$| \S+$))", "", text)
    config = parse_config(live.encode(), "x")
    assert config.suppressions
    assert config.attestations
    assert config.models
    assert set(yaml.safe_load(live)) | {"rules"} == set(TOP_KEYS)
    schema: Any = json.loads((shop / ".cybrid-audit.schema.json").read_text())
    jsonschema.validate(json.loads(json.dumps(yaml.safe_load(live), default=str)), schema)
    assert text.startswith("# yaml-language-server: $schema=.cybrid-audit.schema.json\n")


def test_the_project_is_seen(cli: Cli, tmp_path: Path) -> None:
    for name in ("app.py", "pay.py", "ios/App.swift", "web/a.ts"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    cli("init", tmp_path)
    text = (tmp_path / ".cybrid-audit.yaml").read_text()
    assert "Seen here: python, " in text
    assert "name: require_step_up, kind: mfa, language: python" in text
    if "swift" in text:
        assert 'glob: "ios/**", side: client' in text


def test_a_link_is_not_written_through(cli: Cli, shop: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (shop / ".github").symlink_to(outside)
    (shop / ".cybrid-audit.yaml").symlink_to(tmp_path / "nowhere")
    held = files(shop)
    outcome = cli("init", shop)
    assert outcome.status == ExitStatus.USAGE
    assert ".github is a link; nothing was written" in outcome.stderr
    assert files(shop) == held
    assert not list(outside.iterdir())
    assert not (tmp_path / "nowhere").exists()


def test_a_failure_half_way_takes_back_what_was_written(cli: Cli, shop: Path) -> None:
    (shop / ".github").mkdir()
    (shop / ".github" / "workflows").write_text("a file where a folder has to be\n")
    held = files(shop)
    outcome = cli("init", shop)
    assert outcome.status == ExitStatus.USAGE
    assert outcome.stderr.startswith("error: cannot write ")
    assert files(shop) == held


@pytest.mark.parametrize(
    ("path", "said"), [("none", "no such file"), ("shop/package.json", "shop/package.json is a file")]
)
def test_wrong_use_is_said_in_one_line(path: str, said: str, cli: Cli, shop: Path) -> None:
    outcome = cli("init", path)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith(f"error: {said}")


# ---------------------------------------------------------------- what is written works


@pytest.mark.parametrize("branch", ["main", "it's: #odd", 'a"b', "[x]"])
@pytest.mark.parametrize("package", ["cybrid-audit==1.2.3", "cybrid-audit @ git+https://code.example/a.git@0123abc"])
def test_the_jobs_are_yaml_whatever_the_branch(branch: str, package: str) -> None:
    look = Look(branch=branch, package=package, repository=("https://code.example/a.git", "0123abc"))
    workflow = yaml.safe_load(github(look))
    assert workflow[True]["push"]["branches"] == [branch]
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["audit"]["steps"]
    assert steps[2]["run"] == f'python -m pip install "{package}"'
    assert "${{" not in "".join(step.get("run", "") for step in steps)
    assert yaml.safe_load(gitlab(look))["cybrid-audit"]["script"][0] == f'python -m pip install "{package}"'
    (hook,) = yaml.safe_load(pre_commit(look))["repos"]
    assert (hook["repo"], hook["rev"]) == look.repository


def test_where_it_was_installed_from() -> None:
    package, _ = installed_from()
    assert package.startswith("cybrid-audit")


@pytest.fixture
def reviewed(shop: Path) -> Path:
    """A repository with a base branch, and a change on another one that excuses itself."""
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "base")
    git(shop, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(shop, "checkout", "-q", "-b", "change")
    return shop


@pytest.mark.parametrize(("base", "excused"), [("main", False), ("", True)])
def test_the_workflow_audits_by_the_base_branch(
    base: str, excused: bool, reviewed: Path, scrubbed: dict[str, str]
) -> None:
    (reviewed / ".cybrid-audit.yaml").write_text(
        "version: 1\nrules:\n  disable: [bank-token-on-customer-endpoint, hardcoded-client-secret, platform-token-exposed, transaction-without-mfa]\n"
    )
    script = yaml.safe_load(github(Look()))["jobs"]["audit"]["steps"][3]["run"]
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=reviewed,
        env={**scrubbed, "PATH": f"{Path(TOOL).parent}:{scrubbed['PATH']}", "BASE": base},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0 if excused else 1, "")
    assert ("::error" in done.stdout) == (not excused)
    assert json.loads((reviewed / "cybrid-audit.sarif").read_text())["version"] == "2.1.0"


def test_the_hook_runs_the_command(shop: Path) -> None:
    (entry,) = yaml.safe_load(pre_commit(Look()))["repos"]
    (hook,) = entry["hooks"]
    assert (entry["repo"], hook["language"], hook["require_serial"]) == ("local", "system", True)
    assert hook["entry"].split() == [Path(TOOL).name, "hook"]
