"""Audits every mini project under `tests/fixtures/` and compares the result with the markers in its comments.

A rule's projects are in `tests/fixtures/<rule-id>/<language>/{vulnerable,safe}/`: each sub-folder is one project; a folder
that holds a file directly is one project as a whole. `tests/fixtures/features/<language>/<feature>/` and
`tests/fixtures/projects/<name>/` are one project each. Markers stand in a comment of any language:

    # expect: rule-id, other-rule@unproven      the findings on this line, exactly (verdict `violated` unless said)
    # expect: rule-id(excess=a:read b:execute; needed=c:read)    the same, with keys of the finding's `data`, lists as sets
    # expect: rule-id~                          on this line or a neighbouring one, where the policy leaves a choice
    # expect-next: rule-id                      the same for the following line (for lines that cannot carry a comment)
    # expect-miss: rule-id                      a known gap: fails once the finding is reported, so that it gets unmarked
    # call: POST /api/trades token=bank mfa=absent    a call of the inventory; `token=bank+customer` names several kinds
    # call-next: …                              the same for the following line
    # control: AT-1=satisfied CA-2=violated     the status of controls (anywhere in the project)
    # judge: rule-id, other-rule                rules that must have no other findings in this project (anywhere in it)

Judged are the folder's rule and every rule named in a marker of the project (under `projects/`: every rule). The inventory
is compared as a whole as soon as a project has one `call` marker. The audit sees a copy without the markers, so that their
text gives nothing away.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent.parent
FIXTURES = TESTS / "fixtures"
RULES = TESTS.parent / "rules"
KINDS = ("vulnerable", "safe")
TEXT_LIMIT = 1_000_000

MARKER = re.compile(
    r"(?:\#|//|--|;|<!--|/\*|\{/\*|\{\#)[ \t]*(?P<key>expect|expect-next|expect-miss|call|call-next|control|judge):[ \t]*"
)
COMMENT_END = re.compile(r"[ \t]*(?:\*/\}?|-->|\#\})")
ENTRY = re.compile(r"(?P<rule>[a-z0-9-]+)(?P<near>~?)(?:@(?P<verdict>[a-z]+))?(?:\((?P<data>[^)]*)\))?\s*(?:,\s*|$)")
CALL = re.compile(r"(?P<operation>[A-Z]+ /\S+)(?P<details>(?: [a-z]+=\S+)*)$")


@dataclass(frozen=True, order=True)
class Spot:
    """A rule (or an operation) on a line of a project's file."""

    path: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.name}"


@dataclass
class Markers:
    """What the comments of one project say. `errors` are mistakes in the markers themselves."""

    expected: dict[Spot, tuple[str, dict[str, frozenset[str]]]] = field(default_factory=dict)
    missed: set[Spot] = field(default_factory=set)
    calls: dict[Spot, dict[str, str]] = field(default_factory=dict)
    controls: dict[str, str] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    near: set[Spot] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def rules(self) -> set[str]:
        """Every rule that a marker names."""
        return self.judged | {spot.name for spot in self.expected} | {spot.name for spot in self.missed}


@dataclass(frozen=True)
class Project:
    """One mini project. `rule` is empty outside the rule folders; `kind` is `vulnerable`, `safe`, `features` or `projects`."""

    folder: Path
    rule: str
    kind: str

    @property
    def id(self) -> str:
        return self.folder.relative_to(FIXTURES).as_posix()


# ---------------------------------------------------------------- finding projects


def split(folder: Path, rule: str, kind: str) -> Iterator[Project]:
    """The projects of a folder: itself when it holds a file, else its sub-folders."""
    children = sorted(child for child in folder.iterdir() if not child.name.startswith(".DS"))
    if any(child.is_file() for child in children):
        yield Project(folder, rule, kind)
        return
    for child in children:
        yield Project(child, rule, kind)


def subfolders(folder: Path) -> list[Path]:
    """The folders directly inside, sorted; none when the folder does not exist."""
    return sorted(child for child in folder.iterdir() if child.is_dir()) if folder.is_dir() else []


def projects() -> Iterator[Project]:
    """Every project, in a stable order."""
    for top in subfolders(FIXTURES):
        if top.name == "projects":
            for folder in subfolders(top):
                yield Project(folder, "", "projects")
        elif top.name == "features":
            for language in subfolders(top):
                for folder in subfolders(language):
                    yield Project(folder, "", "features")
        else:
            for language in subfolders(top):
                for kind in KINDS:
                    if (language / kind).is_dir():
                        yield from split(language / kind, top.name, kind)


