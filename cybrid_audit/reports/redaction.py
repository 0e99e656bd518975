"""No report shows a secret: what looks like one is cut to its first characters and its length.

Judges and the engine hold secrets masked already. This is the last gate: it goes over all text that quotes the audited
code (snippets) or may (messages, notes, names). It rather masks too much than too little, since what it spoils is a
display only; places and rule ids are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from typing import Any, Final

from cybrid_audit.facts import Facts, Location, Masked
from cybrid_audit.records import dataclass
from cybrid_audit.result import AuditResult, ControlReport, Finding, Suppression

SHOWN: Final = 4
"""Characters shown of a secret, and never more than a quarter of it."""

STRICT_RULES: Final = frozenset(
    {
        "hardcoded-client-secret",
        "hardcoded-client-id",
        "hardcoded-access-token",
        "credential-in-client-code",
        "credential-in-history",
        "plaintext-credential-file",
        "unencrypted-secret-resource",
        "credential-broadly-readable",
        "pattern-match",
    }
)
"""Rules whose place may hold a secret in clear: there, every literal that is not plainly a name is masked."""

AROUND: Final = 2
"""Lines beside a credential that are masked like its own, where it is not known to lie in one."""
PARTS: Final = 12
"""Lines behind the first part of a credential that is put together from parts, in which the others may be."""
MAX_CREDENTIAL_LINES: Final = 100
"""Lines from the first of a credential that are masked the strict way. What looks random is masked in every line."""

_CODE_SUFFIXES: Final = (
    *(".py", ".pyi", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".php", ".cs"),
    *(".java", ".kt", ".kts", ".go", ".rb", ".swift", ".rs", ".dart", ".scala"),
)
"""Here an unquoted word is a name. Elsewhere (`.env`, YAML, properties, XML) it can be the value itself."""

_LITERAL: Final = re.compile(
    r"""
      "(?:\\.|[^"\\])*(?:"|$)
    | '(?:\\.|[^'\\])*(?:'|$)
    | `(?:\\.|[^`\\])*(?:`|$)
    """,
    re.VERBOSE,
)
"""A quoted text; one that goes on in the next line ends with this one."""
_KEY: Final = re.compile(
    r"(?i)(?:secret|passw|passphrase|token|api[_-]?key|client[_-]?id|authorization|credential|private[_-]?key)"
    r"[\w.\-]*[\"'`\])}]*\s*(?:[:=]>?|,|\|\||\?\?|\bor\b)+\s*$"
)
"""What stands before a literal that is a credential: a telling key or variable and `:`, `=`, `=>`, a comma or a default."""
_KEY_REACH: Final = 80
"""Characters before a literal in which its key is looked for."""
_UNQUOTED: Final = re.compile(
    r"(?i)(?P<key>(?:secret|passw|passphrase|token|api[_-]?key|client[_-]?id|credential)[\w.\-]*+\s*+[:=]\s*+)"
    r"(?P<value>[^\s\"'`,;#<>{}()\[\]$]{6,})"
)
_ELEMENT: Final = re.compile(r">(?P<value>[^<>{}$]{6,})<")
_SCHEME: Final = re.compile(r"(?i)\b(?P<scheme>bearer|basic)(?P<gap>\s+)(?P<value>[A-Za-z0-9._~+/=\-]{8,})")
_USERINFO: Final = re.compile(r"(?P<head>://[^\s/:@\"'`]*:)(?P<value>[^\s/@\"'`${}]+)(?=@)")
_RUN: Final = re.compile(r"[A-Za-z0-9_+/.~%\-]{6,}={0,2}")
"""A word in which a secret may be. `=` only ends one: elsewhere it stands between a key and its value."""
_PIECE: Final = re.compile(r"[/.~%]")
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX: Final = re.compile(r"(?i)(?=.*\d)(?=.*[a-f])[0-9a-f]{24,}")
_ENVIRONMENT_NAME: Final = re.compile(r"[A-Z]{2,}(?:_[A-Z]{2,}){1,}")
_MARKED: Final = re.compile(r"[<\[{$%(].*|https?:.*|\.{0,2}/[\w./{}:$-]*|\w+:\w+(?:[ ,]+\w+:\w+)*")
"""Placeholders, addresses, paths and scopes: what a literal at a credential's place may be besides the credential."""
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_VOCABULARY: Final = frozenset(
    """
    access accounts api app application authorization bank banks base basic bearer body client config content
    credential credentials customer customers cybrid data default env environment error example false form get grant
    header headers host http https id identity info issuer json key log message method name none null oauth of org
    organization parameter password path platform post prod production put region scope scopes secret secrets
    sandbox server service session settings staging string test text token tokens true type uri url urlencoded user
    utf value vault www x
    """.split()  # noqa: SIM905 - a list of words
)
"""Words that names, keys and messages around credentials are made of. A literal of these alone is no credential."""

