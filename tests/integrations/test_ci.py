"""The action, the component and the image: what can run here runs, the rest is linted."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from cybrid_audit.starter.texts import Look, github
from tests.cli.test_hook import PRICES, TOKENS, TRADES
from tests.conftest import TOOL

ROOT: Final = Path(__file__).parents[2]
ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: Final[dict[str, dict[str, Any]]] = {step["name"]: step for step in ACTION["runs"]["steps"]}
SPEC, JOBS = yaml.safe_load_all((ROOT / "templates" / "cybrid-audit.yml").read_text())
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "a shop"
    folder.mkdir()
    for name, text in {"tokens.py": TOKENS, "trades.py": TRADES, "prices.py": PRICES}.items():
        (folder / name).write_text(text)
    return folder


def linter(name: str) -> Path:
    found = Path(sys.executable).with_name(name)
    if not found.is_file():
        pytest.skip(f"{name} is not installed: pip install '.[dev]'")
    return found


def run(*command: str | Path, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# ---------------------------------------------------------------- GitHub


class Runner:
    """What GitHub does with the steps of an action: fills in the environment, and runs each with bash."""

    def __init__(self, folder: Path, scrubbed: Mapping[str, str], inputs: Mapping[str, str]) -> None:
        self.temp = folder / "runner temp"
        self.temp.mkdir(exist_ok=True)
        self.output = self.temp / "output"
        self.known = {f"inputs.{name}": str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
        self.known |= {f"inputs.{name}": value for name, value in inputs.items()}
        self.known |= {"github.action_path": str(ROOT), "github.token": "made-up"}
        self.base = {**scrubbed, "RUNNER_TEMP": str(self.temp), "GITHUB_OUTPUT": str(self.output)}

    def step(self, name: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
        step = STEPS[name]
        filled = {
            key: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: self.known[found[1]], value)
            for key, value in step["env"].items()
        }
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        bash = ("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
        done = run(*bash, cwd=cwd, env=self.base | filled | more)
        lines = self.output.read_text().splitlines() if self.output.is_file() else []
        self.known |= {f"steps.scan.outputs.{key}": value for key, _, value in (line.partition("=") for line in lines)}
        return done

    def outputs(self) -> dict[str, str]:
        """What the caller gets."""
        return {
            name: self.known.get(each["value"].removeprefix("${{ ").removesuffix(" }}"), "")
            for name, each in ACTION["outputs"].items()
        }

    def put_command(self) -> None:
        """Put the command of this environment where the first step would install it."""
        place = self.temp / "cybrid-audit" / "bin"
        place.mkdir(parents=True)
        for name, target in (("cybrid-audit", TOOL), ("python", Path(sys.executable))):
            (place / name).write_text(f'#!/bin/sh\nexec "{target}" "$@"\n')
            (place / name).chmod(0o755)


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ({}, 1),
        ({"fail-on": "never"}, 0),
        ({"args": "--exit-zero\n  --min-confidence high"}, 0),
        ({"config": "my config.yaml"}, 0),
        ({"config": "missing.yaml"}, 2),
        ({"baseline": "known findings"}, 0),
        ({"path": "$(touch made)`touch made`; touch made"}, 2),
        ({"args": "--rule * $(touch made)"}, 2),
    ],
)
def test_the_action_audits(
    inputs: dict[str, str], status: int, tmp_path: Path, shop: Path, scrubbed: Mapping[str, str]
) -> None:
    (shop / "my config.yaml").write_text("version: 1\nfail_on: never\n")
    run(TOOL, "baseline", "create", "--file", "known findings", ".", cwd=shop, env=scrubbed)
    runner = Runner(tmp_path, scrubbed, inputs)
    runner.put_command()
    done = runner.step("Audit", shop)
    assert done.returncode == status, done.stderr
    sarif = runner.outputs()["sarif"]
    assert runner.outputs()["status"] == str(status)
    assert bool(sarif) == (status != 2)
    assert not (shop / "made").exists()
    if sarif:
        assert json.loads(Path(sarif).read_text())["version"] == "2.1.0"
    if status == 1:
        assert re.search(r"^::error .*file=trades\.py,line=13", done.stdout, re.MULTILINE)


def test_the_action_sends_the_report_when_asked(tmp_path: Path, shop: Path, scrubbed: Mapping[str, str]) -> None:
    runner = Runner(tmp_path, scrubbed, {})
    runner.put_command()
    assert runner.step("Audit", shop).returncode == 1
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text('#!/bin/sh\necho "$@" > "$RUNNER_TEMP/asked"; cat > "$RUNNER_TEMP/sent"\n')
    (tools / "gh").chmod(0o755)
    where = {"GITHUB_SHA": "0" * 40, "GITHUB_REF": "refs/heads/main", "GITHUB_REPOSITORY": "a/b"}
    done = runner.step("Upload", shop, PATH=f"{tools}:{scrubbed['PATH']}", **where)
    assert done.returncode == 0, done.stderr
    assert "repos/a/b/code-scanning/sarifs" in (runner.temp / "asked").read_text()
    sent = json.loads((runner.temp / "sent").read_text())
    assert (sent["commit_sha"], sent["ref"]) == ("0" * 40, "refs/heads/main")
    assert gzip.decompress(b64decode(sent["sarif"])) == Path(runner.outputs()["sarif"]).read_bytes()


@pytest.mark.wheel
@pytest.mark.xdist_group("wheel")
def test_the_action_installs_what_is_pinned(
    tmp_path: Path, shop: Path, scrubbed: Mapping[str, str], borrowed: dict[str, str]
) -> None:
    runner = Runner(tmp_path, scrubbed, {})
    done = runner.step("Install", shop, PATH=f"{Path(sys.executable).parent}:{scrubbed['PATH']}", **borrowed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert runner.step("Audit", shop, **borrowed).returncode == 1
    assert [*(runner.temp / "cybrid-audit").glob("lib/python*/site-packages/cybrid_audit/_compiled/knowledge.json")]


def test_the_action_says_that_there_is_no_python(tmp_path: Path, shop: Path, scrubbed: Mapping[str, str]) -> None:
    runner = Runner(tmp_path, scrubbed, {})
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "bash").symlink_to(str(shutil.which("bash")))
    done = runner.step("Install", shop, PATH=str(tools))
    assert done.returncode == 2
    assert done.stdout == "::error::cybrid-audit needs Python 3.11 or newer: set one up in a step before this one\n"


def test_the_action_runs_no_text_of_its_caller() -> None:
    for step in STEPS.values():
        assert "uses" not in step
        assert "${{" not in step["run"]
    used = {
        match
        for step in STEPS.values()
        for match in re.findall(r"inputs\.([\w-]+)", json.dumps([step.get("if"), step["env"]]))
    }
    assert used == {*ACTION["inputs"]}


def test_zizmor_finds_nothing_in_the_action(scrubbed: Mapping[str, str]) -> None:
    done = run(linter("zizmor"), "--offline", "--persona", "pedantic", "action.yml", cwd=ROOT, env=scrubbed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout + done.stderr


def test_zizmor_finds_nothing_in_the_workflow_that_init_writes(tmp_path: Path, scrubbed: Mapping[str, str]) -> None:
    """But that it names actions by their major version, which the workflow says itself."""
    (tmp_path / "cybrid-audit.yml").write_text(github(Look()))
    (tmp_path / "zizmor.yml").write_text("rules: {unpinned-uses: {disable: true}}\n")
    done = run(linter("zizmor"), "--offline", "--config", "zizmor.yml", "cybrid-audit.yml", cwd=tmp_path, env=scrubbed)
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- GitLab


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ({}, 1),
        ({"fail-on": "never"}, 0),
        ({"args": "--exit-zero --min-confidence high"}, 0),
        ({"config": "missing file.yaml"}, 2),
        ({"path": "$(touch made); touch made"}, 2),
        ({"args": "--rule * $(touch made)"}, 2),
    ],
)
def test_the_component_audits(inputs: dict[str, str], status: int, shop: Path, scrubbed: Mapping[str, str]) -> None:
    values = {name: str(each.get("default", "")) for name, each in SPEC["spec"]["inputs"].items()} | inputs
    job = JOBS["cybrid-audit"]
    variables = {
        name: values[re.fullmatch(r"\$\[\[ inputs\.([\w-]+) \]\]", each["value"])[1]]  # type: ignore[index]
        for name, each in job["variables"].items()
    }
    assert all(each["expand"] is False for each in job["variables"].values())
    env = {**scrubbed, **variables, "PATH": f"{TOOL.parent}:{scrubbed['PATH']}"}
    for shell in ("bash", "sh"):
        for name in ("gl-sast-report.json", "gl-code-quality-report.json"):
            (shop / name).unlink(missing_ok=True)
        done = run(shell, "-ec", "\n".join(job["script"]), cwd=shop, env=env)
        assert done.returncode == status, done.stderr
        assert not (shop / "made").exists()
        for name in job["artifacts"]["reports"].values():
            assert (shop / name).is_file() == (status != 2)
        if status == 1:
            sast = json.loads((shop / "gl-sast-report.json").read_text())
            assert {each["location"]["file"] for each in sast["vulnerabilities"]} >= {"trades.py"}


def test_the_component_uses_each_input_and_runs_none() -> None:
    text = (ROOT / "templates" / "cybrid-audit.yml").read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == {*SPEC["spec"]["inputs"]}
    assert "$[[" not in "".join(JOBS["cybrid-audit"]["script"])


# ---------------------------------------------------------------- the image


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile in order, comments left out and continued lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines()) if word]


def test_hadolint_finds_nothing(scrubbed: Mapping[str, str]) -> None:
    done = run(linter("hadolint"), "Dockerfile", cwd=ROOT, env=scrubbed)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_image_runs_as_nobody_and_starts_the_command() -> None:
    last = dict(instructions())
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    assert (json.loads(last["ENTRYPOINT"]), last["HEALTHCHECK"]) == (["cybrid-audit"], "NONE")
    assert sum(word == "FROM" for word, _ in instructions()) == 2
    assert all("--no-cache-dir" in part for part in re.findall(r"-m pip [^&]*", DOCKERFILE))


@pytest.mark.wheel
@pytest.mark.xdist_group("wheel")
def test_what_the_image_copies_is_enough_to_build(
    tmp_path: Path, shop: Path, scrubbed: Mapping[str, str], borrowed: dict[str, str]
) -> None:
    """The commands of the first stage, in a folder that has what the Dockerfile copies, and nothing else."""
    built, target = tmp_path / "build", tmp_path / "opt"
    built.mkdir()
    (first,) = [number for number, each in enumerate(instructions()) if each == ("FROM", "python:3.13-slim")]
    stage = instructions()[instructions().index(("WORKDIR", "/build")) : first]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for word, rest in stage:
        if word == "COPY":
            *sources, place = rest.split()
            assert {*sources} <= kept
            for each in sources:
                if (ROOT / each).is_dir():
                    shutil.copytree(
                        ROOT / each, built / place, ignore=shutil.ignore_patterns("_compiled", "__pycache__")
                    )
                else:
                    shutil.copy(ROOT / each, built / place)
        elif word == "RUN":
            env = {**scrubbed, **borrowed, "PATH": f"{Path(sys.executable).parent}:{scrubbed['PATH']}"}
            done = run("sh", "-ec", rest.replace("/opt/cybrid-audit", str(target)), cwd=built, env=env)
            assert done.returncode == 0, done.stdout + done.stderr
    done = run(target / "bin" / "cybrid-audit", "scan", ".", cwd=shop, env={**scrubbed, **borrowed})
    assert (done.returncode, "trades.py:13" in done.stdout) == (1, True), done.stderr


def test_docker_builds_the_image(scrubbed: Mapping[str, str], shop: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        pytest.skip("there is no Docker daemon to build with")
    run(docker, "build", "--quiet", "--tag", "cybrid-audit-test", ".", cwd=ROOT, env=scrubbed).check_returncode()
    limits = ("--rm", "--network", "none", "--read-only", "--volume", f"{shop}:/code:ro")
    done = run(docker, "run", *limits, "cybrid-audit-test", "scan", ".", cwd=shop, env=scrubbed)
    assert (done.returncode, "trades.py:13" in done.stdout) == (1, True), done.stderr
