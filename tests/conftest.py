"""What all tests share: the tool as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# CI must not fail by chance: there the same examples are tried every time.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

TOOL = Path(sys.executable).with_name("cybrid-audit")
"""The installed command. Tests of the command line start this one, with nothing of the developer's environment."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of the tool ended."""

    status: int
    stdout: str
    stderr: str


Cli = Callable[..., Outcome]

Snapshot = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite the stored outputs; read the diff then")


@pytest.fixture(autouse=True)
def _faults_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a fault of the engine end the test; for a user it costs one entry point and is reported."""
    from cybrid_audit.models import Models

    monkeypatch.setattr(Models, "fails_loudly", True)


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Compare a whole output with the file of that name in `snapshots/` beside the test."""
    folder = request.path.parent / "snapshots"
    update = request.config.getoption("--update-snapshots")

    def check(name: str, text: str) -> None:
        stored = folder / name
        if update:
            folder.mkdir(exist_ok=True)
            stored.write_bytes(text.encode())
        assert stored.is_file(), f"no snapshot {stored}: run pytest --update-snapshots and look at it"
        assert text == stored.read_bytes().decode(), f"{name} differs: pytest --update-snapshots rewrites it"

    return check


@pytest.fixture(scope="session")
def scrubbed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment with what the tool may rely on, and what measuring coverage needs."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE_", "COV_"))}
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        **kept,
    }


@pytest.fixture
def cli(scrubbed: Mapping[str, str], tmp_path: Path) -> Cli:
    """Run the tool in `tmp_path` with arguments; `env` adds to the environment, `before` runs in the child first."""

    def run(
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
        timeout: float = 60,
    ) -> Outcome:
        done = subprocess.run(
            [TOOL, *map(str, arguments)],
            cwd=cwd or tmp_path,
            env={**scrubbed, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
            preexec_fn=before,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
