"""The HTML report as people meet it: opened from a file in a real browser, without a network.

The browser is the Chromium or Chrome of the machine, or one that playwright has installed. Without either, these tests
are skipped; `test_html.py` holds what can be told without one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from cybrid_audit.facts import ScopeRequest
from cybrid_audit.reports import RenderContext, render
from cybrid_audit.result import AuditResult, Suppression, SuppressionKind
from tests.conftest import TOOL

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'cybrid-audit[dev]'")

pytestmark = [
    # One browser for all of them, also where tests run in several processes.
    pytest.mark.xdist_group("browser"),
    # What the driver leaves open at the end is not ours.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

PROJECTS: Final = Path(__file__).parents[1] / "fixtures" / "projects"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import Error, sync_playwright

    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as driver:
        try:
            # Containers give no name spaces for its sandbox. The pages are ours, and there is no network.
            opened = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        except Error as error:
            pytest.skip(
                f"no browser: install chromium or run `playwright install chromium` ({str(error).splitlines()[0]})"
            )
        yield opened
        opened.close()


@dataclass
class Opened:
    """A page and everything it said or asked for since it was opened."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


Open = Callable[..., Opened]

WATCH: Final = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
"""


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a file, or a text as a file. At the end: no message in the console, no request, no breach of the policy."""
    contexts = []
    opened = []

    def open_(content: str | Path, **options: Any) -> Opened:
        file = content if isinstance(content, Path) else tmp_path / "report.html"
        if isinstance(content, str):
            file.write_text(content, encoding="ascii")
        context = browser.new_context(**{"viewport": {"width": 1360, "height": 900}, "offline": True, **options})
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(20_000)
        this = Opened(page)
        page.on("console", lambda message: this.said.append(message.text))
        page.on("pageerror", lambda error: this.said.append(str(error)))
        page.on("dialog", lambda dialog: this.said.append(dialog.message))
        page.on("request", lambda request: this.asked.append(request.url))
        page.goto(file.as_uri())
        opened.append((this, file.as_uri(), options.get("java_script_enabled", True)))
        return this

    yield open_
    for this, address, has_script in opened:
        assert this.said == []
        assert {asked.partition("#")[0] for asked in this.asked} == {address}
        if has_script:
            assert this.page.evaluate("window.violations") == []
    for context in contexts:
        context.close()


@pytest.fixture
def text(result: AuditResult, context: RenderContext) -> str:
    return render(result, "html", context=replace(context, subject="harbour-wallet", time=1_790_000_000))


def rows_shown(page: Page) -> list[str]:
    shown: list[str] = page.locator("#calls tbody tr:visible th").all_inner_texts()
    return shown


def said(page: Page, start: str) -> None:
    """Wait until the count of calls begins with `start`. (A function to wait for would be an eval, which the policy refuses.)"""
    from playwright.sync_api import expect

    expect(page.locator(".shown")).to_have_text(re.compile(f"^{start}"), timeout=20_000)


# ---------------------------------------------------------------- open


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_offline_in_light_and_dark(open_page: Open, text: str, scheme: str) -> None:
    page = open_page(text, color_scheme=scheme).page
    assert page.title() == "Security audit of harbour-wallet"
    ground, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (brightness(ground) > brightness(ink)) is (scheme == "light")
    assert page.locator("h1").is_visible()
    assert page.locator(".tile").count() == 10


def brightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3]))


