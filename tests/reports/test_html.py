"""The HTML report as a document: what is in it, and what must not be."""

from __future__ import annotations

from cybrid_audit.reports import RenderContext, render
from cybrid_audit.result import AuditResult


def test_it_is_one_ascii_document(result: AuditResult, context: RenderContext) -> None:
    page = render(result, "html", context=context)
    assert page.isascii()
    assert page.startswith("<!DOCTYPE html>\n")
    assert page.endswith("</html>\n")
