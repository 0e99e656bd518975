"""The HTML report as a document: what is in it, and what must not be. `test_html_browser.py` opens it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cybrid_audit.facts import ApiCall, Location, ScopeRequest, Step, TokenKind, TokenMint, TokenUse
from cybrid_audit.reports import ControlText, Needed, RenderContext, render
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.html import css_string
from cybrid_audit.reports.html._page import MAX_CODE_LINES, page_of
from cybrid_audit.reports.html._token_map import MAX_OPERATIONS, MAX_TOKENS, token_map
from cybrid_audit.result import (
    AuditResult,
    BaselineState,
    ControlStatus,
    Evidence,
    Level,
    Suppression,
    SuppressionKind,
    Verdict,
)
from tests.conftest import TOOL, Cli

ROOM: Final = Path(__file__).parents[2] / "cybrid_audit" / "reports" / "html"
VOID: Final = frozenset({"meta", "input", "wbr", "br", "use", "path", "rect", "circle"})
"""Elements without an end: those of HTML, and those that SVG closes at once."""

ATTACKS: Final = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "' autofocus onfocus='document.title=1' x='",
    "</style><script>document.title='owned'</script>",
    "</title><svg onload=document.title='owned'>",
    "{{ 7 * 7 }}{% for x in y %}",
    "javascript:document.title='owned'",
    "\\3c script>/*-->",
    "&lt;script&gt;&amp;",
)


class Node:
    """One element."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Node | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.inner: list[Node | str] = []

    def all(self, tag: str = "", css_class: str = "") -> Iterator[Node]:
        for each in self.inner:
            if isinstance(each, Node):
                if (not tag or each.tag == tag) and (not css_class or css_class in each.classes):
                    yield each
                yield from each.all(tag, css_class)

    def one(self, tag: str = "", css_class: str = "") -> Node:
        return next(self.all(tag, css_class))

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        return "".join(each if isinstance(each, str) else each.text for each in self.inner)


