"""Writes the generated parts of the documentation, or checks that they are current.

    python docs/generate.py --write     write them anew
    python docs/generate.py --check     exit with 1 and name each part that is out of date

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->` in a Markdown file. The pages of the rules and the schema of
the configuration are generated as a whole."""

from __future__ import annotations

import argparse
import ast
import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
FILES: Final = (
    "README.md",
    "docs/usage.md",
    "docs/limits.md",
    "docs/rules/README.md",
    "docs/configuration.md",
    "docs/controls.md",
    "docs/secrets.md",
)
PART: Final = re.compile(r"(<!-- generated: (?P<name>[\w-]+)(?: (?P<argument>\S+))? -->\n).*?(<!-- end -->)", re.DOTALL)
EXAMPLE: Final = "examples/token-shop"
SHOWN_RULE: Final = "bank-token-on-customer-endpoint"


def command_help(command: str) -> str:
    """Return the help of one command, as a terminal of 100 columns shows it."""
    import click

    from cybrid_audit.cli._app import app

    parent = click.Context(app, info_name="cybrid-audit", terminal_width=100)
    found = app.get_command(parent, command)
    assert found is not None, f"no command {command}"
    with click.Context(found, info_name=command, parent=parent, terminal_width=100) as context:
        return f"```text\n{found.get_help(context)}\n```\n"


def exit_codes(_: str) -> str:
    """Return the table of exit codes."""
    from cybrid_audit.cli.scan import EXIT_CODES

    rows = [f"| {code} | {text} |" for code, text in EXIT_CODES.items()]
    return "\n".join(["| exit code | meaning |", "|---|---|", *rows]) + "\n"


def limits(_: str) -> str:
    """Return every bound of the tool with its value and what is lost when it is reached."""
    from cybrid_audit import limits as module

    body = ast.parse((ROOT / "cybrid_audit" / "limits.py").read_text()).body
    rows = []
    for statement, following in itertools.pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            assert isinstance(following, ast.Expr), f"{name} has no text"
            assert isinstance(following.value, ast.Constant), f"{name} has no text"
            text = " ".join(str(following.value.value).split())
            value = getattr(module, name)
            shown = f"{value:,}" if isinstance(value, int) else str(value)
            rows.append(f"| `{name}` | {shown} | {text} |")
    return "\n".join(["| bound | value | what it counts, and what is lost |", "|---|---|---|", *rows]) + "\n"


def rules(_: str) -> str:
    """Return the rules by control."""
    from cybrid_audit.cli._context import rules_by_control
    from cybrid_audit.knowledge import load

    knowledge = load()
    by_control = rules_by_control(knowledge.rules)
    lines: list[str] = []
    for control in knowledge.controls.controls:
        audited = by_control.get(control.id, [])
        lines += [f"### {control.id}: {control.title} ({control.level.value})", "", control.statement, ""]
        if audited:
            lines += ["| rule | what it finds | severity |", "|---|---|---|"]
            lines += [f"| [`{rule.id}`]({rule.id}.md) | {rule.summary} | {rule.severity.value} |" for rule in audited]
        else:
            lines.append("No rule yet.")
        lines.append("")
    return "\n".join(lines)


def secret_formats(_: str) -> str:
    """Return the formats and the ways of writing a secret in them, from the table that the tests run over."""
    import yaml

    table = yaml.safe_load((ROOT / "tests" / "secrets" / "formats.yaml").read_text())
    ways, reasons = table["encodings"], table["reasons"]
    titles = [each["title"].replace("|", "\\|") for each in ways]
    lines = [f"| format | {' | '.join(titles)} |", f"|---{'|:-:' * len(ways)}|"]
    for group in table["groups"]:
        lines.append(f"| **{group['title']}** |{' |' * len(ways)}")
        for row in group["formats"]:
            cells = (row.get(way["id"]) for way in ways)
            lines.append(f"| {row['id']} | {' | '.join(each if each in reasons else '✓' for each in cells)} |")
    notes = [f"- **{letter}**: {text}." for letter, text in reasons.items()]
    return "\n".join([*lines, "", "✓: found, once, at its line. A letter: not meant, since", "", *notes]) + "\n"


def sample(_: str) -> str:
    """Return the text report on the bundled example: one finding, the ten controls, the last lines."""
    import contextlib
    import io
    import os

    from cybrid_audit.cli import main

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    for name in ("FORCE_COLOR", "COLUMNS"):
        os.environ.pop(name, None)
    with contextlib.redirect_stdout(out):
        main(["scan", str(ROOT / EXAMPLE)])
    out.flush()
    blocks = out.buffer.getvalue().decode().replace(f"{ROOT}/", "").rstrip().split("\n\n")
    shown = [
        next(block for block in blocks if block.startswith(f"error[{SHOWN_RULE}]")),
        next(block for block in blocks if block.startswith("Controls")),
        blocks[-1],
    ]
    text = "\n\n…\n\n".join(shown)
    return f"```text\n$ cybrid-audit scan {EXAMPLE}\n{text}\n```\n"


