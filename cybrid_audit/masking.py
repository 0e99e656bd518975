"""What may be kept of a secret, and what names it in a report. Nothing behind the place where a secret is read ever holds it whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cybrid_audit.facts import Facts, Location, Masked

_SHOWN: Final = 4
_SHORTEST_SHOWN: Final = 8
"""Length up to which nothing of a secret is shown: four characters would be too much of it."""


def mask(text: str) -> Masked:
    """Return what may be kept of a secret while an audit runs. Its `digest` tells equal ones; `named` takes it out."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
    return Masked(text[:_SHOWN] if len(text) > _SHORTEST_SHOWN else "", len(text), digest)


def named(facts: Facts) -> Facts:
    """Return the facts with each digest of a secret replaced by a name made of where the secret stands first.

    Equal secrets keep equal names. A digest in a report would let anybody who has the report try out guesses, whatever key it is
    made with, as an audit of the same project elsewhere must know that key too. A place tells nothing of the value, and is the
    same in every checkout. The name is made of the file, what every report shows of the secret, and the order among those alike."""
    places = sorted(_places(facts), key=lambda each: each[0])
    # What is in the tree comes before what only the history holds, so that a search of the history renames nothing.
    places += sorted(((each.at, each.masked) for each in facts.history), key=lambda each: each[0])
    names: dict[str, str] = {}
    alike: dict[tuple[str, str, int], int] = {}
    for at, masked in places:
        if masked.digest not in names:
            key = (at.path, masked.prefix, masked.length)
            number = alike[key] = alike.get(key, -1) + 1
            named_by = "\0".join(map(str, (*key, number))).encode("utf-8", "surrogatepass")
            names[masked.digest] = hashlib.blake2b(named_by, digest_size=10).hexdigest()
    if not names:
        return facts

    def renamed(masked: Masked) -> Masked:
        return replace(masked, digest=names[masked.digest])

    return replace(
        facts,
        credentials=tuple(
            replace(
                use,
                sources=tuple(
                    replace(each, masked=renamed(each.masked)) if each.masked is not None else each
                    for each in use.sources
                ),
            )
            for use in facts.credentials
        ),
        literals=tuple(replace(each, masked=renamed(each.masked)) for each in facts.literals),
        other_secrets=tuple(replace(each, masked=renamed(each.masked)) for each in facts.other_secrets),
        history=tuple(replace(each, masked=renamed(each.masked)) for each in facts.history),
    )


def _places(facts: Facts) -> Iterator[tuple[Location, Masked]]:
    """Yield each place in the tree at which a secret stands."""
    for use in facts.credentials:
        yield from ((each.location, each.masked) for each in use.sources if each.masked is not None)
    yield from ((each.at, each.masked) for each in facts.literals)
    yield from ((each.at, each.masked) for each in facts.other_secrets)
