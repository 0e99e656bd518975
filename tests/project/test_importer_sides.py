"""The sides of importers are worked out once for each file, and come out as if each file were looked at by itself."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.facts import Side
from cybrid_audit.project.sides import ImporterSides, Told

NAMES = tuple("abcdefgh")
graphs = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from(NAMES), max_size=4))
own_sides = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from((Side.CLIENT, Side.SERVER, Side.TEST, None)), max_size=4
)


class _Known(ImporterSides):
    """Importers whose own sides are given: None for one that does not count; all others pass on what imports them."""

    def __init__(self, graph: dict[str, frozenset[str]], own: dict[str, Side | None]) -> None:
        nothing: Any = None
        super().__init__(nothing, lambda path: graph.get(path, frozenset()))
        self._own.update(own)

    def _passes_on(self, path: str) -> bool:
        return path not in self._own


def alone(graph: dict[str, frozenset[str]], own: dict[str, Side | None], path: str) -> Told | None:
    """What is told of one file, by a plain search."""
    found: dict[str, Side] = {}
    seen, pending = {path}, [path]
    while pending:
        for each in graph.get(pending.pop(), frozenset()) - seen:
            seen.add(each)
            side = own.get(each)
            if side is not None:
                found[each] = side
            elif each not in own:
                pending.append(each)
    if set(found.values()) == {Side.CLIENT}:
        return Told(Side.CLIENT, f"imported only by client code ({min(found)})")
    servers = [each for each, side in found.items() if side is Side.SERVER]
    return Told(Side.SERVER, f"imported by server code ({min(servers)})") if servers else None


@given(graphs, own_sides, st.permutations(NAMES))
def test_files_are_told_in_any_order(
    graph: dict[str, frozenset[str]], own: dict[str, Side | None], order: list[str]
) -> None:
    known = _Known(graph, own)
    for path in order:
        assert known.of(path) == alone(graph, own, path)