class Reader(HTMLParser):
    """Reads a page into nodes, and complains where an element is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self.at = Node("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len({name for name, _ in attrs}), attrs
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.inner.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.inner.append(data)


def read(page: str) -> Node:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is not closed"
    return reader.root


@pytest.fixture
def full(context: RenderContext) -> RenderContext:
    """The context with everything that only this report shows."""
    return replace(
        context,
        subject="harbour-wallet",
        revision="3f2a9c1d" * 5,
        time=1_790_000_000,
        time_is="that of the commit which is checked out",
        controls={
            "AT-1": ControlText(
                id="AT-1",
                title="Customer token for customer-based requests",
                mappings={"cwe": (("CWE-863",), ("CWE-441",)), "soc2": ((), ("CC6.1",)), "own-list": (("1.2",), ())},
            )
        },
        needs={
            "POST /api/quotes": Needed(frozenset({"quotes:execute"})),
            "POST /api/trades": Needed(frozenset({"trades:execute"})),
            "GET /api/accounts": Needed(frozenset({"accounts:read"}), frozenset({"pii:read"})),
        },
    )


@pytest.fixture
def page(result: AuditResult, full: RenderContext) -> Node:
    return read(render(result, "html", context=full))


# ---------------------------------------------------------------- the document


def test_it_is_one_ascii_document(result: AuditResult, full: RenderContext) -> None:
    page = render(result, "html", context=full)
    assert page.isascii()
    assert page.startswith("<!DOCTYPE html>\n")
    assert page.endswith("</html>\n")


def test_equal_results_give_equal_bytes(result: AuditResult, full: RenderContext) -> None:
    shuffled = replace(
        result,
        findings=tuple(reversed(result.findings)),
        facts=replace(result.facts, mints=result.facts.mints[::-1], calls=result.facts.calls[::-1]),
    )
    assert render(result, "html", context=full) == render(shuffled, "html", context=full)


def test_two_runs_give_equal_bytes(tmp_path: Path) -> None:
    target = Path(__file__).parents[1] / "fixtures" / "projects" / "next-fetch"
    pages = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.html"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": "1790000000", "TZ": f"UTC+{seed}"}
        command = [str(TOOL), "scan", "--exit-zero", "-o", f"html:{out}", str(target)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        pages.append(out.read_bytes())
    assert pages[0] == pages[1]
    assert b"2026-09-21 14:13:20 UTC" in pages[0]


def test_nothing_is_loaded_and_only_its_own_style_and_script_count(page: Node) -> None:
    (policy,) = [
        node.attributes["content"]
        for node in page.all("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert rules["trusted-types"] == ["'none'"]
    assert rules["script-src"] == [hash_of(node.text) for node in page.all("script")]
    assert rules["style-src"] == [hash_of(node.text) for node in page.all("style")]
    assert set(rules) == {
        *("default-src", "script-src", "style-src", "base-uri", "form-action"),
        *("require-trusted-types-for", "trusted-types"),
    }
    for node in page.all():
        assert not [name for name in node.attributes if name.startswith("on") or name in {"style", "src", "srcset"}]
        address = node.attributes.get("href", "#")
        assert address.startswith("#") or (node.tag == "a" and address.startswith("https://")), address
    assert not list(page.all("link"))


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("name", ["report.css", "report.js"])
def test_style_and_script_cannot_end_early_or_ask_for_anything(name: str) -> None:
    text = (ROOM / name).read_text(encoding="ascii")
    assert "</" not in text
    assert "<!--" not in text
    assert not re.search(r"https?:|url\(|@import|innerHTML|eval\(|new Function|fetch\(|XMLHttp", text)


def test_only_this_report_needs_its_template_engine() -> None:
    code = (
        "import sys; from cybrid_audit.reports import render, FORMATS; from cybrid_audit.result import AuditResult;"
        "from cybrid_audit.facts import Facts; r = AuditResult('.', (), Facts(), (), 0, 0, ());"
        "[render(r, f) for f in FORMATS if f != 'html'];"
        "assert 'jinja2' not in sys.modules and 'markupsafe' not in sys.modules; render(r, 'html');"
        "assert 'jinja2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---------------------------------------------------------------- escaping


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_attacks_stays_text(result: AuditResult, full: RenderContext, attack: str) -> None:
    tame = attacked(result, full, "x" * 8)
    wild = attacked(result, full, attack)
    assert tags(wild) == tags(tame)
    assert names(wild) == names(tame)
    texts = [node.text for node in wild.all("p")] + [node.text for node in wild.all("code")]
    assert any(harmless(attack) in text for text in texts)


def tags(page: Node) -> Counter[str]:
    """Return how many elements of each kind there are, without the breaks that a text with slashes has."""
    return Counter(node.tag for node in page.all() if node.tag != "wbr")


def names(page: Node) -> Counter[tuple[str, str]]:
    return Counter((node.tag, name) for node in page.all() for name in node.attributes)


def attacked(result: AuditResult, context: RenderContext, text: str) -> Node:
    """Return the page on a result in which everything that comes from others is `text`."""

    def moved(location: Location) -> Location:
        return replace(location, path=text)

    findings = tuple(
        replace(
            finding,
            message=text,
            location=moved(finding.location),
            operation=text,
            trace=tuple(replace(step, path=text, note=text) for step in finding.trace),
            data={"requested": [text], "needed": [text], "excess": [text]},
            fingerprint=text,
            # One group each, so that a page does not change with what is equal.
            root_cause="",
        )
        for finding in result.findings
    )
    facts = replace(
        result.facts,
        calls=tuple(replace(call, operation=text, site=moved(call.site)) for call in result.facts.calls[:1]),
        mints=tuple(
            replace(
                mint,
                site=moved(mint.site),
                escapes=True,
                escape_note=text,
                scopes=ScopeRequest(frozenset({text}), is_complete=True),
            )
            for mint in result.facts.mints
        ),
        credentials=tuple(
            replace(
                use,
                mint=moved(use.mint),
                sources=tuple(
                    replace(source, name=text, location=moved(source.location), masked=None) for source in use.sources
                ),
            )
            for use in result.facts.credentials
        ),
    )
    controls = tuple(
        replace(control, statement=text, evidence=(Evidence("broken", text, text, 1),)) for control in result.controls
    )
    wild = replace(
        result,
        findings=findings,
        facts=facts,
        controls=controls,
        skipped=tuple(replace(skipped, path=text, reason=text) for skipped in result.skipped),
        suppressed=(
            replace(
                findings[0],
                suppression=Suppression(
                    kind=SuppressionKind.CONFIG, reason=text, owner=text, until=text, path=text, line=1
                ),
            ),
        ),
    )
    context = replace(
        context,
        subject=text,
        revision=text,
        lines=lambda path: [text] * 40,
        needs={text: Needed(frozenset({text}))},
        controls={},
    )
    return read(render(wild, "html", context=context))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_any_text_stays_text(result: AuditResult, full: RenderContext, text: str) -> None:
    wild = attacked(result, full, text)
    assert names(wild)["script", "onclick"] == 0
    assert len(list(wild.all("script"))) == 1
    assert {node.tag for node in wild.all()} <= {node.tag for node in attacked(result, full, "x<y>").all()} | {"wbr"}


def test_what_is_invisible_is_spelled_out(result: AuditResult, full: RenderContext) -> None:
    page = read(render(result, "html", context=full))
    assert "src/pages/\\x1b[31mbröken\\u202e.tsx:1" in page.one("section").parent.text  # type: ignore[union-attr]
    assert not [character for character in page.text if not character.isprintable() and character != "\n"]


def test_a_string_of_css_has_nothing_that_acts() -> None:
    assert css_string('a"b\\') == '"a\\22 b\\5c "'
    assert css_string("</style>\n") == '"\\3c /style\\3e \\a "'
    assert css_string("Größe 1.0: a-b_c/d") == '"Gr\\f6 \\df e 1.0: a-b_c/d"'


def test_no_secret_is_in_the_code_it_shows(result: AuditResult, full: RenderContext, secrets: tuple[str, ...]) -> None:
    text = render(result, "html", context=full)
    assert "process.env.CYBRID_CLIENT_SECRET" in text
    for secret in secrets:
        assert secret[:8] not in text
        assert secret[-8:] not in text


def test_what_two_rules_mask_is_masked_once(
    nothing: AuditResult, full: RenderContext, secrets: tuple[str, ...], make: Callable[..., Any]
) -> None:
    findings = tuple(
        make(rule, "src/lib/cybrid/token.ts", line)
        for line in (3, 4)
        for rule in ("hardcoded-client-id", "hardcoded-client-secret", "credential-in-client-code")
    )
    page = read(render(replace(nothing, findings=findings), "html", context=full))
    lines = {node.attributes["data-line"]: node.text for node in page.all() if "line" in node.classes}
    assert lines["3"] == f'const CLIENT_ID = process.env.CYBRID_CLIENT_ID ?? "{secrets[1][:4]}… (43 characters)";\n'
    assert lines["4"].endswith(f'?? "{secrets[0][:4]}… (43 characters)";\n')
    assert lines["1"] == 'import { env } from "../env";\n', "what is no credential stays"


# ---------------------------------------------------------------- what is in it


def told(page: Node) -> Counter[tuple[str, str, str]]:
    """Return rule, verdict and place of every finding that the page shows."""
    found: Counter[tuple[str, str, str]] = Counter()
    for rule in page.all("article", "rule"):
        name = rule.one("code", "rule-id").text
        for finding in rule.all(css_class="finding"):
            head = finding.one(css_class="finding-head")
            found[name, head.one("span", "status").text, head.one("code", "place").text] += 1
    return found


def wanted(result: AuditResult) -> Counter[tuple[str, str, str]]:
    return Counter(
        (f.rule, f.verdict.value, f"{harmless(f.location.path)}:{f.location.start_line}") for f in result.findings
    )


def test_every_finding_is_there(result: AuditResult, page: Node) -> None:
    assert told(page) == wanted(result)
    messages = [node.text for node in page.all(css_class="finding-message")]
    assert len(messages) == len(result.findings)
    assert "A bank token reaches the browser \\x1b[2Jthrough GET /api/token." in messages


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_findings_are_there(
    data: st.DataObject, nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    findings = tuple(
        make(
            data.draw(st.sampled_from(["bank-token-on-customer-endpoint", "insecure-transport", "without-texts"])),
            data.draw(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=12)),
            data.draw(st.integers(0, 2000)),
            verdict=data.draw(st.sampled_from(Verdict)),
            level=data.draw(st.sampled_from(Level)),
            message=data.draw(st.text(max_size=60)),
            root_cause=data.draw(st.sampled_from(["", "one", "two"])),
        )
        for _ in range(data.draw(st.integers(0, 6)))
    )
    result = replace(nothing, findings=findings)
    assert told(read(render(result, "html", context=context))) == wanted(result)


def test_a_path_is_drawn_step_by_step_beside_its_code(page: Node) -> None:
    rules = {rule.one("code", "rule-id").text: rule for rule in page.all("article", "rule")}
    (finding,) = [
        each
        for each in rules["transaction-without-mfa"].all("details", "finding")
        if each.one(css_class="status").text == "violated"
    ]
    steps = list(finding.all("li", "step"))
    assert [step.one("code", "place").text for step in steps] == [
        "src/app/api/trades/route.ts:3",
        "src/lib/cybrid/client.ts:31",
        "src/app/api/trades/route.ts:6",
    ]
    assert "a request to POST /api/trades starts here" in steps[0].text
    marked = steps[0].one("mark")
    assert marked.attributes["data-line"] == "3"
    assert marked.text == "export async function POST(request: Request) {\n"
    assert [
        line.attributes["data-line"] for line in steps[0].one("pre").one("code").inner if isinstance(line, Node)
    ] == [*("1", "2", "3", "4", "5")]
    assert not list(steps[1].all("pre")), "no source is at hand there, and none is made up"
    assert ["is-here" in step.classes for step in steps] == [False, False, True]


def test_two_steps_at_one_place_show_its_code_once(
    nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    trace = (Step("scripts/ping.sh", 1, "first"), Step("scripts/ping.sh", 1, "second"))
    result = replace(nothing, findings=(make("insecure-transport", "scripts/ping.sh", 1, trace=trace),))
    first, second = read(render(result, "html", context=context)).all("li", "step")
    assert list(first.all("pre"))
    assert "second" in second.text
    assert not list(second.all("pre"))
    assert "not shown" not in second.text
    assert "is-here" in second.classes


def test_a_finding_outside_its_trace_gets_a_step_of_its_own(
    nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    result = replace(nothing, findings=(make("insecure-transport", "scripts/ping.sh", 1, trace=()),))
    (step,) = read(render(result, "html", context=context)).all("li", "step")
    assert "scripts/ping.sh:1" in step.text
    assert "is-here" in step.classes


def test_the_same_cause_is_told_once(page: Node) -> None:
    (together,) = [each for each in page.all("div", "together") if "one cause" in each.text]
    assert together.one("p", "cause").text.startswith("5 places, one cause. src/lib/cybrid/token.ts:10 bank token")
    assert len(list(together.all("details", "finding"))) == 5


def test_a_rule_has_remediation_and_mappings(page: Node) -> None:
    text = next(rule.text for rule in page.all("article", "rule") if "AT-1 required" in rule.text)
    for part in (
        "AT-1 required",
        "severity high",
        "Mint a customer token with",
        "CWE-863",
        "by analogy CC6.1",
        "own-list",
    ):
        assert part in text, part


def test_each_of_the_ten_is_a_tile_with_its_status_in_words(result: AuditResult, page: Node) -> None:
    tiles = {tile.one("span", "control-id").text: tile for tile in page.all("a", "tile")}
    ten = [control for control in result.controls if control.level is not Level.EXTRA]
    assert list(tiles) == [control.id for control in ten]
    signs: dict[ControlStatus, str] = {}
    for control in ten:
        status = tiles[control.id].one("span", "status")
        assert status.text == control.status.value
        signs.setdefault(control.status, status.one("use").attributes["href"])
        assert status.one("use").attributes["href"] == signs[control.status]
    assert len(set(signs.values())) == len(signs) == len(ControlStatus), "each status has a sign of its own"
    assert "X-TLS" not in tiles


def test_attestations_and_skipped_files_have_sections(page: Node) -> None:
    sections = {section.attributes["id"]: section for section in page.all("section")}
    assert "CR-4" in sections["attestations"].text
    assert "larger than 2 MB" in sections["not-analysed"].text
    assert "public/vendor/bundle.js" in sections["not-analysed"].text


def test_suppressed_findings_have_a_section_of_their_own(result: AuditResult, full: RenderContext) -> None:
    accepted = replace(
        result.findings[0],
        suppression=Suppression(
            kind=SuppressionKind.INLINE,
            reason="the <b>bank</b> token is meant here",
            owner="payments",
            until="2027-03-31",
            path="src/app/api/trades/route.ts",
            line=4,
        ),
    )
    page = read(render(replace(result, findings=result.findings[1:], suppressed=(accepted,)), "html", context=full))
    (section,) = [section for section in page.all("section") if section.attributes["id"] == "suppressed"]
    (finding,) = section.all("details", "finding")
    terms = {pair.one("dt").text: pair.one("dd").text for pair in finding.one("dl", "accepted").all("div")}
    assert terms == {
        "Reason": "the <b>bank</b> token is meant here",
        "Accepted in": "a comment (src/app/api/trades/route.ts:4)",
        "Owner": "payments",
        "Until": "2027-03-31",
    }
    assert finding.one("code", "rule-id").text == accepted.rule
    assert told(page) == wanted(replace(result, findings=result.findings[1:])), "it is not among those that count"


def test_a_finding_says_how_it_stands_to_the_baseline(result: AuditResult, full: RenderContext) -> None:
    states = (BaselineState.NEW, BaselineState.UNCHANGED)
    findings = tuple(replace(each, baseline_state=state) for each, state in zip(result.findings, states, strict=False))
    page = read(render(replace(result, findings=findings), "html", context=full))
    tags_shown = [tag.text for finding in page.all("details", "finding") for tag in finding.all("span", "tag")]
    assert sorted(tags_shown) == ["in the baseline", "new since the baseline"]


def test_where_nothing_is_found_it_says_so(nothing: AuditResult, context: RenderContext) -> None:
    text = read(render(nothing, "html", context=context)).text
    for part in ("No control applies", "There are no findings.", "No request for a token was found."):
        assert part in text
    assert "No call to the platform was found." in text
    assert "no date" in render(replace(nothing, controls=()), "html", context=RenderContext())


@pytest.mark.parametrize(
    ("statuses", "look", "verdict"),
    [
        ({}, "violated", "3 required and 1 recommended controls are violated"),
        ({"AT-1", "CR-1", "CA-2"}, "violated", "1 recommended control is violated"),
        ({"AT-1", "AT-2", "CR-1", "CA-2"}, "unproven", "No control of the ten is violated; 1 is unproven"),
        ({"AT-1", "AT-2", "CR-1", "CA-2", "CA-4"}, "satisfied", "No control of the ten is violated or unproven"),
    ],
)
def test_the_outcome_is_said_first(
    result: AuditResult, context: RenderContext, statuses: set[str], look: str, verdict: str
) -> None:
    controls = tuple(
        replace(control, status=ControlStatus.SATISFIED) if control.id in statuses else control
        for control in result.controls
    )
    shown = page_of(replace(result, controls=controls), context)
    assert (shown.look, shown.verdict) == (look, verdict)


# ---------------------------------------------------------------- the token map


def test_where_a_token_comes_from_shows_no_secret(
    result: AuditResult, full: RenderContext, secrets: tuple[str, ...]
) -> None:
    call = replace(result.facts.calls[0], tokens=(TokenUse(TokenKind.UNKNOWN, origin=f"the literal {secrets[0]}"),))
    text = render(replace(result, facts=replace(result.facts, calls=(call,))), "html", context=full)
    assert "the literal q7Rz" in read(text).text
    assert secrets[0][:6] not in text


def test_scopes_asked_stand_beside_scopes_needed(result: AuditResult, full: RenderContext) -> None:
    rows = {row.kind: row for row in token_map(result, full).rows}
    customer = rows["customer"]
    assert customer.operations == ("GET /api/accounts",)
    assert customer.needed == ("accounts:read",)
    assert customer.spare == ("accounts:execute", "transfers:read"), "what an operation can make use of is not spare"
    assert customer.missing == ()
    bank = rows["bank"]
    assert bank.missing == ("quotes:execute", "trades:execute")
    assert "what some of its operations need is not known" in bank.doubt
    assert rows["unknown"].origin == "parameter `token`"


def test_the_picture_tells_kinds_and_scopes_by_more_than_colour(page: Node) -> None:
    picture = page.one("figure", "map")
    boxes = list(picture.all("g", "box"))
    shapes = {
        use.attributes["href"] for box in boxes for use in box.all("use") if use.attributes["href"].startswith("#kind-")
    }
    assert shapes == {"#kind-bank", "#kind-customer", "#kind-unknown"}
    assert {box.one("text").text for box in boxes} >= {"bank token", "customer token", "POST /api/trades"}
    symbols = {symbol.attributes["id"] for symbol in page.all("symbol")}
    used = {use.attributes["href"].removeprefix("#") for use in page.all("use")}
    assert used <= symbols
    states = {g.classes[1] for g in picture.all("g", "scope")}
    assert states == {"is-needed", "is-spare", "is-missing", "is-open"}


def test_a_large_map_says_what_it_leaves_out(nothing: AuditResult, full: RenderContext) -> None:
    mints = tuple(mint_of(number) for number in range(MAX_TOKENS + 7))
    calls = tuple(call_of(f"GET /api/thing_{number:03}", number, f"m{number % 20}") for number in range(60))
    result = replace(nothing, facts=replace(nothing.facts, mints=mints, calls=calls))
    picture = token_map(result, full).picture
    assert picture is not None
    assert (len(picture.tokens), picture.tokens_left_out) == (MAX_TOKENS, 7)
    assert (len(picture.operations), picture.operations_left_out) == (MAX_OPERATIONS, 60 - MAX_OPERATIONS)
    text = read(render(result, "html", context=full)).text
    assert "The picture leaves out 7 tokens and 20 operations" in text


def test_boxes_do_not_overlap_and_stay_in_the_picture(result: AuditResult, full: RenderContext) -> None:
    picture = token_map(result, full).picture
    assert picture is not None
    for column in (picture.tokens, picture.operations):
        for above, below in pairwise(column):
            assert above.y + above.height < below.y
        for box in column:
            assert box.x + box.width <= picture.width
            assert box.y + box.height <= picture.height
            for scope in box.scopes:
                assert 0 < scope.x < box.width
                assert scope.y + 10 < box.height


def mint_of(number: int) -> TokenMint:
    from cybrid_audit.facts import Side

    scopes = ScopeRequest(frozenset({"accounts:read", f"s{number}:read"}), is_complete=True)
    site = Location(f"src/{number}.py", number + 1)
    return TokenMint(f"m{number}", TokenKind.BANK, site, scopes, Side.SERVER, "POST /oauth/token")


def call_of(operation: str, number: int, mint: str) -> ApiCall:
    from cybrid_audit.facts import Ownership, Side

    return ApiCall(
        operation=operation,
        operation_id="x",
        site=Location(f"src/call_{number:05}.py", number + 1),
        side=Side.SERVER,
        tokens=(TokenUse(TokenKind.BANK, frozenset({mint})),),
        ownership=Ownership.CUSTOMER,
        is_customer_operation=True,
        event=None,
        visits=(),
    )


# ---------------------------------------------------------------- size


def large(nothing: AuditResult, make: Callable[..., Any]) -> AuditResult:
    """Return a result with 5,000 findings and as many calls."""
    findings = tuple(
        make(
            ("bank-token-on-customer-endpoint", "transaction-without-mfa", "insecure-transport")[number % 3],
            f"src/module_{number % 400}/file_{number}.ts",
            number % 90 + 1,
            message=f"GET /api/accounts acts for one customer, the {number}th time.",
            operation="GET /api/accounts",
            trace=tuple(Step(f"src/module_{number % 400}/step_{n}.ts", n * 9 + 1, f"step {n}") for n in range(6)),
        )
        for number in range(5_000)
    )
    calls = tuple(call_of(f"GET /api/thing_{n % 90:03}", n, f"m{n % 30}") for n in range(5_000))
    mints = tuple(mint_of(number) for number in range(30))
    return replace(nothing, findings=findings, facts=replace(nothing.facts, calls=calls, mints=mints))


def test_a_large_result_stays_bounded_and_says_what_is_left_out(
    nothing: AuditResult, full: RenderContext, make: Callable[..., Any]
) -> None:
    result = large(nothing, make)
    context = replace(full, lines=lambda path: ["const answer = await client.get('/api/accounts');  // text"] * 100)
    started = process_time()
    text = render(result, "html", context=context)
    assert process_time() - started < 30, "seconds, on a busy machine"
    assert len(text) < 16_000_000
    page = read(text)
    assert told(page) == wanted(result)
    lines = sum("line" in node.classes for node in page.all())
    assert MAX_CODE_LINES // 2 < lines <= MAX_CODE_LINES + 200
    short = len(list(page.all("div", "short")))
    assert 0 < short < 5_000
    assert f"{short:,} of 5,000 findings are shown in short" in page.text
    table = next(table for table in page.all("table") if table.attributes.get("id") == "calls")
    assert len(list(table.one("tbody").all("tr"))) == 5_000


def test_a_tree_made_to_cost_does_not(nothing: AuditResult, context: RenderContext, make: Callable[..., Any]) -> None:
    costly = f"secret = '{'a:' * 1_950}"
    findings = tuple(make("hardcoded-client-secret", f"{number}.yaml", 3) for number in range(600))
    started = process_time()
    text = render(
        replace(nothing, findings=findings), "html", context=replace(context, lines=lambda path: [costly] * 5)
    )
    assert process_time() - started < 20, "seconds, on a busy machine; all of it would take minutes"
    assert "of 600 findings are shown in short" in read(text).text


def test_a_line_too_long_to_read_is_cut(nothing: AuditResult, context: RenderContext, make: Callable[..., Any]) -> None:
    lines = ["a = 1", "b" * 3_000, "c" * 100_000]
    result = replace(nothing, findings=tuple(make("insecure-transport", "x.js", line) for line in (2, 3)))
    page = read(render(result, "html", context=replace(context, lines=lambda path: lines)))
    assert max(len(node.text) for node in page.all("pre")) < 600
    assert "line too long" in page.text


# ---------------------------------------------------------------- for every reader


def test_headings_are_in_order(page: Node) -> None:
    levels = [int(node.tag[1]) for node in page.all() if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_labels_and_references_are_whole(page: Node) -> None:
    tags = Counter(node.tag for node in page.all())
    assert tags["main"] == tags["nav"] == tags["footer"] == 1
    assert page.one("html").attributes["lang"] == "en"
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for node in page.all():
        for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
            for reference in node.attributes.get(name, "").split():
                assert reference in ids, reference
        if node.tag in {"a", "use"} and node.attributes.get("href", "").startswith("#"):
            assert node.attributes["href"][1:] in ids, node.attributes["href"]
        if node.tag in {"input", "select"}:
            assert any(label.attributes["for"] == node.attributes["id"] for label in page.all("label"))
        if node.tag in {"nav", "form"} or "tabindex" in node.attributes:
            labelled = node.attributes.get("aria-label") or node.attributes.get("aria-labelledby") or node.tag == "main"
            assert labelled, node.attributes
        if node.tag == "svg" and node.attributes.get("role") != "img":
            assert node.attributes["aria-hidden"] == "true"
    first = next(node for node in page.all("a"))
    assert first.classes == ["skip"]
    assert first.attributes["href"] == "#main"


def test_tables_have_captions_and_scopes(page: Node) -> None:
    tables = list(page.all("table"))
    assert tables
    for table in tables:
        assert table.one("caption").text
        assert all(cell.attributes["scope"] in {"col", "row"} for cell in table.all("th"))


def colours(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name."""
    css = (ROOM / "report.css").read_text(encoding="ascii")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found if theme == "light" else {**found, **dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(theme: str) -> None:
    colour = colours(theme)
    grounds = ("page", "surface", "raised")
    pairs = [(ink, ground) for ink in ("text", "soft", "accent") for ground in (*grounds, "code", "accent-soft")]
    pairs += [
        (look, ground) for look in ("bad", "open", "good", "vouch", "none") for ground in (*grounds, f"{look}-soft")
    ]
    pairs += [(kind, ground) for kind in ("bank", "organization", "customer", "unknown") for ground in grounds]
    pairs += [("code-text", "code"), ("code-text", "mark"), ("soft", "mark")]
    pairs += [("soft", f"{look}-soft") for look in ("bad", "open", "good", "none")]
    weak = {pair: round(contrast(*(colour[name] for name in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    signs = [*((look, "ink") for look in ("bad", "open", "good", "vouch")), ("mark-bar", "code"), ("accent", "page")]
    assert all(contrast(colour[one], colour[other]) >= 3 for one, other in signs)


def test_the_command_writes_it(cli: Cli, tmp_path: Path) -> None:
    target = Path(__file__).parents[1] / "fixtures" / "projects" / "fastapi-httpx"
    out = tmp_path / "report.html"
    outcome = cli("scan", "--output", f"html:{out}", str(target), env={"SOURCE_DATE_EPOCH": "1790000000"})
    assert (outcome.status, outcome.stderr) == (1, "")
    page = read(out.read_text(encoding="ascii"))
    assert page.one("title").text == "Security audit of fastapi-httpx"
    assert "2026-09-21 14:13:20 UTC" in page.one("header", "top").text
    printed = cli("scan", "--format", "html", str(target), env={"SOURCE_DATE_EPOCH": "1790000000", "LANG": "C"})
    assert printed.stdout == out.read_text(encoding="ascii")