def test_it_fits_a_phone(open_page: Open, text: str) -> None:
    page = open_page(text, viewport={"width": 360, "height": 740}).page
    page.locator("[data-open=findings]").click()
    page.locator("[data-open=controls]").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cut = page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter((each) => !each.closest('.map, .unseen, thead')
        && each.getClientRects().length && each.getBoundingClientRect().right > 361).map((each) => each.outerHTML.slice(0, 90))"""
    )
    assert cut == []


def test_without_script_all_but_the_filter_works(open_page: Open, text: str) -> None:
    page = open_page(text, java_script_enabled=False).page
    assert not page.locator(".filters").is_visible()
    assert not page.locator("[data-open=findings]").is_visible()
    assert len(rows_shown(page)) == 6
    second = page.locator("details.finding").nth(1)
    body = second.locator(".finding-body")
    assert not body.is_visible()
    second.locator("summary").click()
    assert body.is_visible()


# ---------------------------------------------------------------- use


@pytest.mark.parametrize("width", [1280, 1440])
def test_the_inventory_fits_beside_the_contents(
    open_page: Open, result: AuditResult, context: RenderContext, width: int
) -> None:
    """No column is cut off, and none runs into the next, however long a scope is."""
    wide = ScopeRequest(frozenset({"external_bank_accounts:execute", "external_wallets:execute"}), is_complete=True)
    mints = tuple(replace(mint, scopes=wide) for mint in result.facts.mints)
    text = render(replace(result, facts=replace(result.facts, mints=mints)), "html", context=context)
    page = open_page(text, viewport={"width": width, "height": 900}).page
    assert page.locator("#inventory .scopes", has_text="external_bank_accounts:execute").count()
    box = page.locator("#inventory .scroll").first
    assert box.evaluate("each => each.scrollWidth <= each.clientWidth")
    assert box.evaluate(
        """each => [...each.querySelectorAll('td, th')].every(cell => [...cell.children].every(
            inner => inner.getBoundingClientRect().right <= cell.getBoundingClientRect().right - 4
        ))"""
    )


def test_the_inventory_filters_and_says_how_many_are_shown(open_page: Open, text: str) -> None:
    page = open_page(text).page
    status = page.locator(".shown")
    assert status.get_attribute("aria-live") == "polite"
    assert status.inner_text() == "6 calls"

    page.get_by_label("Text", exact=True).fill("WORKER transfers")
    said(page, "Showing")
    assert status.inner_text() == "Showing 1 of 6 calls"
    assert rows_shown(page) == ["POST /api/transfers"]
    page.get_by_role("button", name="Reset").click()
    said(page, "6 calls")

    def shown_with(label: str, option: str) -> int:
        page.get_by_label(label, exact=True).select_option(option)
        page.wait_for_timeout(50)
        count = len(rows_shown(page))
        assert status.inner_text() == f"Showing {count} of 6 calls"
        page.get_by_role("button", name="Reset").click()
        said(page, "6 calls")
        return count

    assert shown_with("Token", "bank") == 3
    assert shown_with("Token", "customer") == 1
    assert shown_with("Token", "unknown") == 3, "a call that may run with either is found by both"
    assert shown_with("Second factor", "absent") == 1
    assert shown_with("Operation", "POST /api/transfers") == 2

    page.get_by_label("Text", exact=True).fill("nothing has this")
    page.locator(".no-match").wait_for(state="visible")
    assert status.inner_text() == "Showing 0 of 6 calls"


def test_the_inventory_sorts_both_ways(open_page: Open, text: str) -> None:
    page = open_page(text).page
    head = page.locator("#calls th", has=page.get_by_role("button", name="Operation"))
    page.get_by_role("button", name="Operation").click()
    up = rows_shown(page)
    assert head.get_attribute("aria-sort") == "ascending"
    assert up == sorted(up)
    page.get_by_role("button", name="Operation").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert rows_shown(page) == up[::-1] or rows_shown(page) == sorted(up, reverse=True)
    page.get_by_role("button", name="Place").click()
    assert head.get_attribute("aria-sort") is None
    lines = page.locator("#calls tbody td[data-path$='trades/route.ts']").evaluate_all(
        "all => all.map(e => +e.dataset.line)"
    )
    assert lines == [5, 6]


def test_a_tile_leads_to_the_evidence_of_its_control(open_page: Open, text: str) -> None:
    page = open_page(text).page
    assert not page.locator("#control-CR-1").is_visible()
    page.locator(".tile", has_text="CR-1").click()
    page.locator("#control-CR-1").wait_for(state="visible")
    box = page.locator("#control-CR-1").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900


def test_all_findings_expand_and_collapse(open_page: Open, text: str) -> None:
    page = open_page(text).page
    page.locator("[data-open=findings]").click()
    assert page.locator("#findings details:not([open])").count() == 0
    assert page.locator("#findings .path").first.is_visible()
    page.locator("[data-close=findings]").click()
    assert page.locator("#findings details[open]").count() == 0


def test_everything_is_reached_by_keyboard(open_page: Open, text: str) -> None:
    page = open_page(text).page
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("each => each === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0, "it shows when it has the focus"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached: set[str] = set()
    unseen: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        tag, has_ring = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.tagName + (e.type ? ':' + e.type : ''), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; })()"
        )
        if tag == "BODY":
            break
        reached.add(tag)
        if not has_ring:
            unseen.append(tag)
    assert {"A", "SUMMARY", "BUTTON:button", "INPUT:search", "SELECT:select-one", "BUTTON:reset", "FIGURE"} <= reached
    assert unseen == []


def test_a_finding_opens_and_a_table_sorts_by_key(open_page: Open, text: str) -> None:
    page = open_page(text).page
    finding = page.locator("details.finding").nth(2)
    finding.locator("summary").focus()
    page.keyboard.press("Enter")
    assert finding.get_attribute("open") is not None
    page.keyboard.press("Space")
    assert finding.get_attribute("open") is None
    page.get_by_role("button", name="Second factor").focus()
    page.keyboard.press("Enter")
    assert page.locator("#calls th[aria-sort=ascending]").inner_text() == "Second factor"


def test_the_section_that_is_read_is_marked_in_the_list(open_page: Open, text: str) -> None:
    from playwright.sync_api import expect

    page = open_page(text).page
    page.locator(".side a", has_text="Inventory").click()
    expect(page.locator(".side [aria-current]")).to_have_text(re.compile("Inventory"))


def test_what_belongs_to_a_token_stands_out_under_the_pointer(open_page: Open, text: str) -> None:
    page = open_page(text).page
    page.locator(".map [data-box=t0]").hover()
    assert page.locator(".map .curves path.chosen").count() == 3
    assert page.locator(".map .box.chosen").count() == 4
    page.locator("#inventory h2").hover()
    assert page.locator(".map .chosen").count() == 0


# ---------------------------------------------------------------- for every reader


def test_a_screen_reader_finds_its_way(open_page: Open, text: str) -> None:
    page = open_page(text).page
    for role, name in (
        ("navigation", "Sections"),
        ("main", None),
        ("search", "Filter the calls"),
        ("table", "Calls to the platform"),
        ("table", "Scopes asked for beside scopes needed"),
        ("img", "Tokens and the operations that run with them"),
        ("region", "Findings"),
        ("region", "Inventory"),
    ):
        assert page.get_by_role(role, **({"name": name} if name else {})).count() == 1, (role, name)  # type: ignore[arg-type]
    assert page.get_by_role("columnheader", name="Second factor").count() == 1
    assert page.get_by_role("rowheader", name="POST /api/trades").count() >= 1
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('a, button, summary, input, select')]"
        ".filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length"
    )
    assert nameless == 0


CONTRAST: Final = """
() => {
  const parse = (text) => { const p = text.match(/[\\d.]+/g).map(Number); return p.length < 4 ? [...p, 1] : p; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const ground = (node) => {
    const layers = [];
    for (let each = node; each; each = each.parentElement) layers.push(parse(getComputedStyle(each).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const weak = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.getClientRects().length) continue;
    if (node.closest('.unseen, .skip, script, style, svg, option')) continue;
    count++;
    const under = ground(node);
    const ink = over(parse(getComputedStyle(node).color), under);
    const [high, low] = [light(ink), light(under)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) weak.set(node.className + ' ' + node.tagName, ratio.toFixed(2));
  }
  return [count, [...weak]];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_on_the_page_has_contrast(open_page: Open, text: str, scheme: str) -> None:
    page = open_page(text, color_scheme=scheme).page
    page.locator("[data-open=findings]").click()
    page.locator("[data-open=controls]").click()
    count, weak = page.evaluate(CONTRAST)
    assert count > 300
    assert weak == []


# ---------------------------------------------------------------- print


def test_it_prints_open_and_without_what_is_to_be_pressed(open_page: Open, text: str, tmp_path: Path) -> None:
    page = open_page(text, color_scheme="dark").page
    page.get_by_label("Text", exact=True).fill("worker")
    said(page, "Showing")
    page.emulate_media(media="print", color_scheme="dark")
    assert brightness(page.evaluate("getComputedStyle(document.body).backgroundColor")) == 3 * 255
    for hidden in (".side", ".filters", ".tools", ".shown"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert len(rows_shown(page)) == 6, "what is filed is whole, whatever was filtered"
    pdf = tmp_path / "report.pdf"
    page.pdf(path=str(pdf), prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    assert pdf.read_bytes().startswith(b"%PDF-")
    shown = text_of(pdf)
    sheets = shown.rstrip("\f").split("\f")
    for number, sheet in enumerate(sheets, 1):
        assert "Security audit of harbour-wallet" in sheet
        assert "2026-09-21 14:13:20 UTC" in sheet
        assert f"Page {number} of {len(sheets)}" in sheet
        assert len(sheet.split()) > 30, "no sheet is empty but for its margins"
    assert "it becomes the Authorization header of every request" in re.sub(r"\s+", " ", shown)
    for pressed in ("Expand all", "Reset", "Skip to"):
        assert pressed not in shown


def test_every_sheet_of_the_inventory_says_what_its_columns_are(
    open_page: Open, result: AuditResult, context: RenderContext, tmp_path: Path
) -> None:
    many = tuple(
        replace(call, site=replace(call.site, start_line=line)) for line in range(1, 30) for call in result.facts.calls
    )
    page = open_page(render(replace(result, facts=replace(result.facts, calls=many)), "html", context=context)).page
    pdf = tmp_path / "report.pdf"
    page.pdf(path=str(pdf), prefer_css_page_size=True)
    sheets = [each for each in text_of(pdf).split("\f") if "minted at" in each]
    assert len(sheets) > 3
    for sheet in sheets:
        assert {"Operation", "Place", "Token", "Second factor", "Side", "Scopes held"} <= set(sheet.split("\n"))


def text_of(pdf: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: what is on the sheets is not read")
    return subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout


def test_it_prints_open_without_script_too(open_page: Open, text: str, tmp_path: Path) -> None:
    page = open_page(text, java_script_enabled=False).page
    pdf = tmp_path / "report.pdf"
    page.pdf(path=str(pdf), prefer_css_page_size=True)
    shown = re.sub(r"\s+", " ", text_of(pdf))
    for part in ("POST /api/transfers runs on the failing branch too", "what is at place 7"):
        assert part in shown


# ---------------------------------------------------------------- attacks

OWN: Final = "document.title = 'owned'; alert(1)"
HOSTILE: Final = f'"><img src=x onerror="{OWN}"><script>{OWN}</script>'


def test_an_attack_in_the_audited_project_stays_text(open_page: Open, tmp_path: Path) -> None:
    """Through the real command: file names, code, operations, configuration and the project's own name are hostile."""
    project = tmp_path / 'a"><script>alert(1)<' / "project"
    odd = project / 'src"><img src=x onerror=alert(1)>'
    odd.mkdir(parents=True)
    name = "<script>alert('name')<"
    (odd / f"{name}.py").write_text(
        f"""\
import requests  # </script><script>{OWN}</script>
from flask import Flask, request

app = Flask(__name__)
NOTE = '''</pre></code><script>{OWN}</script><img src=x onerror="{OWN}">'''


def token():
    answer = requests.post(
        "https://id.sandbox.cybrid.app/oauth/token",
        json={{
            "grant_type": "client_credentials",
            "client_id": "<script>{OWN}</script>",
            "client_secret": "kT7vQ2mXz9LpR4sW8yBn3cJd6fGhE1aU",
            "scope": "banks:read <script>alert(1)</script>",
        }},
    )
    return answer.json()["access_token"]


@app.post("/<script>alert(1)</script>/pay")
def pay():  # "><img src=x onerror=alert(1)>
    head = {{"Authorization": "Bearer " + token(), "X": '<svg onload="{OWN}">'}}
    return requests.post("https://bank.sandbox.cybrid.app/api/trades", json=request.json, headers=head).json()
""",
        encoding="utf-8",
    )
    (project / ".env").write_text(
        'CYBRID_CLIENT_SECRET="<script>alert(1)</script>kT7vQ2mXz9LpR4sW8yBn"\n', encoding="utf-8"
    )
    (project / "bro<ken>.py").write_bytes(b"import cybrid_api_bank\n\0<script>alert(1)</script>" + b"(" * 5)
    out = tmp_path / "attack.html"
    done = subprocess.run(
        [TOOL, "scan", "--exit-zero", "--output", f"html:{out}", project], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "bank-token-on-customer-endpoint" in out.read_text(encoding="ascii"), "it has something to show"

    page = open_page(out).page
    page.locator("[data-open=findings]").click()
    page.locator("[data-open=controls]").click()
    page.get_by_label("Text", exact=True).fill("<script>")
    page.get_by_role("button", name="Place").click()
    page.wait_for_timeout(200)
    assert page.title().startswith("Security audit of ")
    assert "owned" not in page.title()
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("img, iframe, object, embed, [onerror], [onload]").count() == 0
    assert page.locator(".place", has_text=name).count() > 0
    assert page.locator("mark.line, span.line", has_text="<script>").count() > 0


def test_every_text_of_a_result_may_be_hostile(
    open_page: Open, result: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    from cybrid_audit.facts import Skipped, Step

    finding = make(
        "transaction-without-mfa",
        HOSTILE,
        1,
        message=HOSTILE,
        operation=HOSTILE,
        trace=(Step(HOSTILE, 1, HOSTILE), Step(HOSTILE, 2, HOSTILE)),
        fingerprint=HOSTILE,
    )
    hostile = replace(
        result,
        findings=(finding, *result.findings),
        skipped=(Skipped(HOSTILE, HOSTILE),),
        suppressed=(
            replace(finding, suppression=Suppression(kind=SuppressionKind.INLINE, reason=HOSTILE, owner=HOSTILE)),
        ),
        controls=tuple(replace(control, statement=HOSTILE) for control in result.controls),
    )
    wild = replace(context, subject=f"</style>{HOSTILE}", revision=HOSTILE, lines=lambda path: [HOSTILE] * 9)
    page = open_page(render(hostile, "html", context=wild)).page
    page.locator("[data-open=findings]").click()
    page.wait_for_timeout(100)
    assert "img src=x" in page.title(), "the subject is shown as it is"
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("img").count() == 0
    assert page.locator(".finding-message", has_text=HOSTILE).count() == 2


def test_the_policy_stops_what_would_get_in(browser: Browser, text: str, tmp_path: Path) -> None:
    """Were something to slip through the escaping, the browser would still refuse it."""
    file = tmp_path / "broken.html"
    hole = (
        f'<main id="main" tabindex="-1"><script>{OWN}</script><img src="x" onerror="{OWN}"><p style="color: red">x</p>'
    )
    assert '<main id="main" tabindex="-1">' in text
    file.write_text(text.replace('<main id="main" tabindex="-1">', hole), encoding="ascii")
    context = browser.new_context(offline=True)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_timeout(200)
    assert page.title() == "Security audit of harbour-wallet"
    broken = set(page.evaluate("window.violations"))
    assert {"script-src-elem", "img-src", "style-src-attr"} <= broken
    assert page.evaluate("try { document.body.innerHTML = '<b>x</b>'; 'taken' } catch { 'refused' }") == "refused"
    context.close()


# ---------------------------------------------------------------- the three projects, and a large one


@pytest.mark.parametrize("name", ["fastapi-httpx", "nest-sdk", "next-fetch"])
def test_a_real_project(open_page: Open, tmp_path: Path, name: str) -> None:
    out = tmp_path / f"{name}.html"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000"}
    command = [str(TOOL), "scan", "--exit-zero", "--output", f"html:{out}", str(PROJECTS / name)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    page = open_page(out).page
    assert "violated" in page.locator(".verdict-text").inner_text()
    assert page.locator("details.finding").count() >= 8
    assert page.locator(".map .curves path").count() >= 4
    assert len(rows_shown(page)) >= 6


def test_a_large_result_stays_usable(
    open_page: Open, nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    from time import process_time

    from cybrid_audit.facts import ApiCall, Facts, Location, Ownership, Side, Step, TokenKind, TokenUse

    findings = tuple(
        make(
            ("bank-token-on-customer-endpoint", "transaction-without-mfa")[number % 2],
            f"src/file_{number}.ts",
            number % 40 + 1,
            message=f"It happens for the {number}th time.",
            trace=tuple(Step(f"src/file_{number}.ts", n * 7 + 1, f"step {n}") for n in range(5)),
        )
        for number in range(5_000)
    )
    calls = tuple(
        ApiCall(
            operation=f"GET /api/thing_{n % 90:02}",
            operation_id="x",
            site=Location(f"src/file_{n}.ts", 1),
            side=Side.SERVER,
            tokens=(TokenUse(TokenKind.UNKNOWN, origin="a parameter"),),
            ownership=Ownership.UNKNOWN,
            is_customer_operation=False,
            event=None,
            visits=(),
        )
        for n in range(5_000)
    )
    result = replace(nothing, findings=findings, facts=Facts(calls=calls))
    text = render(
        result, "html", context=replace(context, lines=lambda path: ["await client.get('/api/accounts')"] * 60)
    )
    started = process_time()
    page = open_page(text).page
    page.get_by_label("Text", exact=True).fill("thing_07 file_97")
    said(page, "Showing")
    assert page.locator(".shown").inner_text() == "Showing 1 of 5,000 calls"
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Place").click()
    page.locator("details.finding summary").nth(40).click()
    assert page.locator("details.finding").nth(40).locator(".path").is_visible()
    assert process_time() - started < 60, "seconds, on a busy machine"


def test_on_a_small_screen_each_list_of_scopes_says_what_it_is(open_page: Open, text: str) -> None:
    page = open_page(text, viewport={"width": 390, "height": 800}).page
    cells = page.locator(".tokens tbody tr").first.locator("td")
    shown = cells.evaluate_all("all => all.map(each => getComputedStyle(each, '::before').content)")
    assert shown == ['"asked for"', '"needed"', '"difference"']