def known_rules() -> frozenset[str]:
    """The ids of all rules: the folders of `rules/` that hold a rule.yaml."""
    return frozenset(path.parent.name for path in RULES.glob("*/rule.yaml"))


# ---------------------------------------------------------------- markers


def read_lines(path: Path) -> list[str] | None:
    """The lines of a text file with their ends, or None for another kind of file."""
    if path.is_symlink() or path.stat().st_size > TEXT_LIMIT:
        return None
    try:
        return path.read_bytes().decode("utf-8").splitlines(keepends=True)
    except UnicodeDecodeError:
        return None


def cut(line: str) -> tuple[str, list[tuple[str, str]]]:
    """A line without its markers, and the markers as (key, text)."""
    found = list(MARKER.finditer(line))
    if not found:
        return line, []
    body = line.rstrip("\r\n")
    ends = [match.start() for match in found[1:]] + [len(body)]
    entries = []
    rest = ""
    for match, end in zip(found, ends, strict=True):
        text = body[match.end() : end]
        closing = COMMENT_END.search(text)
        if closing is not None:
            rest = text[closing.end() :]
            text = text[: closing.start()]
        entries.append((match["key"], text.strip()))
    return body[: found[0].start()].rstrip() + rest + line[len(body) :], entries


def parse_data(text: str | None) -> dict[str, frozenset[str]]:
    """`excess=a b; needed=c` as sets."""
    if not text:
        return {}
    pairs = (part.partition("=") for part in text.split(";"))
    return {key.strip(): frozenset(values.split()) for key, _, values in pairs}


def read_markers(folder: Path) -> Markers:
    """All markers of the project in `folder`."""
    markers = Markers()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        for number, line in enumerate(read_lines(path) or (), 1):
            for key, text in cut(line)[1]:
                read_marker(markers, name, number + key.endswith("-next"), key.removesuffix("-next"), text)
    return markers


def read_marker(markers: Markers, path: str, line: int, key: str, text: str) -> None:
    """Add one marker, or say what is wrong with it."""
    where = f"{path}:{line}: {key}: {text}"
    if key == "control":
        pairs = dict(pair.partition("=")[::2] for pair in text.replace("not applicable", "not_applicable").split())
        markers.controls |= {control: status.replace("_", " ") for control, status in pairs.items()}
    elif key == "call":
        call = CALL.match(text)
        if call is None:
            markers.errors.append(f"not a call: {where}")
            return
        details = dict(pair.partition("=")[::2] for pair in call["details"].split())
        if details.keys() - {"token", "mfa", "side"}:
            markers.errors.append(f"unknown detail of a call: {where}")
        markers.calls[Spot(path, line, call["operation"])] = details
    else:
        end = 0
        while end < len(text):
            entry = ENTRY.match(text, end)
            if entry is None:
                markers.errors.append(f"not a list of rules: {where}")
                return
            end = entry.end()
            spot = Spot(path, line, entry["rule"])
            if key == "judge":
                markers.judged.add(spot.name)
            elif key == "expect-miss":
                markers.missed.add(spot)
            else:
                markers.expected[spot] = (entry["verdict"] or "violated", parse_data(entry["data"]))
                if entry["near"]:
                    markers.near.add(spot)


def copy_without_markers(source: Path, target: Path) -> None:
    """Copy a project as the audit sees it: same files, same lines, no markers."""
    shutil.copytree(source, target, symlinks=True)
    for path in target.rglob("*"):
        lines = read_lines(path) if path.is_file() and not path.is_symlink() else None
        if lines is not None and any(MARKER.search(line) for line in lines):
            path.write_bytes("".join(cut(line)[0] for line in lines).encode())


# ---------------------------------------------------------------- tests

KNOWN_RULES = known_rules()
PROJECTS = tuple(projects())


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.id)
def test_markers_are_sound(project: Project) -> None:
    markers = read_markers(project.folder)
    unknown = sorted(markers.rules() - KNOWN_RULES)
    assert not markers.errors
    assert not unknown, f"markers name unknown rules: {unknown}"
    named = {spot.name for spot in markers.expected} | {spot.name for spot in markers.missed}
    if project.kind == "vulnerable":
        assert project.rule in named, f"a vulnerable project must mark at least one {project.rule}"
    if project.kind == "safe":
        assert project.rule not in named, f"a safe project must not mark {project.rule}"
    if project.kind == "features":
        assert named or markers.calls or markers.controls, "a feature without markers checks nothing"


