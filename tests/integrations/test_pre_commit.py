"""The hooks in real commits, through the real pre-commit, without a network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.cli.test_hook import ENV, PRICES, SECRET, TOKENS, TRADES
from tests.conftest import TOOL

ROOT: Final = Path(__file__).parents[2]
HOOKS: Final[dict[str, dict[str, Any]]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
}
PRE_COMMIT: Final = Path(sys.executable).with_name("pre-commit")

pytestmark = pytest.mark.skipif(not PRE_COMMIT.is_file(), reason="pre-commit is not installed: pip install '.[dev]'")

Run = Callable[..., subprocess.CompletedProcess[str]]

SAFE: Final = "def total(values):\n    return sum(values)\n"


@pytest.fixture
def environment(tmp_path: Path, scrubbed: Mapping[str, str]) -> dict[str, str]:
    who = {
        f"GIT_{each}": "a@example.com" for each in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    }
    return {
        **scrubbed,
        **who,
        "PATH": f"{TOOL.parent}:{scrubbed['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "PIP_NO_INDEX": "1",
    }


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run a command in the repository."""

    def started(*command: str | Path, ok: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*map(str, command)],
            cwd=tmp_path / "shop",
            env=environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done

    return started


def shop_with(folder: Path, run: Run, *hooks: str) -> Path:
    """Return a repository with some of the shipped hooks, run by the installed command, and one commit."""
    shop = folder / "shop"
    shop.mkdir()
    local = [HOOKS[each] | {"language": "system"} for each in hooks]
    (shop / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": local}]}))
    (shop / "tokens.py").write_text(TOKENS)
    run("git", "init", "-q")
    run("git", "add", "-A")
    run("git", "commit", "-q", "-m", "start")
    run(PRE_COMMIT, "install")
    return shop


@pytest.fixture
def shop(tmp_path: Path, run: Run) -> Path:
    return shop_with(tmp_path, run, "cybrid-audit")


@pytest.fixture
def searched(tmp_path: Path, run: Run) -> Path:
    return shop_with(tmp_path, run, "cybrid-audit-secrets")


def commit(run: Run, message: str = "change") -> tuple[int, str]:
    done = run("git", "commit", "-m", message, ok=False)
    return done.returncode, done.stdout + done.stderr


# ---------------------------------------------------------------- the audit


def test_a_commit_is_refused_and_the_corrected_one_passes(shop: Path, run: Run) -> None:
    (shop / "trades.py").write_text(TRADES)
    run("git", "add", "trades.py")
    status, said = commit(run)
    assert status == 1
    assert "error[bank-token-on-customer-endpoint]" in said
    assert "trades.py:13" in said
    assert run("git", "log", "--format=%s").stdout == "start\n"
    (shop / "trades.py").write_text(SAFE)
    run("git", "add", "trades.py")
    status, said = commit(run)
    assert (status, "Passed" in said) == (0, True), said


def test_a_finding_elsewhere_refuses_no_commit(shop: Path, run: Run) -> None:
    (shop / "trades.py").write_text(TRADES)
    run("git", "add", "trades.py")
    run("git", "commit", "-q", "--no-verify", "-m", "known")
    (shop / "total.py").write_text(SAFE)
    run("git", "add", "total.py")
    assert commit(run)[0] == 0


def test_a_commit_is_refused_for_what_leads_through_its_file(shop: Path, run: Run) -> None:
    """The file alone is innocent: only with the rest of the project it is not."""
    (shop / "trades.py").write_text(TRADES)
    run("git", "add", "trades.py")
    run("git", "commit", "-q", "--no-verify", "-m", "known")
    (shop / "tokens.py").write_text(TOKENS + "\n\nTIMEOUT = 10\n")
    run("git", "add", "tokens.py")
    status, said = commit(run)
    assert (status, "trades.py:13" in said) == (1, True), said


def test_what_is_staged_is_audited_not_what_lies_in_the_tree(shop: Path, run: Run) -> None:
    (shop / "trades.py").write_text(TRADES)
    run("git", "add", "trades.py")
    (shop / "trades.py").write_text(SAFE)
    assert commit(run)[0] == 1
    assert (shop / "trades.py").read_text() == SAFE
    run("git", "add", "trades.py")
    (shop / "trades.py").write_text(TRADES)
    status, said = commit(run)
    assert status == 0, said
    assert (shop / "trades.py").read_text() == TRADES
    assert run("git", "show", "HEAD:trades.py").stdout == SAFE


def test_a_rename_and_a_deletion(shop: Path, run: Run) -> None:
    (shop / "trades.py").write_text(TRADES)
    (shop / "total.py").write_text(SAFE)
    run("git", "add", "-A")
    run("git", "commit", "-q", "--no-verify", "-m", "known")
    run("git", "mv", "trades.py", "orders.py")
    status, said = commit(run)
    assert (status, "orders.py:13" in said, "trades.py" in said) == (1, True, False), said
    run("git", "reset", "-q", "--hard")
    run("git", "mv", "total.py", "sums.py")
    assert commit(run)[0] == 0
    run("git", "rm", "-q", "trades.py")
    (shop / "sums.py").write_text(SAFE + "\n")
    run("git", "add", "-A")
    assert commit(run)[0] == 0
    run("git", "rm", "-q", "sums.py")
    status, said = commit(run)
    assert (status, "no files to check" in said) == (0, True), said


def test_one_process_judges_a_commit_of_many_files(shop: Path, run: Run) -> None:
    """It would read the whole project once for each part of the files."""
    assert HOOKS["cybrid-audit"]["require_serial"] is True
    for number in range(40):
        (shop / f"part{number}.py").write_text(SAFE)
    (shop / "prices.py").write_text(PRICES)
    (shop / "trades.py").write_text(TRADES)
    run("git", "add", "-A")
    status, said = commit(run)
    assert status == 1
    assert said.count("files scanned") == 1


# ---------------------------------------------------------------- credentials


@pytest.mark.parametrize("name", ["deploy/app.env", "settings.yaml", "notes", "[a-z]*.env", "it's here.toml"])
def test_a_credential_refuses_a_commit(name: str, searched: Path, run: Run) -> None:
    path = searched / name
    path.parent.mkdir(exist_ok=True)
    line = {".yaml": f"cybrid_client_secret: {SECRET}\n", ".toml": f'cybrid_client_secret = "{SECRET}"\n'}
    path.write_text(line.get(path.suffix, ENV))
    run("git", "add", "-A")
    status, said = commit(run)
    assert (status, "error[hardcoded-client-secret]" in said, f"{name}:1" in said) == (1, True, True), said
    assert SECRET[:12] not in said
    path.write_text("cybrid: see the secrets manager\n" if path.suffix != ".toml" else 'cybrid = "elsewhere"\n')
    run("git", "add", "-A")
    status, said = commit(run)
    assert status == 0, said


def test_only_what_is_staged_is_searched(searched: Path, run: Run) -> None:
    (searched / "later.env").write_text(ENV)
    (searched / "trades.py").write_text(TRADES)
    run("git", "add", "trades.py")
    assert commit(run)[0] == 0


# ---------------------------------------------------------------- as users have it


@pytest.mark.wheel
@pytest.mark.xdist_group("wheel")
def test_pre_commit_installs_it_from_its_repository(
    tmp_path: Path, run: Run, environment: dict[str, str], borrowed: dict[str, str]
) -> None:
    """`repo:` and `rev:`, with `language: python`. What is to be downloaded comes from the environment of this test."""
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!tests", ":!docs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git repository, which pre-commit could install from")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "all")):
        subprocess.run(["git", *command], cwd=source, env=environment, check=True, capture_output=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=source, check=True, capture_output=True, text=True)
    shop = shop_with(tmp_path, run)
    used = {"repo": str(source), "rev": head.stdout.strip(), "hooks": [{"id": each} for each in HOOKS]}
    (shop / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [used]}))
    (shop / "trades.py").write_text(TRADES)
    run("git", "add", "-A")
    # An environment to build in would have to be downloaded.
    more = borrowed | {"PIP_NO_BUILD_ISOLATION": "0"}
    done = run("git", "commit", "-m", "change", ok=False, **more)
    said = done.stdout + done.stderr
    assert (done.returncode, "trades.py:13" in said) == (1, True), said
    (place,) = (tmp_path / "pre-commit").glob(
        "repo*/py_env-*/lib/python*/site-packages/cybrid_audit/rules/controls.yaml"
    )
    assert place.read_bytes() == (ROOT / "rules" / "controls.yaml").read_bytes()
    (shop / "trades.py").write_text(SAFE)
    run("git", "add", "-A")
    assert run("git", "commit", "-m", "change", **more).returncode == 0
