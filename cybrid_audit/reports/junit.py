"""The JUnit report: one suite a control, one failed test a proven finding, one skipped test an open question
or a finding that the project has accepted.

It keeps to the XML schema of Jenkins' xUnit plugin, the strictest of those in use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.exchange import counted, standing, trace_lines
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.result import AuditResult, ControlReport, ControlStatus, Finding, Verdict

_PASSED: Final = (ControlStatus.SATISFIED, ControlStatus.ATTESTED)

SUPPRESSED: Final = "suppressed"
"""The type of a skipped test whose finding the project has accepted."""


def render_junit(result: AuditResult, context: RenderContext) -> str:
    """Return `result` (cleared of secrets) as XML. Nothing that is open passes: it is a skipped test that says why."""
    root = Element("testsuites", name=context.tool)
    for control, findings in _suites(result):
        suite = SubElement(root, "testsuite", name=_suite_name(control, findings, context))
        for finding in findings:
            _case_of_finding(suite, finding, context)
        is_told = any(f.verdict is Verdict.VIOLATED and f.suppression is None for f in findings)
        if isinstance(control, ControlReport) and not (is_told and control.status is ControlStatus.VIOLATED):
            _case_of_control(suite, control)
        _count(suite, suite)
    _count(root, root)
    # What the schema lacks at the root, and readers do not look for there.
    root.attrib.pop("skipped")
    output = SubElement(SubElement(root, "testsuite", name="files", tests="0", failures="0", errors="0"), "system-out")
    output.text = "\n".join(
        [
            counted(result),
            *(f"not analysed: {harmless(skipped.path)}: {harmless(skipped.reason)}" for skipped in result.skipped),
        ]
    )
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suites(result: AuditResult) -> Iterator[tuple[ControlReport | str, list[Finding]]]:
    """Yield each control with its findings, and the controls that only findings know, in the order of the controls."""
    by_control: dict[str, list[Finding]] = {}
    for finding in (*ordered(result.findings), *ordered(result.suppressed)):
        by_control.setdefault(finding.control, []).append(finding)
    for control in result.controls:
        yield control, by_control.pop(control.id, [])
    for name in sorted(by_control):
        yield name, by_control[name]


def _suite_name(control: ControlReport | str, findings: list[Finding], context: RenderContext) -> str:
    if isinstance(control, str):
        return f"{control} ({findings[0].level.value})"
    text = context.controls.get(control.id)
    title = f" {text.title}" if text is not None else ""
    return f"{harmless(control.id)} ({control.level.value}){title}"


def _case_of_finding(suite: Element, finding: Finding, context: RenderContext) -> None:
    place = f"{harmless(finding.location.path)}:{finding.location.start_line}"
    case = SubElement(
        suite, "testcase", classname=harmless(finding.rule), name=f"{harmless(finding.rule)} at {place}", time="0"
    )
    message = harmless(finding.message)
    if (accepted := finding.suppression) is not None:
        said = f"accepted ({accepted.kind.value}): {harmless(accepted.reason)}"
        SubElement(case, "skipped", type=SUPPRESSED, message=said)
        SubElement(case, "system-out").text = _told(finding, place, context)
        return
    if finding.verdict is Verdict.UNPROVEN:
        SubElement(case, "skipped", type=finding.verdict.value, message=message)
        SubElement(case, "system-out").text = _told(finding, place, context)
        return
    failure = SubElement(case, "failure", type=finding.verdict.value, message=message)
    failure.text = _told(finding, place, context)


def _told(finding: Finding, place: str, context: RenderContext) -> str:
    rule = context.rules.get(finding.rule)
    lines = [f"{place}  {harmless(finding.operation or '')}".rstrip(), harmless(finding.message), *trace_lines(finding)]
    if rule is not None and rule.fix:
        lines.append(f"Fix: {rule.fix}")
    lines.append(standing(finding))
    return "\n".join(lines)


def _case_of_control(suite: Element, control: ControlReport) -> None:
    """Add what a control comes to. A violated one is here when only findings of other controls break it."""
    name = f"{harmless(control.id)} is satisfied"
    case = SubElement(suite, "testcase", classname="control", name=name, time="0")
    said = "\n".join(
        f"{item.kind}: {harmless(item.text)}" + (f" ({harmless(item.path)}:{item.line})" if item.path else "")
        for item in control.evidence
    )
    if control.status is ControlStatus.VIOLATED:
        SubElement(case, "failure", type="control", message=harmless(control.statement)).text = said
        return
    if control.status not in _PASSED:
        SubElement(case, "skipped", type=control.status.value, message=f"{control.status.value}: {control.statement}")
    if said:
        SubElement(case, "system-out").text = said


def _count(element: Element, within: Element) -> None:
    for name, path in {
        "tests": ".//testcase",
        "failures": ".//failure",
        "errors": ".//error",
        "skipped": ".//skipped",
    }.items():
        element.set(name, str(len(within.findall(path))))
