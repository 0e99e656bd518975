"""What reports need beside the result, made from the shipped rules and the audited tree."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cybrid_audit.limits import BINARY_PROBE_BYTES

if TYPE_CHECKING:
    from cybrid_audit.knowledge.rule_facts import Rule
    from cybrid_audit.reports import ControlText, FixText, Needed, RenderContext, RuleText

MAX_SNIPPET_FILE: Final = 1 << 21
"""Bytes of a file that snippets are taken from. Beyond it, findings in it are shown without their line of code."""

MAX_GIT_SECONDS: Final = 10
"""Seconds that git has for naming the commit. After them a report names none."""

_WITH_CONTROLS: Final = frozenset({"json", "html", "markdown", "junit", "oscal"})
_WITH_REVISION: Final = frozenset({"html", "markdown", "gitlab-sast", "oscal"})

KEPT_FILES: Final = 8
"""Files whose lines are kept at a time. Findings come ordered by place, so more would only cost memory."""


def render_context(root: str, formats: Sequence[str], fixes: Mapping[str, FixText] | None = None) -> RenderContext:
    """Return the context for reports on `root` in these formats; `fixes` are the changes that are known, by fingerprint.

    What only some formats show is read for those alone: the rules' pages, the controls, the operations and the commit."""
    from cybrid_audit.knowledge import load
    from cybrid_audit.reports import RenderContext

    asked = frozenset(formats)
    rules = {name: rule_text(rule, with_page="sarif" in asked) for name, rule in load().rules.items()}
    revision, time, time_is = revision_and_time(root) if asked & _WITH_REVISION else ("", 0, "")
    return RenderContext(
        rules=rules,
        lines=line_reader(root),
        controls=control_texts() if asked & _WITH_CONTROLS else {},
        needs=needed_scopes() if "html" in asked else {},
        fixes=fixes or {},
        subject=os.path.basename(os.path.realpath(root)),
        revision=revision,
        time=time,
        time_is=time_is,
    )


def control_texts() -> dict[str, ControlText]:
    """Return the texts of the controls by id, their mappings under the names of the frameworks."""
    from cybrid_audit.knowledge import load
    from cybrid_audit.reports import ControlText

    return {
        control.id: ControlText(
            id=control.id,
            title=control.title,
            mappings={name: (mapped.sure, mapped.unsure) for name, mapped in control.mappings.items()},
        )
        for control in load().controls.controls
    }


def needed_scopes() -> dict[str, Needed]:
    """Return the scopes that each operation needs, by `METHOD /path`; to mint customer tokens is a need too."""
    from cybrid_audit.knowledge import load
    from cybrid_audit.reports import Needed

    knowledge = load()
    minting = knowledge.scopes.mint_customer_token
    return {
        f"{each.method} {each.path}": Needed(
            each.required_scopes | (minting if "mints_customer_token" in each.marks else frozenset()),
            each.optional_scopes,
        )
        for each in (*knowledge.operations.removed, *knowledge.operations.all)
    }


def revision_and_time(root: str) -> tuple[str, int, str]:
    """Return the commit that is checked out (empty without one), a time, and of what it is the time.

    The clock is not asked: equal input gives equal reports. `SOURCE_DATE_EPOCH` sets the time, else it is the commit's."""
    import subprocess

    from cybrid_audit.project import git

    folder = root if os.path.isdir(root) else os.path.dirname(os.path.abspath(root))
    revision, committed = "", ""
    try:
        answer = git.run(folder, "log", "-1", "--format=%H %ct", "HEAD", seconds=MAX_GIT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        # A report without a revision says so.
        answer = None
    if answer is not None:
        revision, _, committed = answer.decode("ascii", "replace").strip().partition(" ")
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isascii() and given.isdigit() and len(given) <= 11:
        return revision, int(given), "as SOURCE_DATE_EPOCH gives it"
    if committed.isascii() and committed.isdigit() and len(committed) <= 11:
        return revision, int(committed), "that of the commit which is checked out; SOURCE_DATE_EPOCH sets another"
    return revision, 0, "none is known; SOURCE_DATE_EPOCH sets one"


def rule_text(rule: Rule, *, with_page: bool) -> RuleText:
    """Return the texts of a rule as reports want them."""
    from cybrid_audit.reports import RuleText

    return RuleText(
        id=rule.id,
        control="" if rule.names_control else rule.control,
        level=rule.level.value,
        summary=rule.summary,
        why=rule.why,
        fix=rule.remediation,
        markdown=page_of(rule.id) if with_page else "",
        tags=("security", *rule.cwe),
        references=rule.references,
        severity=rule.severity.value,
    )


def page_of(rule: str) -> str:
    """Return the text of a rule's `doc.md`, or an empty text when it has none. `rule` is the id of a known rule.

    What marks a line of an example for a test (`expect: rule@unproven`) says for people what is found there."""
    from cybrid_audit.knowledge._source import rules_root

    page = rules_root().joinpath(rule, "doc.md")
    try:
        text = page.read_text(encoding="utf-8")
    except OSError:
        return ""
    import re

    return re.sub(
        r"\bexpect: ([a-z-]+)(?:@(\w+))?",
        lambda found: f"found: {found[1]}" + (f" ({found[2]})" if found[2] else ""),
        text,
    )


def line_reader(root: str) -> Callable[[str], Sequence[str]]:
    """Return a function from a path below `root` to the file's lines, empty for what cannot or must not be read."""
    base = os.path.realpath(root)
    folder = base if os.path.isdir(base) else os.path.dirname(base)
    kept: dict[str, Sequence[str]] = {}

    def lines(path: str) -> Sequence[str]:
        held = kept.get(path)
        if held is None:
            if len(kept) >= KEPT_FILES:
                del kept[next(iter(kept))]
            held = kept[path] = _lines(folder, path)
        return held

    return lines


def _lines(folder: str, path: str) -> Sequence[str]:
    full = os.path.realpath(os.path.join(folder, path))
    if os.path.commonpath((folder, full)) != folder:
        return ()
    try:
        with open(full, "rb") as file:
            data = file.read(MAX_SNIPPET_FILE + 1)
    except (OSError, ValueError):
        return ()
    if len(data) > MAX_SNIPPET_FILE or b"\0" in data[:BINARY_PROBE_BYTES]:
        return ()
    # The front-ends count lines by `\n`; splitlines() would also break at form feeds and Unicode separators.
    return data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")


def rules_by_control(rules: Mapping[str, Rule]) -> dict[str, list[Rule]]:
    """Return the rules that audit each control, its own before those that touch it too."""
    result: dict[str, list[Rule]] = {}
    for rule in rules.values():
        result.setdefault(rule.control, []).append(rule)
    for rule in rules.values():
        for control in rule.also:
            result.setdefault(control, []).append(rule)
    return result
