"""What library calls mean to the engine: rows of `rules/models/*.yaml`, found by access path.

An access path is how code gets at a thing: `requests.get`, `pyotp.TOTP().verify`, `axios.create().post`; `()` is the result of
a call or construction. A row says which handler of `cybrid_audit/models` explains it, and with which settings:

    - {at: [requests.get, requests.api.get], does: http.request, with: {method: GET}}

`*` stands for one segment, `*()` for one that is called; a leading `~.` for any start (for receivers whose type nobody can tell, so only for names that are
telling by themselves). `use` is `call` (the default), `read`, `type` (a parameter annotated with it), `decorator`, `base`
(an instance of a class derived from it), or `subclass` (such a class as it is defined). `lang` limits a row to one family of
languages: `python`, `javascript` (TypeScript too) or `jvm` (Kotlin and Java)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cybrid_audit.knowledge.errors import KnowledgeError

USES: Final = ("call", "read", "type", "decorator", "base", "subclass")
FAMILIES: Final = ("python", "javascript", "jvm", "swift", "dart")
LANGUAGES: Final = (*FAMILIES, "any")
_KEYS: Final = frozenset({"at", "does", "with", "use", "lang", "note"})

Row = tuple[str, Mapping[str, Any]]
"""Handler name and settings."""


def compile_models(documents: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows of all model files, by language and use: exact paths, and paths with wildcards.

    Raises:
        KnowledgeError: an unknown key, a row without handler, a path given twice."""
    table: dict[str, Any] = {lang: {use: {"exact": {}, "wild": []} for use in USES} for lang in FAMILIES}
    for file, document in sorted(documents.items()):
        if not isinstance(document, dict) or set(document) - {"schema", "source", "models"} or "models" not in document:
            raise KnowledgeError(file, "", "holds `schema` and `models`")
        for index, row in enumerate(document["models"] or ()):
            _add(table, row, file, f"models[{index}]")
    return table


def _add(table: dict[str, Any], row: Any, file: str, key: str) -> None:
    if not isinstance(row, dict):
        raise KnowledgeError(file, key, "is no mapping")
    for name in row:
        if name not in _KEYS:
            raise KnowledgeError(file, f"{key}.{name}", "unknown key")
    does, use, lang = row.get("does"), row.get("use", "call"), row.get("lang", "any")
    settings = row.get("with") or {}
    paths = row.get("at")
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(does, str) or does.count(".") != 1:
        raise KnowledgeError(file, f"{key}.does", "names a handler as `module.function`")
    if use not in USES:
        raise KnowledgeError(file, f"{key}.use", f"is one of {', '.join(USES)}")
    if lang not in LANGUAGES:
        raise KnowledgeError(file, f"{key}.lang", f"is one of {', '.join(LANGUAGES)}")
    if not isinstance(settings, dict):
        raise KnowledgeError(file, f"{key}.with", "is a mapping")
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) and path for path in paths):
        raise KnowledgeError(file, f"{key}.at", "lists access paths")
    for language in FAMILIES if lang == "any" else (lang,):
        section = table[language][use]
        for path in paths:
            if path.startswith("~.") or "*" in path:
                section["wild"].append([path, does, settings])
            elif path in section["exact"]:
                raise KnowledgeError(
                    file, f"{key}.at", f"{path} is explained twice, before as {section['exact'][path][0]}"
                )
            else:
                section["exact"][path] = [does, settings]


class LibraryModels:
    """Rows found by access path, for one language."""

    __slots__ = ("_classes", "_exact", "_heads", "_seen", "_tails", "_wild")

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._exact = {use: section["exact"] for use, section in stored.items()}
        self._wild: dict[str, dict[str, list[tuple[list[str], Row]]]] = {}
        self._tails: dict[str, dict[str, list[tuple[list[str], Row]]]] = {}
        self._seen: dict[tuple[str, str], Row | None] = {}
        self._classes: frozenset[str] | None = None
        self._heads: frozenset[str] | None = None
        for use, section in stored.items():
            wild: dict[str, list[tuple[list[str], Row]]] = {}
            tails: dict[str, list[tuple[list[str], Row]]] = {}
            for path, does, settings in section["wild"]:
                segments = path.split(".")
                target = tails if segments[0] == "~" else wild
                if segments[0] == "~":
                    segments = segments[1:]
                target.setdefault(segments[-1], []).append((segments, (does, settings)))
            self._wild[use], self._tails[use] = wild, tails

    def find(self, use: str, path: str) -> Row | None:
        """Return the row for a path: an exact one, else one with wildcards, else one for any start."""
        exact = self._exact[use].get(path)
        if exact is not None:
            return exact[0], exact[1]
        key = (use, path)
        if key in self._seen:
            return self._seen[key]
        found = self._search(use, path.split("."))
        self._seen[key] = found
        return found

    def has_instances(self, path: str) -> bool:
        """Whether rows explain what instances of this class do (`pkg.Client().send`)."""
        if self._classes is None:
            whole = [*self._exact["call"], *(".".join(row[0]) for rows in self._wild["call"].values() for row in rows)]
            self._classes = frozenset(name.split("()", 1)[0] for name in whole if "()." in name)
        return path in self._classes

    def leads(self, path: str) -> bool:
        """Whether a row explains something of a library under this path, whatever the use."""
        if self._heads is None:
            heads: set[str] = set()
            for use in USES:
                wild = (".".join(row[0]) for rows in self._wild[use].values() for row in rows)
                for name in (*self._exact[use], *wild):
                    parts = name.replace("()", "").split(".")
                    heads.update(".".join(parts[:size]) for size in range(1, len(parts) + 1))
            self._heads = frozenset(heads)
        return path in self._heads

    def find_tail(self, use: str, path: str) -> Row | None:
        """Return the row for any start that fits the end of a path, for receivers of unknown type."""
        return _match(self._tails[use], path.split("."), anchored=False)

    def _search(self, use: str, segments: list[str]) -> Row | None:
        found = _match(self._wild[use], segments, anchored=True)
        return found if found is not None else _match(self._tails[use], segments, anchored=False)


def _match(table: Mapping[str, list[tuple[list[str], Row]]], segments: Sequence[str], *, anchored: bool) -> Row | None:
    best: tuple[int, Row] | None = None
    for last in (segments[-1], "*"):
        for pattern, row in table.get(last, ()):
            if len(pattern) > len(segments) or (anchored and len(pattern) != len(segments)):
                continue
            tail = segments[len(segments) - len(pattern) :]
            if all(
                want in ("*", given) or (want == "*()" and given.endswith("()"))
                for want, given in zip(pattern, tail, strict=True)
            ):
                score = 2 * len(pattern) - pattern.count("*") - pattern.count("*()")
                if best is None or score > best[0]:
                    best = (score, row)
    return best[1] if best is not None else None
