"""How many findings keep their names when code is moved, renamed and reformatted: at least 98 of 100."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cybrid_audit.audit import audit

ROOT: Final = Path(__file__).parents[2]
PROJECTS: Final = (
    *sorted(path for path in (ROOT / "tests" / "fixtures" / "projects").iterdir() if path.is_dir()),
    ROOT / "examples" / "token-shop",
)
WANTED: Final = 0.98
PYTHON, SCRIPT = (".py",), (".ts", ".tsx", ".js", ".jsx")
MARKER: Final = re.compile(
    r"[ \t]*(?:#|//|/\*|\{/\*)[ \t]*(?:expect|call|control|judge)(?:-next|-miss)?:.*$", re.MULTILINE
)


def names(folder: Path) -> set[str]:
    return {each.fingerprint for each in audit(str(folder)).findings}


def sources(folder: Path, suffixes: tuple[str, ...] = (*PYTHON, *SCRIPT)) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())


# ---------------------------------------------------------------- changes that leave the meaning


def comments_above(folder: Path) -> None:
    """A licence at the top of each file, which moves every line."""
    for path in sources(folder):
        sign = "#" if path.suffix == ".py" else "//"
        text = path.read_text()
        head = [line for line in text.split("\n")[:1] if line.startswith(("#!", '"use', "'use"))]
        rest = text.split("\n")[len(head) :]
        path.write_text("\n".join([*head, f"{sign} Copyright", f"{sign} All rights reserved", "", *rest]))


def deeper(folder: Path) -> None:
    """The whole project becomes a package of a larger repository."""
    inside = folder / "packages" / "shop"
    held = list(folder.iterdir())
    inside.mkdir(parents=True)
    for path in held:
        shutil.move(path, inside / path.name)


def renamed(folder: Path) -> None:
    """Every module that is imported by its own name gets another one."""
    files = sources(folder)
    stems = {path.stem for path in files} - {
        "__init__",
        "index",
        "main",
        "page",
        "route",
        "layout",
        "middleware",
        "server",
    }
    others = {path.name for path in folder.rglob("*")}
    chosen = {
        stem
        for stem in stems
        if stem not in others and re.fullmatch(r"[a-z][\w.-]{2,}", stem) and not stem.endswith((".config", ".d"))
    }
    for path in files:
        text = path.read_text()
        for stem in chosen:
            word = re.escape(stem)
            if path.suffix == ".py":
                text = re.sub(rf"(?m)^(\s*from [\w.]*?)\b{word}(?= import)", rf"\g<1>{stem}_renamed", text)
                text = re.sub(
                    rf"(?m)^(\s*from \.+ import .*?)\b{word}\b(?! as)", rf"\g<1>{stem}_renamed as {stem}", text
                )
            else:
                text = re.sub(rf"(from ['\"][@./][\w@./-]*?/){word}(?=(?:\.js)?['\"])", rf"\g<1>{stem}-renamed", text)
        path.write_text(text)
    for path in files:
        if path.stem in chosen:
            path.rename(path.with_name(path.stem + ("_renamed" if path.suffix == ".py" else "-renamed") + path.suffix))


def reordered(folder: Path) -> None:
    """Plain functions of Python modules change places."""
    for path in sources(folder, PYTHON):
        text = path.read_text()
        if "Depends(" in text:
            # What a signature names has to be there before it.
            continue
        lines = text.split("\n")
        found = [
            node
            for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list
        ]
        blocks = ["\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in found]
        for node, block in reversed(list(zip(found, reversed(blocks), strict=True))):
            lines[node.lineno - 1 : node.end_lineno] = block.split("\n")
        path.write_text("\n".join(lines))


def ruff(width: int, quotes: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        options = ("--isolated", "--line-length", str(width), "--config", f"format.quote-style='{quotes}'")
        command = [sys.executable, "-m", "ruff", "format", "--no-cache", "-q", *options, str(folder)]
        subprocess.run(command, check=True)

    return change


def indented(folder: Path) -> None:
    """Tabs in place of spaces, quotes of the other kind, no semicolons: what a team's style decides."""
    for path in sources(folder, SCRIPT):
        lines = []
        for line in path.read_text().split("\n"):
            depth = (len(line) - len(line.lstrip(" "))) // 2
            body = line.lstrip(" ")
            if "'" in body and '"' not in body and "`" not in body:
                body = body.replace("'", '"')
            lines.append("\t" * depth + body)
        text = "\n".join(lines)
        path.write_text(re.sub(r";(?=\n)", "", text) if "for (" not in text else text)


