"""Reports: a finished result in, text out. One file a format, imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never, cast

from cybrid_audit.reports.context import RenderContext, RuleText

if TYPE_CHECKING:
    from typing import Literal

    from cybrid_audit.result import AuditResult

    ReportFormat = Literal["text", "json", "sarif"]
    InventoryFormat = Literal["text", "json"]

__all__ = ["FORMATS", "INVENTORY_FORMATS", "RenderContext", "RuleText", "render", "render_inventory"]

FORMATS: Final[tuple[str, ...]] = ("text", "json", "sarif")
"""What `render` can write."""

INVENTORY_FORMATS: Final[tuple[str, ...]] = ("text", "json")
"""What `render_inventory` can write."""


def render(
    result: AuditResult,
    format: str,  # noqa: A002 - its name for callers
    *,
    color: bool = False,
    width: int = 100,
    context: RenderContext | None = None,
) -> str:
    """Return the report on `result`, ending in a newline; equal arguments give equal text.

    `color` and `width` (terminal columns) only matter to `text`. No secret is in it: see `reports.redaction`.

    Raises:
        ValueError: `format` is not in `FORMATS`.
    """
    from cybrid_audit.reports.redaction import redacted

    _check(format, FORMATS)
    context = context or RenderContext()
    shown = redacted(result)
    match cast("ReportFormat", format):
        case "text":
            from cybrid_audit.reports.text import render_text

            return render_text(shown, context, color=color, width=width)
        case "json":
            from cybrid_audit.reports.json_report import render_json

            return render_json(shown, context)
        case "sarif":
            from cybrid_audit.reports.sarif import render_sarif

            return render_sarif(shown, context)
        case unknown:
            assert_never(unknown)


def render_inventory(
    result: AuditResult,
    format: str = "text",  # noqa: A002
    *,
    color: bool = False,
    width: int = 100,
    context: RenderContext | None = None,
) -> str:
    """Return the platform calls of `result`, each with token, scopes, guard and side, ending in a newline.

    Raises:
        ValueError: `format` is not in `INVENTORY_FORMATS`.
    """
    from cybrid_audit.reports import inventory
    from cybrid_audit.reports.redaction import redacted

    _check(format, INVENTORY_FORMATS)
    context = context or RenderContext()
    shown = redacted(result)
    match cast("InventoryFormat", format):
        case "text":
            return inventory.render_table(shown, context, color=color, width=width)
        case "json":
            return inventory.render_json(shown, context)
        case unknown:
            assert_never(unknown)


def _check(asked: str, known: tuple[str, ...]) -> None:
    if asked not in known:
        raise ValueError(f"unknown report format {asked!r}: use one of {', '.join(known)}")
