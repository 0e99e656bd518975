"""Assessment results in NIST's Open Security Controls Assessment Language (OSCAL 1.2), for governance tools.

Every id is a UUID made of what it names, so that equal results have equal ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.exchange import NAMESPACE, counted, identified, standing, summary_of, timestamp
from cybrid_audit.reports.json_report import dump
from cybrid_audit.reports.sarif import relative_address
from cybrid_audit.result import AuditResult, ControlReport, ControlStatus, Evidence, Finding

VERSION: Final = "1.2.1"
NAMES: Final = "urn:cybrid-audit:oscal"
"""Whose names the properties are."""

_STATES: Final = {
    ControlStatus.VIOLATED: ("not-satisfied", "fail"),
    ControlStatus.UNPROVEN: ("not-satisfied", "other"),
    ControlStatus.SATISFIED: ("satisfied", "pass"),
    ControlStatus.ATTESTED: ("satisfied", "other"),
}
"""State and reason. A control that does not apply is neither: it is observed, and has no finding."""

_TOKEN: Final = re.compile(r"[^\w.\-]")


def render_oscal(result: AuditResult, context: RenderContext) -> str:
    """Return `result` (cleared of secrets) as one document of assessment results."""
    return dump({"assessment-results": _Document(result, context).content()})


class _Document:
    """One document: what its parts share is the time and the root of its ids."""

    def __init__(self, result: AuditResult, context: RenderContext) -> None:
        self._result = result
        self._context = context
        self._time = timestamp(context.time) + "Z"
        self._subject = harmless(context.subject) or "the audited code base"
        self._tool = self._id("component", context.tool, context.version)

    def content(self) -> dict[str, Any]:
        plan = self._id("plan")
        document = {
            "metadata": {
                "title": f"Audit of {self._subject} against the platform's documented security controls",
                "last-modified": self._time,
                "version": self._context.revision or "unversioned",
                "oscal-version": VERSION,
                "remarks": f"The times in this document: {self._context.time_is}.",
            },
            "import-ap": {
                "href": f"#{plan}",
                "remarks": "The plan is the fixed set of controls and rules of the tool.",
            },
            "results": [self._results()],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": f"{self._context.tool} {self._context.version}",
                        "description": "Static analysis of all source, configuration and infrastructure files.",
                    }
                ]
            },
        }
        # The document's own id changes with anything in it, as the standard asks.
        return {"uuid": self._id("document", dump(document)), **document}

    def _results(self) -> dict[str, Any]:
        result, context = self._result, self._context
        by_finding = [self._observation(each.finding, each.id) for each in identified(result)]
        by_control = [self._evidence(control) for control in result.controls]
        broken_by: dict[str, list[str]] = {}
        for each in identified(result):
            broken_by.setdefault(each.finding.control, []).append(each.id)
        findings = [
            self._finding(control, broken_by.get(control.id, []))
            for control in result.controls
            if control.status in _STATES
        ]
        skipped = [
            _property("not-analysed", f"{skipped.path}: {skipped.reason}", "files") for skipped in result.skipped
        ]
        content: dict[str, Any] = {
            "uuid": self._id("result"),
            "title": f"{context.tool} {context.version}",
            "description": counted(result),
            "start": self._time,
            "end": self._time,
            "props": [
                _property("files-scanned", str(result.scanned)),
                _property("files-relevant", str(result.relevant)),
                *([_property("files-left-out", str(result.left_out))] if result.left_out else []),
                *([_property("revision", context.revision)] if context.revision else []),
                *skipped,
            ],
            "local-definitions": {"assessment-assets": self._assets()},
            "reviewed-controls": {"control-selections": [self._selection()]},
        }
        observations = [*by_finding, *by_control]
        return {
            **content,
            **({"observations": observations} if observations else {}),
            **({"findings": findings} if findings else {}),
        }

    def _assets(self) -> dict[str, Any]:
        context = self._context
        return {
            "components": [
                {
                    "uuid": self._tool,
                    "type": "software",
                    "title": context.tool,
                    "description": "Static analysis of code that integrates with the platform.",
                    "props": [_property("version", context.version, names=None)],
                    "status": {"state": "operational"},
                }
            ],
            "assessment-platforms": [
                {"uuid": self._id("platform"), "uses-components": [{"component-uuid": self._tool}]}
            ],
        }

    def _selection(self) -> dict[str, Any]:
        controls = [{"control-id": _token(control.id)} for control in self._result.controls]
        return {"include-controls": controls} if controls else {"include-all": {}}

    def _observation(self, finding: Finding, id_: str) -> dict[str, Any]:
        at = finding.location
        props = {
            "rule": finding.rule,
            "control": finding.control,
            "level": finding.level.value,
            "verdict": finding.verdict.value,
            "confidence": finding.confidence.value,
            "path": relative_address(at.path),
            "line": str(at.start_line),
            "operation": finding.operation or "",
            "fingerprint": finding.fingerprint,
        }
        steps = [
            {"href": _address(step.path, step.line), "description": harmless(step.note) or "a step"}
            for step in finding.trace
        ]
        here = {"href": _address(at.path, at.start_line), "description": harmless(finding.message) or standing(finding)}
        return {
            "uuid": id_,
            "title": _title(summary_of(finding, self._context)),
            "description": harmless(finding.message) or standing(finding),
            "props": _properties(props),
            "methods": ["TEST"],
            "types": ["finding"],
            "origins": self._origins(),
            "relevant-evidence": [here, *steps],
            "collected": self._time,
        }

    def _evidence(self, control: ControlReport) -> dict[str, Any]:
        observation = {
            "uuid": self._id("observation", control.id),
            "title": _title(f"{control.id}: {control.status.value}"),
            "description": harmless(control.statement) or harmless(control.id),
            "props": _properties({"control": control.id, "level": control.level.value, "status": control.status.value}),
            "methods": ["TEST"],
            "types": ["control-objective"],
            "origins": self._origins(),
            "collected": self._time,
        }
        if control.evidence:
            observation["relevant-evidence"] = [_item(item) for item in control.evidence]
        return observation

    def _finding(self, control: ControlReport, observations: Iterable[str]) -> dict[str, Any]:
        state, reason = _STATES[control.status]
        text = self._context.controls.get(control.id)
        related = [*observations, self._id("observation", control.id)]
        mapped = [
            _property(framework, requirement, "sure" if certain else "by-analogy")
            for framework, ids in (text.mappings if text is not None else {}).items()
            for certain, group in zip((True, False), ids, strict=True)
            for requirement in group
        ]
        return {
            "uuid": self._id("finding", control.id),
            "title": _title(f"{control.id} {text.title if text is not None else ''}"),
            "description": harmless(control.statement) or harmless(control.id),
            "props": [*_properties({"level": control.level.value, "status": control.status.value}), *mapped],
            "origins": self._origins(),
            "target": {
                "type": "objective-id",
                "target-id": _token(control.id),
                "status": {
                    "state": state,
                    "reason": reason,
                    "remarks": f"{control.status.value} ({control.level.value})",
                },
            },
            "related-observations": [{"observation-uuid": each} for each in related],
        }

    def _origins(self) -> list[dict[str, Any]]:
        return [{"actors": [{"type": "tool", "actor-uuid": self._tool}]}]

    def _id(self, *names: str) -> str:
        from uuid import UUID, uuid5

        whole = (self._context.tool, self._context.version, self._context.subject, self._context.revision, *names)
        return str(uuid5(UUID(NAMESPACE), "\n".join(harmless(name) for name in whole)))


def _item(item: Evidence) -> dict[str, Any]:
    evidence: dict[str, Any] = {
        "description": harmless(item.text) or item.kind,
        "props": [_property("kind", item.kind)],
    }
    if item.path:
        evidence["href"] = _address(item.path, item.line or 0)
    return evidence


def _properties(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [_property(name, value) for name, value in values.items() if value]


def _property(name: str, value: str, class_: str = "", *, names: str | None = NAMES) -> dict[str, str]:
    """Return a property. A value is one line that neither begins nor ends with a space."""
    return {
        "name": _token(name),
        **({"ns": names} if names else {}),
        "value": harmless(value).strip() or "-",
        **({"class": class_} if class_ else {}),
    }


def _token(name: str) -> str:
    """Return `name` as a token of the standard, which begins with a letter."""
    shown = _TOKEN.sub("_", harmless(name))
    return shown if shown[:1].isalpha() else f"_{shown}"


def _title(text: str) -> str:
    return harmless(text).strip().removesuffix(".") or "-"


def _address(path: str, line: int) -> str:
    return relative_address(path) + (f"#L{line}" if line else "")