def config_keys(_: str) -> str:
    """Return the keys of the configuration, from its schema."""
    from cybrid_audit.project.config_schema import schema

    rows = []

    def add(prefix: str, properties: dict[str, Any]) -> None:
        for name, part in properties.items():
            inside = part.get("items", part)
            listed = "[]" if "items" in part else ""
            words = inside.get("enum", [])
            few = f" One of {', '.join(f'`{each}`' for each in words)}." if 0 < len(words) <= 12 else ""
            text = str(inside["description"]).replace("|", "\\|")
            text = text if name != "does" else "Which of the effects below."
            rows.append(f"| `{prefix}{name}{listed}` | {text}{few if name != 'does' else ''} |")
            add(f"{prefix}{name}{listed}.", inside.get("properties", {}))

    add("", schema()["properties"])
    return "\n".join(["| key | what it says |", "|---|---|", *rows]) + "\n"


def config_effects(_: str) -> str:
    """Return what `does` may say, with the settings of each."""
    from cybrid_audit.project.own_models import EFFECTS

    rows = []
    for name, effect in EFFECTS.items():
        settings = "; ".join(
            f"`{key}`" + (f" ({', '.join(words)})" if words else "") for key, words in effect.settings.items()
        )
        rows.append(f"| `{name}` | {effect.text} | {settings} |")
    return "\n".join(["| `does` | meaning | `with` |", "|---|---|---|", *rows]) + "\n"


def controls(_: str) -> str:
    """Return every control: what it asks for, what code tells of it, its rules and what it corresponds to."""
    from cybrid_audit.cli._context import rules_by_control
    from cybrid_audit.knowledge import load

    known = load().controls
    by_control = rules_by_control(load().rules)
    lines = ["| catalogue | |", "|---|---|", *(f"| `{key}` | {name} |" for key, name in known.frameworks.items()), ""]
    for control in known.controls:
        standing = control.level.value + (f"; {control.documented}" if control.documented else "")
        lines += [f"## {control.id}: {control.title}", "", f"*{control.section}, {standing}.* {control.statement}", ""]
        rules = [f"`{rule.id}`" for rule in by_control.get(control.id, ())]
        lines += [f"Rules: {', '.join(rules) if rules else 'none'}.", ""]
        lines += [control.open, ""] if control.open else []
        evidence = control.evidence
        for title, texts in (
            ("Proves it", evidence.proves),
            ("Breaks it", evidence.violates),
            ("Only hints at it", evidence.supports),
            ("Code cannot show", evidence.cannot_see),
        ):
            lines += [f"{title}:", "", *(f"- {text}" for text in texts), ""] if texts else []
        if control.mappings:
            lines += ["| corresponds to | |", "|---|---|"]
            for key, mapped in control.mappings.items():
                ids = ", ".join([*mapped.sure, *(f"({each})" for each in mapped.unsure)])
                lines.append(f"| `{key}` | {ids} |")
            lines.append("")
        lines += [*(f"- <{source}>" if "://" in source else f"- {source}" for source in control.sources), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


PARTS: Final[dict[str, Callable[[str], str]]] = {
    "help": command_help,
    "exit-codes": exit_codes,
    "limits": limits,
    "rules": rules,
    "secret-formats": secret_formats,
    "sample": sample,
    "controls": controls,
    "config-keys": config_keys,
    "config-effects": config_effects,
}


def current(text: str) -> str:
    """Return a file's text with every generated part as it should be."""

    def fill(match: re.Match[str]) -> str:
        return f"{match[1]}{PARTS[match['name']](match['argument'] or '')}{match[4]}"

    return PART.sub(fill, text)


def outdated(*, write: bool) -> list[str]:
    """Return the files whose generated parts are out of date, after writing them when `write`."""
    found = []
    for name in FILES:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        fresh = current(text)
        if fresh != text:
            found.append(name)
            if write:
                path.write_text(fresh, encoding="utf-8")
    return found


def whole_files() -> dict[str, str]:
    """Return the files that are generated as a whole, with their text."""
    import json

    from cybrid_audit.cli.explain import text_of
    from cybrid_audit.knowledge import load
    from cybrid_audit.project.config_schema import schema

    pages = {f"{PAGES}/{name}.md": text_of(name, load().rules, {}) for name in load().rules}
    return {**pages, "schemas/config.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"}


PAGES: Final = "docs/rules"
"""The pages of the rules, each what `cybrid-audit explain RULE` shows."""


def outdated_files(*, write: bool) -> list[str]:
    """Return the files generated as a whole that are out of date or about nothing that exists, after setting them right when `write`."""
    fresh = whole_files()
    found = []
    for name, text in fresh.items():
        path = ROOT / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(name)
            if write:
                path.write_text(text, encoding="utf-8")
    for path in sorted((ROOT / PAGES).glob("*.md")):
        name = path.relative_to(ROOT).as_posix()
        if name not in fresh and name not in FILES:
            found.append(name)
            if write:
                path.unlink()
    return found


def main() -> int:
    """Write or check, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write the generated parts anew")
    choice.add_argument("--check", action="store_true", help="only name the files that are out of date")
    write = parser.parse_args().write
    found = [*outdated(write=write), *outdated_files(write=write)]
    for name in found:
        print(f"{'wrote' if write else 'out of date'}: {name}")
    if found and not write:
        print("'make docs' writes them anew")
    return int(bool(found) and not write)


if __name__ == "__main__":
    sys.exit(main())