def narrow(folder: Path) -> None:
    """Each argument and each property on a line of its own, with a comma behind the last, as Prettier does when room is short."""
    for path in sources(folder, SCRIPT):
        path.write_bytes(spread(path.read_bytes(), path.suffix))


def wide(folder: Path) -> None:
    """Arguments and properties on one line, without a comma behind the last."""
    for path in sources(folder, SCRIPT):
        path.write_bytes(joined(path.read_bytes(), path.suffix))


LISTS: Final = ("arguments", "object", "array")


def lists(data: bytes, suffix: str) -> list[Any]:
    """Return the lists of arguments, properties and items that hold no comment and no function, the last first."""
    from cybrid_audit.languages import SUFFIXES
    from cybrid_audit.policy.comments import _parser

    parser = _parser(SUFFIXES[suffix])
    assert parser is not None
    found, pending = [], [parser.parse(data).root_node]
    while pending:
        node = pending.pop()
        pending += node.children
        if node.type in LISTS and node.named_children and not re.search(rb"//|/\*|=>|function|`|<", node.text or b""):
            found.append(node)
    return sorted(found, key=lambda node: node.start_byte, reverse=True)


def spread(data: bytes, suffix: str) -> bytes:
    edits = []
    for node in lists(data, suffix):
        edits.append((node.start_byte + 1, b"\n      "))
        edits += [(child.end_byte, b"\n      ") for child in node.children if child.type == ","]
        closes = node.children[-1]
        has_comma = node.children[-2].type == ","
        edits.append((closes.start_byte, b"\n    " if has_comma else b",\n    "))
    for at, text in sorted(edits, reverse=True):
        data = data[:at] + text + data[at:]
    return data


def joined(data: bytes, suffix: str) -> bytes:
    start = len(data)
    for node in sorted(lists(data, suffix), key=lambda each: (each.end_byte, -each.start_byte), reverse=True):
        if node.end_byte > start:
            continue
        # What is inside it goes with it.
        start = node.start_byte
        inner = re.sub(rb",\s*([)\]}])", rb"\1", b" ".join((node.text or b"").split()))
        data = data[: node.start_byte] + inner + data[node.end_byte :]
    return data


CHANGES: Final[dict[str, Callable[[Path], None]]] = {
    "comments above": comments_above,
    "deeper": deeper,
    "renamed": renamed,
    "reordered": reordered,
    "ruff, narrow": ruff(60, "single"),
    "ruff, wide": ruff(160, "double"),
    "indented": indented,
    "narrow": narrow,
    "wide": wide,
}


def survival(project: Path, folder: Path) -> dict[str, tuple[int, int]]:
    """Return, by change, how many findings there were, and how many of them are found under the same name afterwards."""
    plain = folder / project.name
    shutil.copytree(project, plain)
    for path in sources(plain):
        path.write_text(MARKER.sub("", path.read_text()))
    before = names(plain)
    result = {}
    for name, change in CHANGES.items():
        changed = folder / name / project.name
        shutil.copytree(plain, changed)
        change(changed)
        result[name] = (len(before), len(before & names(changed)))
    return result


def test_findings_keep_their_names(tmp_path: Path) -> None:
    every: dict[str, list[int]] = {name: [0, 0] for name in CHANGES}
    for project in PROJECTS:
        for name, (there, kept) in survival(project, tmp_path / project.name).items():
            every[name][0] += there
            every[name][1] += kept
    told = ", ".join(f"{name}: {kept} of {there}" for name, (there, kept) in every.items())
    there, kept = (sum(counts) for counts in zip(*every.values(), strict=True))
    assert there >= 200
    assert kept >= WANTED * there, told