ELSEWHERE = frozenset({"credential-in-history", "suppression-added", "pattern-match"})
"""Rules about what a project alone does not show: a history, or another program's matches (`tests/patterns/`)."""


@pytest.mark.parametrize("rule", sorted(KNOWN_RULES - ELSEWHERE))
def test_rule_has_pairs(rule: str) -> None:
    languages = subfolders(FIXTURES / rule)
    assert languages, f"no fixtures for {rule}"
    for language in languages:
        for kind in KINDS:
            assert any((language / kind).rglob("*.*")), f"{language.relative_to(FIXTURES)} has no {kind} project"


def test_fixture_folders_are_rules() -> None:
    names = {folder.name for folder in subfolders(FIXTURES)} - {"features", "projects", "semgrep"}
    assert not names - KNOWN_RULES, "folders that belong to no rule"


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.id)
def test_project(project: Project, tmp_path: Path) -> None:
    from cybrid_audit.audit import audit

    markers = read_markers(project.folder)
    root = tmp_path / "project"
    copy_without_markers(project.folder, root)
    result = audit(os.fspath(root))

    judged = markers.rules() | ({project.rule} if project.rule else set())
    if project.kind == "projects":
        judged |= KNOWN_RULES
    problems = compare_findings(result, markers, judged) + compare_calls(result, markers)
    problems += compare_controls(result, markers)
    assert not problems, "\n" + "\n".join(problems)


def is_near(first: Spot, second: Spot) -> bool:
    """Whether two places are at most one line apart."""
    return first.path == second.path and abs(first.line - second.line) <= 1


def compare_findings(result: Any, markers: Markers, judged: set[str]) -> list[str]:
    """The differences between the reported and the marked findings of the judged rules, one line each."""
    reported: dict[Spot, Any] = {}
    problems = []
    for finding in result.findings:
        if finding.rule in judged:
            spot = Spot(finding.location.path, finding.location.start_line, finding.rule)
            spot = next((near for near in markers.near if near.name == spot.name and is_near(near, spot)), spot)
            if spot in reported:
                problems.append(f"reported twice: {spot}")
            reported[spot] = finding
    missing = sorted(markers.expected.keys() - reported.keys())
    unexpected = sorted(reported.keys() - markers.expected.keys() - markers.missed)
    problems += [f"missing:    {spot}" for spot in missing]
    problems += [f"unexpected: {spot}: {reported[spot].message}" for spot in unexpected]
    problems += [f"no longer a gap, mark it with expect: {spot}" for spot in sorted(markers.missed & reported.keys())]
    for spot in sorted(markers.expected.keys() & reported.keys()):
        verdict, data = markers.expected[spot]
        finding = reported[spot]
        if finding.verdict != verdict:
            problems.append(f"verdict:    {spot}: {finding.verdict} instead of {verdict}: {finding.message}")
        for key, values in data.items():
            found = frozenset(finding.data.get(key, ()))
            if found != values:
                problems.append(f"data:       {spot}: {key} is {sorted(found)} instead of {sorted(values)}")
    return problems


def compare_calls(result: Any, markers: Markers) -> list[str]:
    """The differences between the inventory and the `call` markers, one line each; none when nothing is marked."""
    if not markers.calls:
        return []
    from cybrid_audit.reports.calls import call_rows

    found = {Spot(row.site.path, row.site.start_line, row.operation): row for row in call_rows(result)}
    problems = [f"call missing:    {spot}" for spot in sorted(markers.calls.keys() - found.keys())]
    problems += [f"call unexpected: {spot}" for spot in sorted(found.keys() - markers.calls.keys())]
    for spot in sorted(markers.calls.keys() & found.keys()):
        call = found[spot]
        actual = {
            "token": {str(kind) for kind in call.kinds},
            "mfa": {str(call.mfa)},
            "side": {str(call.side)},
        }
        for key, value in markers.calls[spot].items():
            if actual[key] != set(value.split("+")):
                problems.append(f"call differs:    {spot}: {key} is {'+'.join(sorted(actual[key]))} instead of {value}")
    return problems


def compare_controls(result: Any, markers: Markers) -> list[str]:
    """The controls whose status differs from the marked one, one line each."""
    found = {control.id: str(control.status) for control in result.controls}
    return [
        f"control: {control} is {found.get(control)} instead of {status}"
        for control, status in sorted(markers.controls.items())
        if found.get(control) != status
    ]
