"""What is known of one line, for `cybrid-audit why`: as text for people, as JSON for editors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.redaction import Redactor

if TYPE_CHECKING:
    from cybrid_audit.inspection import Section
    from cybrid_audit.result import AuditResult


def render_why(
    result: AuditResult,
    place: tuple[str, int],
    sections: Sequence[Section],
    context: RenderContext,
    *,
    color: bool,
    width: int,
) -> str:
    """Return the sections on `place` (path and line) as text. `result` must be cleared of secrets."""
    from rich.text import Text

    from cybrid_audit.reports.text import MIN_WIDTH, Page

    mask = Redactor.of(result)
    page = Page(context, mask, max(MIN_WIDTH, width), color)
    path, line = place
    page.line((f"{harmless(path)}:{line}", "bold blue"))
    code = page.code(path, line, "", page.width - 4)
    if code:
        page.line("    ", (code, "dim"))
    for section in sections:
        page.line()
        page.line((harmless(section.title), "bold"))
        for each in section.lines:
            at = f"   {harmless(each.path)}:{each.line}" if each.path else ""
            mark = f" {each.mark}" if each.mark else ""
            body = Text.assemble(harmless(mask.text(each.text)), mark, (at, "blue"))
            page.prose("  " + "    " * each.depth, body)
    return page.finish()


def why_json(result: AuditResult, place: tuple[str, int], sections: Sequence[Section]) -> str:
    """Return the sections on `place` as JSON, ending in a newline."""
    mask = Redactor.of(result)
    document = {
        "path": place[0],
        "line": place[1],
        "sections": [
            {
                "title": section.title,
                "lines": [
                    {
                        "depth": each.depth,
                        "text": mask.text(each.text),
                        **({"path": each.path, "line": each.line} if each.path else {}),
                        **({"mark": each.mark} if each.mark else {}),
                    }
                    for each in section.lines
                ],
            }
            for section in sections
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
