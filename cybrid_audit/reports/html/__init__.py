"""The report for people: one HTML file that opens offline, asks for nothing, and prints to a clean PDF.

The page is a template that escapes everything; the style and the script stand in it whole, allowed by their hashes. The
output is ASCII (other characters are references), so that no encoding on its way can spoil it or its hashes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.html._page import Page, page_of
from cybrid_audit.result import AuditResult

if TYPE_CHECKING:
    from jinja2 import Environment

_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._:/-]")
MAX_MARGIN_TEXT: Final = 60
"""Characters of the subject's name in the margin of a printed page."""


def render_html(result: AuditResult, context: RenderContext) -> str:
    """Return the report on `result` (cleared of secrets) as one HTML document in ASCII."""
    from markupsafe import Markup

    page = page_of(result, context)
    styles = (_data("report.css"), print_margins(page))
    script = _data("report.js")
    text = (
        _environment()
        .get_template("report.html.j2")
        .render(
            page=page,
            policy=_policy(styles, script),
            # Ours, and free of what would end their elements; a test holds both.
            styles=tuple(Markup(style) for style in styles),  # noqa: S704
            script=Markup(script),  # noqa: S704
        )
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii") + "\n"


def print_margins(page: Page) -> str:
    """Return the style of the margins of printed pages: what was audited, at which revision and when, and page numbers."""
    title = f"Security audit of {harmless(page.subject)[:MAX_MARGIN_TEXT]}"
    revision = f"Revision {page.revision[:12]}" if page.revision else "No revision"
    time = page.time or "no date"
    tool = f"{page.tool} {page.version}"
    return (
        "@page{"
        f"@top-left{{content:{css_string(title)}}}"
        f"@top-right{{content:{css_string(f'{revision}, {time}')}}}"
        f"@bottom-left{{content:{css_string(tool)}}}"
        '@bottom-right{content:"Page " counter(page) " of " counter(pages)}'
        "}"
    )


def css_string(text: str) -> str:
    r"""Return `text` as a string of CSS in which nothing but letters, digits and a few signs stands as it is, e.g. `"\3c b"`."""
    return '"' + _PLAIN.sub(lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def _policy(styles: tuple[str, ...], script: str) -> str:
    """Return the content security policy: nothing is loaded, and only this style and script count."""
    hashes = " ".join(map(_hash, styles))
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {hashes}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _data(name: str) -> str:
    # Read as bytes and not as text: a hash counts line ends, and text would get those of the machine.
    return resources.files(__name__).joinpath(name).read_bytes().decode("ascii").replace("\r\n", "\n")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup, escape

    def finalized(value: Any) -> Any:
        """Spell out what is invisible or acts on its own. Escaping comes after it."""
        return value if isinstance(value, Markup) else harmless(str(value))

    def breakable(text: Any) -> Markup:
        """Let a path break after its slashes, where the eye expects it."""
        return Markup(escape(harmless(str(text))).replace("/", Markup("/<wbr>")))  # noqa: S704 - escaped before

    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_data),
        undefined=StrictUndefined,
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    return environment
