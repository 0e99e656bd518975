"""Every format of `FORMATS` tells the same findings, is valid for its readers, and is the same in every run."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cybrid_audit.audit import audit
from cybrid_audit.reports import FORMATS, RenderContext, render
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.result import AuditResult, Level, Suppression, SuppressionKind, Verdict
from tests.conftest import Cli

Told = Iterator[tuple[str, str, str]]
"""Rule, verdict, and `path:line`, of each finding."""

PROJECTS: Final = Path(__file__).parents[1] / "fixtures" / "projects"
NAMES: Final = ("fastapi-httpx", "nest-sdk", "next-fetch")
DOCS: Final = Path(__file__).parents[2] / "docs"
SCHEMAS: Final = Path(__file__).parents[1] / "schemas"


def of_text(report: str) -> Told:
    rule = verdict = ""
    several = waits = False
    for line in report.split("\n"):
        if head := re.match(r"(error|warning|note|unproven)\[([a-z-]+)\]: ", line):
            rule, verdict = head[2], "unproven" if head[1] == "unproven" else "violated"
            several, waits = False, True
        elif re.match(r"  \d+ places$", line):
            several = True
        elif not line or (several and re.match(r"  \S", line)):
            waits = False
        elif waits and (found := re.match(("    " if several else "  ") + r"(\S+:\d+)(  |$)", line)):
            yield rule, verdict, found[1]
            waits = several


def of_json(report: str) -> Told:
    for each in json.loads(report)["findings"]:
        yield each["rule"], each["verdict"], f"{each['location']['path']}:{each['location']['start_line']}"


def of_sarif(report: str) -> Told:
    for each in json.loads(report)["runs"][0]["results"]:
        if not each.get("suppressions"):
            physical = each["locations"][0]["physicalLocation"]
            place = f"{unquote(physical['artifactLocation']['uri'])}:{physical['region']['startLine']}"
            yield each["ruleId"], each["properties"]["verdict"], place


def of_markdown(report: str) -> Told:
    rule = verdict = ""
    for line in report.split("\n"):
        if head := re.match(
            r"<details.*<code>([a-z-]+)</code> · \S+ \(\w+\) (violated|unproven)[^·]*</summary>$", line
        ):
            rule, verdict = head[1], head[2]
        elif line == "</details>":
            rule = ""
        elif rule and (found := re.match(r"- `([^`]+:\d+)`", line)):
            yield rule, verdict, found[1]


def of_junit(report: str) -> Told:
    for case in ET.fromstring(report).iter("testcase"):
        rule = case.attrib["classname"]
        outcome = case.find("failure") if case.find("failure") is not None else case.find("skipped")
        if rule != "control" and outcome is not None and outcome.attrib["type"] != "suppressed":
            yield rule, outcome.attrib["type"], case.attrib["name"].removeprefix(f"{rule} at ")


def of_codequality(report: str) -> Told:
    for each in json.loads(report):
        place = f"{each['location']['path']}:{each['location']['lines']['begin']}"
        yield each["check_name"], each["description"].split(":")[0], place


def of_sast(report: str) -> Told:
    for each in json.loads(report)["vulnerabilities"]:
        place = f"{each['location']['file']}:{each['location']['start_line']}"
        yield each["identifiers"][0]["value"], each["details"]["verdict"]["value"], place


def of_github(report: str) -> Told:
    for line in report.split("\n"):
        if found := re.match(r"::(?:error|warning|notice) ([^:]*)::", line):
            said = dict(pair.split("=", 1) for pair in found[1].split(","))
            rule, verdict = re.fullmatch(r"(\S+) \(.*%2C (\w+)\)", said["title"]).groups()  # type: ignore[union-attr]
            yield rule, verdict, f"{unquote(said['file'])}:{said['line']}"


def of_csv(report: str) -> Told:
    for row in csv.DictReader(io.StringIO(report)):
        if row["record"] == "finding":
            yield row["rule"], row["verdict"], f"{row['path'].removeprefix(chr(39))}:{row['line']}"


def of_oscal(report: str) -> Told:
    (results,) = json.loads(report)["assessment-results"]["results"]
    for each in results.get("observations", ()):
        if each["types"] == ["finding"]:
            said = {prop["name"]: prop["value"] for prop in each["props"]}
            yield said["rule"], said["verdict"], f"{unquote(said['path'])}:{said['line']}"


def of_sonar(report: str) -> Told:
    for each in json.loads(report)["issues"]:
        at = each["primaryLocation"]
        yield each["ruleId"], at["message"].split(":")[0], f"{at['filePath']}:{at['textRange']['startLine']}"


def of_html(report: str) -> Told:
    for article in report.split('<article class="rule"')[1:]:
        rule = re.search(r'<code class="rule-id">([^<]+)</code>', article)
        assert rule is not None
        for found in re.finditer(
            r'<span class="finding-head"><span class="status is-(\w+)">.*?<code class="place">(.*?)</code>',
            article.split("</article>")[0],
        ):
            yield rule[1], found[1], html.unescape(found[2].replace("<wbr>", ""))


READERS: Final[dict[str, Callable[[str], Told]]] = {
    "text": of_text,
    "json": of_json,
    "sarif": of_sarif,
    "markdown": of_markdown,
    "junit": of_junit,
    "gitlab-codequality": of_codequality,
    "gitlab-sast": of_sast,
    "github": of_github,
    "csv": of_csv,
    "oscal": of_oscal,
    "sonar": of_sonar,
    "html": of_html,
}

RAW: Final = frozenset({"json", "sarif", "gitlab-codequality", "gitlab-sast", "oscal", "sonar"})
"""Formats that keep a path as it is; the others spell out what is harmful in it."""


def assert_told(result: AuditResult, context: RenderContext) -> None:
    want = Counter(
        (f.rule, f.verdict.value, harmless(f"{f.location.path}:{f.location.start_line}")) for f in result.findings
    )
    for name, read in READERS.items():
        told = Counter(
            (rule, verdict, harmless(place) if name in RAW else place)
            for rule, verdict, place in read(render(result, name, context=context))
        )
        assert told == want, name


def accepted(result: AuditResult) -> AuditResult:
    """Return `result` with its first two findings accepted."""
    told = Suppression(kind=SuppressionKind.INLINE, reason="seen & <accepted>", path="src/a.ts", line=3)
    first, second, *rest = result.findings
    return replace(
        result,
        findings=tuple(rest),
        suppressed=(replace(first, suppression=told), replace(second, suppression=told)),
    )


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described(name: str) -> None:
    page = (DOCS / "report-format.md").read_text()
    assert len(re.findall(rf"^## {name}$", page, re.MULTILINE)) == 1
    assert f"| `{name}` |" in page.split("\n## ", maxsplit=1)[0]
    assert re.search(rf"\b{name}\b", (DOCS.parent / "README.md").read_text())


def test_the_sample_is_told_by_every_format(result: AuditResult, nothing: AuditResult, context: RenderContext) -> None:
    for each in (result, nothing, accepted(result)):
        assert_told(each, context)


@pytest.mark.parametrize("name", NAMES)
def test_a_project_is_told_by_every_format(name: str, context: RenderContext) -> None:
    result = audit(str(PROJECTS / name))
    assert result.findings
    assert_told(result, context)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_findings_are_told_by_every_format(
    data: st.DataObject, nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    findings = tuple(
        make(
            data.draw(st.sampled_from(("transaction-without-mfa", "insecure-transport", "rule-without-texts"))),
            data.draw(st.sampled_from(("src/a.ts", "=b,c/[id]/%41.py", "c:d.ts", "ü/\x1b[2J.js", "@a/<b>&.tsx"))),
            data.draw(st.integers(1, 2000)),
            verdict=data.draw(st.sampled_from(Verdict)),
            level=data.draw(st.sampled_from(Level)),
            message=data.draw(st.text(min_size=1, max_size=60).filter(str.strip)),
            root_cause=data.draw(st.sampled_from(["", "one", "two"])),
        )
        for _ in range(data.draw(st.integers(0, 6)))
    )
    assert_told(replace(nothing, findings=findings), context)


def test_accepted_findings(result: AuditResult, context: RenderContext) -> None:
    """They are shown as such where the format knows it, and counted where it has a place for that."""
    result = accepted(result)
    junit = ET.fromstring(render(result, "junit", context=context))
    skipped = [each for each in junit.iter("skipped") if each.attrib["type"] == "suppressed"]
    assert [each.attrib["message"] for each in skipped] == ["accepted (inline): seen & <accepted>"] * 2
    (run,) = json.loads(render(result, "sarif", context=context))["runs"]
    assert sum(bool(each["suppressions"]) for each in run["results"]) == 2
    for name in ("markdown", "github", "oscal"):
        assert "2 more not counted" in render(result, name, context=context), name
    bare = replace(result, suppressed=())
    for name in ("gitlab-codequality", "gitlab-sast", "sonar", "csv"):
        assert render(result, name, context=context) == render(bare, name, context=context), name


# ---------------------------------------------------------------- readers of others


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("gitlab-sast", "gitlab-sast-15.json"),
        ("gitlab-codequality", "gitlab-codequality.json"),
        ("sonar", "sonar.json"),
    ],
)
def test_its_reader_accepts_it(
    name: str, schema: str, result: AuditResult, nothing: AuditResult, context: RenderContext
) -> None:
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads((SCHEMAS / schema).read_text()))
    for each in (result, nothing):
        for at in (context, RenderContext()):
            document = json.loads(render(each, name, context=at))
            assert not [error.message for error in validator.iter_errors(document)]


def test_ids_are_unique(result: AuditResult, context: RenderContext) -> None:
    result = replace(result, findings=(*result.findings, result.findings[0]))
    for name, key in (("gitlab-codequality", "fingerprint"), ("gitlab-sast", "id")):
        report = json.loads(render(result, name, context=context))
        ids = [each[key] for each in (report["vulnerabilities"] if isinstance(report, dict) else report)]
        assert len(ids) == len(set(ids)) == len(result.findings)


def test_sonar_names_the_rule_of_every_issue(result: AuditResult, context: RenderContext) -> None:
    report = json.loads(render(result, "sonar", context=context))
    assert {each["ruleId"] for each in report["issues"]} == {each["id"] for each in report["rules"]}


def test_junit_counts_what_it_holds(result: AuditResult, context: RenderContext) -> None:
    for each in (result, accepted(result)):
        root = ET.fromstring(render(each, "junit", context=context))
        assert root.tag == "testsuites"
        assert {suite.tag for suite in root} == {"testsuite"}
        for suite in (root, *root):
            for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                assert int(suite.attrib[count]) == len(list(suite.iter(tag)))
        for case in root.iter("testcase"):
            assert set(case.attrib) == {"classname", "name", "time"}
            assert {child.tag for child in case} <= {"failure", "skipped", "system-out"}


def test_oscal_is_accepted_by_trestle(result: AuditResult, nothing: AuditResult, context: RenderContext) -> None:
    model = pytest.importorskip("trestle.oscal.assessment_results", reason="compliance-trestle is not installed")
    for each in (result, nothing, accepted(result)):
        document = json.loads(render(each, "oscal", context=context))
        assert model.AssessmentResults(**document["assessment-results"]).results


# ---------------------------------------------------------------- the same bytes


def test_the_same_bytes_in_every_run(cli: Cli, tmp_path: Path) -> None:
    project = PROJECTS / "nest-sdk"
    runs = []
    for number, (seed, zone) in enumerate((("0", "UTC"), ("1", "Asia/Tokyo"), ("1", "America/New_York"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        outputs = [part for name in FORMATS for part in ("-o", f"{name}:{name}")]
        outcome = cli("scan", *outputs, project, cwd=folder, env={"PYTHONHASHSEED": seed, "TZ": zone})
        assert (outcome.status, outcome.stdout, outcome.stderr) == (1, "", "")
        runs.append({name: (folder / name).read_bytes() for name in FORMATS})
    for name in FORMATS:
        assert runs[0][name] == runs[1][name] == runs[2][name], name