_DIGESTS: Final = frozenset({"secret_id", "digest", "fingerprint", "added_in", "removed_in", "commit"})
"""Keys of data whose values are digests: they look random and are no secrets."""


def redacted(result: AuditResult) -> AuditResult:
    """Return `result` with every free text cleared of secrets; ids, places and fingerprints stay as they are."""
    mask = Redactor.of(result)
    return replace(
        result,
        findings=tuple(_finding(finding, mask) for finding in result.findings),
        suppressed=tuple(_finding(finding, mask) for finding in result.suppressed),
        controls=tuple(_control(control, mask) for control in result.controls),
        facts=_facts(result.facts, mask),
        skipped=tuple(replace(skipped, reason=mask.text(skipped.reason)) for skipped in result.skipped),
    )


@dataclass(frozen=True, slots=True)
class Redactor:
    """Cuts secrets out of text.

    `known` are first characters and length of the secrets that the audit saw, `places` the lines (path and number) in which
    one or a part of one may stand: these are masked the strict way, whatever they are shown for."""

    known: frozenset[tuple[str, int]] = frozenset()
    places: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def of(cls, result: AuditResult) -> Redactor:
        """Return one that knows every secret `result` speaks of, by what may be known of it."""
        sources = (source for credential in result.facts.credentials for source in credential.sources)
        seen = {(source.masked.prefix, source.masked.length) for source in sources if source.masked is not None}
        for finding in (*result.findings, *result.suppressed):
            seen.update(_seen(finding.data))
        places = frozenset(
            (at.path, line) for at, length in _credential_places(result) for line in _lines_around(at, length)
        )
        return cls(frozenset((prefix, length) for prefix, length in seen if prefix), places)

    def text(self, text: str) -> str:
        """Return `text` (a message, a note, a name) with words that are or look like secrets masked."""
        text = _SCHEME.sub(lambda found: found["scheme"] + found["gap"] + self._unless_name(found["value"]), text)
        text = _USERINFO.sub(lambda found: found["head"] + masked(found["value"]), text)
        return _RUN.sub(lambda found: self._run(found[0]), text)

    def line(self, line: str, *, path: str, rule: str = "", number: int = 0) -> str:
        """Return one line of code of `path`, the one with this number, as a finding of `rule` may show it."""
        strict = rule in STRICT_RULES or (path, number) in self.places
        parts: list[str] = []
        end = 0
        for found in _LITERAL.finditer(line):
            before = line[end : found.start()]
            parts.append(self._outside(before, path=path, strict=strict))
            told = bool(_KEY.search(line, max(0, found.start() - _KEY_REACH), found.start()))
            parts.append(self._literal(found[0], strict=strict or told))
            end = found.end()
        parts.append(self._outside(line[end:], path=path, strict=strict))
        return "".join(parts)

    def _literal(self, quoted: str, *, strict: bool) -> str:
        quote = quoted[0]
        closed = len(quoted) > 1 and quoted.endswith(quote)
        body = quoted[1:-1] if closed else quoted[1:]
        is_one_word = not re.search(r"\s|://|\$\{|\{\{", body)
        is_secret = self._is_known(body) or (is_one_word and looks_random(body))
        is_suspect = strict and len(body) >= 6 and not _is_plain(body)
        body = masked(body) if is_secret or is_suspect else self.text(body)
        return quote + body + (quote if closed else "")

    def _outside(self, text: str, *, path: str, strict: bool) -> str:
        is_code = path.lower().endswith(_CODE_SUFFIXES)
        if not is_code:
            text = _UNQUOTED.sub(lambda found: found["key"] + self._unless_plain(found["value"]), text)
            if strict:
                text = _ELEMENT.sub(lambda found: f">{self._unless_plain(found['value'])}<", text)
        return self.text(text)

    def _run(self, run: str) -> str:
        if self._is_known(run):
            return masked(run)
        start = 0
        for piece in _PIECE.split(run):
            if self._is_secret(piece):
                # From here on, since the alphabet of base64 and of JWTs holds the separators too.
                return run[:start] + masked(run[start:])
            start += len(piece) + 1
        return run

    def _unless_plain(self, value: str) -> str:
        return value if _is_plain(value) else masked(value)

    def _unless_name(self, value: str) -> str:
        return value if _is_name(value) else masked(value)

    def _is_known(self, word: str) -> bool:
        return any(len(word) == length and word.startswith(prefix) for prefix, length in self.known)

    def _is_secret(self, word: str) -> bool:
        return self._is_known(word) or looks_random(word)


def masked(secret: str) -> str:
    """Return what may be shown of `secret`: its first characters and its length."""
    return f"{secret[: min(SHOWN, len(secret) // 4)]}… ({len(secret)} characters)"


