"""Reports: a finished result in, text out. One file a format, imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.reports.context import ControlText, FixText, Needed, RenderContext, Replacement, RuleText

if TYPE_CHECKING:
    from collections.abc import Callable

    from cybrid_audit.result import AuditResult

__all__ = [
    "FORMATS",
    "INVENTORY_FORMATS",
    "ControlText",
    "FixText",
    "Needed",
    "RenderContext",
    "Replacement",
    "RuleText",
    "render",
    "render_audit",
    "render_inventory",
]

_RENDERERS: Final = {
    "json": ("json_report", "render_json"),
    "sarif": ("sarif", "render_sarif"),
    "markdown": ("markdown", "render_markdown"),
    "junit": ("junit", "render_junit"),
    "gitlab-codequality": ("gitlab_codequality", "render_codequality"),
    "gitlab-sast": ("gitlab_sast", "render_sast"),
    "github": ("github", "render_github"),
    "csv": ("csv_report", "render_csv"),
    "oscal": ("oscal", "render_oscal"),
    "sonar": ("sonar", "render_sonar"),
    "html": ("html", "render_html"),
}
"""Module and function of each format that needs neither colour nor width."""

FORMATS: Final[tuple[str, ...]] = ("text", *_RENDERERS)
"""What `render` can write."""

INVENTORY_FORMATS: Final[tuple[str, ...]] = ("text", "json", "csv")
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
    if format == "text":
        from cybrid_audit.reports.text import render_text

        return render_text(shown, context, color=color, width=width)
    from importlib import import_module

    module, function = _RENDERERS[format]
    draw: Callable[[AuditResult, RenderContext], str] = getattr(import_module(f"{__name__}.{module}"), function)
    return draw(shown, context)


def render_audit(
    result: AuditResult, *, color: bool = False, width: int = 100, context: RenderContext | None = None
) -> str:
    """Return every control of `result` as text: status, evidence, correspondences; ending in a newline.

    The titles and correspondences are those of `context.controls`."""
    from cybrid_audit.reports.controls import render_controls
    from cybrid_audit.reports.redaction import redacted

    return render_controls(redacted(result), context or RenderContext(), color=color, width=width)


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
    if format == "text":
        return inventory.render_table(shown, context, color=color, width=width)
    if format == "csv":
        from cybrid_audit.reports.csv_report import render_inventory_csv

        return render_inventory_csv(shown, context)
    return inventory.render_json(shown, context)


def _check(asked: str, known: tuple[str, ...]) -> None:
    if asked not in known:
        raise ValueError(f"unknown report format {asked!r}: use one of {', '.join(known)}")
