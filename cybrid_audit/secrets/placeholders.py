"""Texts that stand for a secret rather than being one (policy section 3)."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Final

_SHORTEST: Final = 8
"""Characters below which nothing is taken for a secret: the platform's are 43."""

MAX_SECRET_LENGTH: Final = 1024
"""Characters of a literal that are looked at: no secret is longer, and hostile text may be."""

_STEADY: Final = 0.6
"""Share of characters that follow on the one before them (`abcd`, `4321`, `xxxx`) from which a text is a pattern."""


def is_placeholder(text: str) -> bool:
    """Whether a literal stands for a secret: a template, a word of its own kind, a pattern, or nothing."""
    bare = text[:MAX_SECRET_LENGTH].strip()
    if len(bare) < _SHORTEST or " " in bare:
        return True
    return _patterns().search(bare) is not None or _is_regular(bare) or _is_wording(bare)


@cache
def _patterns() -> re.Pattern[str]:
    return re.compile(
        r"""(?ix)
        # Templates and references, as a whole.
          ^<.*>$ | ^\$ | ^%.*%$ | ^\{.*\}$ | ^\[.*\]$ | ^@.*@$ | ^\#\{.*\}$ | ^__.*__$ | ^%\(.*\)s$ | \.\.\.$ | …$
        # Words that say so.
        | replace | change[-_ ]?me | placeholder | example | dummy | sample | insert | redacted | secret[-_]?here
        | (?<![a-z0-9])(?:todo|fixme)(?![a-z0-9]) | xxxxx | \*\*\* | [-_ ](?:here|goes|value)$
        | ^(?:a|an|my|the|some|your)[-_a-z]*[-_0-9]*$
        | ^(?:fake|mock|stub|test|testing|foo|bar|baz|none|null|undefined|unset)(?:[-_ ].*)?$
        | ^(?:client|bank|cybrid|api)[-_ ]?(?:client)?[-_ ]?(?:id|secret|token|key)$
        """
    )


def _is_regular(text: str) -> bool:
    """Whether a text is made by rule: of two characters, of a repeated part, or of neighbours in the alphabet."""
    if len(set(text)) <= 2:
        return True
    # The start of a text is found again inside it when a part is repeated.
    period = (text + text).find(text[: max(4, len(text) // 2)], 1)
    if 0 < period <= len(text) // 2 and text[period:] == text[:-period]:
        return True
    codes = [ord(each) for each in text.lower()]
    steps = [second - first for first, second in pairwise(codes)]
    return max(steps.count(1), steps.count(-1), steps.count(0)) >= _STEADY * len(steps)


def _is_wording(text: str) -> bool:
    """Whether a text is words with something between them: `bank-client-secret`."""
    return re.fullmatch(r"[A-Za-z]+(?:[-_][A-Za-z]+)+", text) is not None and not _is_mixed(text)


def _is_mixed(text: str) -> bool:
    """Whether a word of the text changes its letters' case in the middle, as no word does."""
    return any(
        len(re.findall(r"[a-z][A-Z]", word)) > 2 or len(re.findall(r"[A-Z]{2}[a-z]", word)) > 1
        for word in re.split(r"[-_ ]", text)
    )