def looks_random(word: str) -> bool:
    """Return whether `word` reads like a generated value: its kinds of character change more often than names do.

    Two random base64 characters differ in kind (small, capital, digit) in 63 of 100 cases, two neighbours in a
    camel-case name in about 33. Shorter than 16 characters, nothing is taken for random; of 7,500 long words of real
    code a handful are wrongly, of values of 32 random bytes one in 2,000 is missed."""
    if len(word) < 16 or _UUID.fullmatch(word):
        return False
    if word.startswith("eyJ") or _HEX.fullmatch(word):
        return True
    kinds = [_kind(character) for character in word if character not in "_-+/=.~%"]
    if len(kinds) < 16 or len(kinds) < 0.8 * len(word):
        return False
    present = set(kinds)
    changes = sum(left != right for left, right in pairwise(kinds)) / (len(kinds) - 1)
    if present == {"small", "capital", "digit"}:
        return changes >= 0.34
    if "digit" in present and len(present) == 2:
        return changes >= 0.2 and kinds.count("digit") >= 3
    return present == {"small", "capital"} and len(kinds) < 3.5 * len(_WORD.findall(word))


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    return "capital" if character.isupper() else "small"


def _is_plain(value: str) -> bool:
    if looks_random(value):
        return False
    if _ENVIRONMENT_NAME.fullmatch(value) or _MARKED.fullmatch(value):
        return True
    return _is_name(value)


def _is_name(value: str) -> bool:
    return not any(map(str.isdigit, value)) and all(word.lower() in _VOCABULARY for word in _WORD.findall(value))


def _finding(finding: Finding, mask: Redactor) -> Finding:
    return replace(
        finding,
        message=mask.text(finding.message),
        trace=tuple(replace(step, note=mask.text(step.note)) for step in finding.trace),
        data={key: value if key in _DIGESTS else _value(value, mask) for key, value in finding.data.items()},
        suppression=_suppression(finding.suppression, mask),
    )


def _suppression(suppression: Suppression | None, mask: Redactor) -> Suppression | None:
    if suppression is None:
        return None
    return replace(suppression, reason=mask.text(suppression.reason), owner=mask.text(suppression.owner))


def _control(control: ControlReport, mask: Redactor) -> ControlReport:
    return replace(control, evidence=tuple(replace(item, text=mask.text(item.text)) for item in control.evidence))


def _facts(facts: Facts, mask: Redactor) -> Facts:
    """Only what a report shows of the facts: mints and credentials, and the origin of tokens."""
    return replace(
        facts,
        credentials=tuple(
            replace(
                credential, sources=tuple(replace(source, name=mask.text(source.name)) for source in credential.sources)
            )
            for credential in facts.credentials
        ),
        mints=tuple(replace(mint, escape_note=mask.text(mint.escape_note)) for mint in facts.mints),
    )


def _credential_places(result: AuditResult) -> Iterator[tuple[Location, int]]:
    """Yield where a credential stands, with its length; 0 where that is not known."""
    facts = result.facts
    for use in facts.credentials:
        for source in use.sources:
            if source.masked is not None:
                yield source.location, source.masked.length
    for literal in facts.literals:
        yield literal.at, literal.masked.length
    for other in facts.other_secrets:
        yield other.at, other.masked.length
    for resource in facts.plain_resources:
        yield resource.at, 0
    for finding in (*result.findings, *result.suppressed):
        if finding.rule in STRICT_RULES:
            length = finding.data.get("length")
            yield finding.location, length if isinstance(length, int) else 0
            for step in finding.trace[:1]:
                yield Location(step.path, step.line), 0


def _lines_around(at: Location, length: int) -> range:
    """Return the lines in which a credential at a place may stand: its own, unless it is put together from parts, or where it
    ends is not known."""
    end = min(max(at.start_line, at.end_line), at.start_line + MAX_CREDENTIAL_LINES)
    columns = at.end_column - at.start_column if at.end_line == at.start_line else 0
    if length and columns >= length:
        return range(at.start_line, end + 1)
    return range(at.start_line - AROUND, end + (PARTS if columns else AROUND) + 1)


def _seen(value: Any) -> Iterator[tuple[str, int]]:
    """Yield what `value`, data of a finding, tells of secrets: as it was made, or as `_value` left it."""
    match value:
        case Masked() | {"prefix": str(), "length": int()}:
            shown = value if isinstance(value, Masked) else Masked(value["prefix"], value["length"], "")
            yield shown.prefix, shown.length
        case Mapping():
            for item in value.values():
                yield from _seen(item)
        case list() | tuple():
            for item in value:
                yield from _seen(item)


def _value(value: Any, mask: Redactor) -> Any:
    match value:
        case str():
            return mask.text(value)
        case Mapping():
            return {str(key): item if key in _DIGESTS else _value(item, mask) for key, item in value.items()}
        case list() | tuple():
            return [_value(item, mask) for item in value]
        case set() | frozenset():
            return sorted((_value(item, mask) for item in value), key=str)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _value({item.name: getattr(value, item.name) for item in fields(value)}, mask)
        case _:
            return value
