"""Workflows of GitHub Actions that hand a credential to strangers' code, or to jobs that do not need it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cybrid_audit.config_files.access import Broad, Watch
from cybrid_audit.config_files.nodes import Kind, Node

_SECRET: Final = re.compile(r"\bsecrets(?:\.|\[['\"])([A-Za-z_]\w*)")
_CHECKED_OUT: Final = re.compile(r"git\s+(?:fetch|checkout)\b[^\n]*(?:pull/|head)|gh\s+pr\s+checkout", re.IGNORECASE)


def is_workflow(path: str) -> bool:
    """Whether a file is a workflow by its place."""
    return "/.github/workflows/" in f"/{path}" and path.endswith((".yml", ".yaml"))


def broad_access(document: Node, text: str, watch: Watch) -> Iterator[Broad]:
    """Yield the lines of a workflow that hand a credential to a stranger's code, or to every job of several."""
    jobs = document.get("jobs")
    if jobs is None or jobs.kind is not Kind.MAP:
        return
    lines = text.split("\n")
    triggers = _triggers(document) & watch.tables.fork_triggers
    shared = document.get("env")
    given = watch.first(_handed(shared, lines)) if shared is not None else None
    reached: set[int] = set()
    if triggers:
        trigger = ", ".join(sorted(triggers))
        for _, job in jobs.pairs:
            start = _fork_checkout(job, watch)
            if start is None:
                continue
            for handed in _of_job(job, start):
                found = watch.first(_handed(handed, lines))
                if found is not None:
                    reached.add(found[1])
                    yield Broad("fork", found[1], found[0], trigger)
            if given is not None and given[1] not in reached:
                reached.add(given[1])
                yield Broad("fork", given[1], given[0], trigger)
    if given is not None and given[1] not in reached and len(jobs.pairs) > 1:
        yield Broad("every-job", given[1], given[0], str(len(jobs.pairs)))


def build_arguments(document: Node, text: str, watch: Watch) -> Iterator[tuple[str, int]]:
    """Yield name and line of every build argument that the step of a workflow fills with a credential by its inputs."""
    lines = text.split("\n")
    for node in document.walk():
        for key, value in node.pairs:
            if key.text in ("build-args", "build_args"):
                for number in range(value.line, max(value.line, value.end_line) + 1):
                    line = lines[number - 1] if number <= len(lines) else ""
                    name = line.strip().lstrip("-\"' ").partition("=")[0]
                    yield from ((each, number) for each in (name, *_SECRET.findall(line)) if watch.role(each))


def _triggers(document: Node) -> set[str]:
    # YAML 1.1 reads `on` as a boolean; the events keep the word.
    node = document.get("on", "true", "True")
    if node is None:
        return set()
    if node.kind is Kind.MAP:
        return {key.text for key, _ in node.pairs}
    return set(node.texts())


def _fork_checkout(job: Node, watch: Watch) -> int | None:
    """Return the number of the step that checks a stranger's commit out, or None when none does."""
    steps = job.get("steps")
    for index, step in enumerate(steps.items if steps is not None else ()):
        inputs = step.get("with")
        names = [inputs.text_of("ref"), inputs.text_of("repository")] if inputs is not None else []
        if "checkout" in step.text_of("uses") and any(
            head in name for name in names for head in watch.tables.fork_heads
        ):
            return index
        script = step.text_of("run")
        if (
            script
            and _CHECKED_OUT.search(script)
            and any(head in script for head in (*watch.tables.fork_heads, "gh pr"))
        ):
            return index
    return None


def _of_job(job: Node, start: int) -> Iterator[Node]:
    """Yield what hands values to a job from a step on: its own environment, those of the steps, their inputs."""
    env = job.get("env")
    if env is not None:
        yield env
    steps = job.get("steps")
    for step in steps.items[start:] if steps is not None else ():
        for name in ("env", "with", "run"):
            node = step.get(name)
            if node is not None:
                yield node


def _handed(node: Node, lines: list[str]) -> Iterator[tuple[str, int]]:
    """Yield name and line of every repository secret that a node's text holds."""
    for number in range(node.line, max(node.line, node.end_line) + 1):
        line = lines[number - 1] if number <= len(lines) else ""
        for name in _SECRET.findall(line):
            # What it is called in the job says as much as what it is called in the repository.
            yield name, number
            yield line.strip().partition(":")[0].strip("\"'- "), number
