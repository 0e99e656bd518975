"""Our `dataclass` means what the standard library's means, for what we use of it."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit import _slotted, records
from cybrid_audit.records import field

NAMES = ("alpha", "beta", "gamma", "delta")
OPTIONS = st.fixed_dictionaries(
    {"frozen": st.booleans(), "eq": st.booleans(), "kw_only": st.booleans(), "repr": st.booleans()}
)


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    """Fields by name: without a default, with one, with a factory, or left out of comparison; required ones first."""
    kinds = draw(st.lists(st.sampled_from(("required", "default", "factory", "uncompared")), max_size=4))
    return dict(zip(NAMES, sorted(kinds, key=lambda kind: kind != "required"), strict=False))


def body_of(shape: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Callable[[], Any]] = {
        "required": lambda: None,
        "default": lambda: 7,
        "factory": lambda: field(default_factory=list),
        "uncompared": lambda: field(default=3, compare=False),
    }
    values = {name: made[kind]() for name, kind in shape.items() if kind != "required"}
    return {"__annotations__": dict.fromkeys(shape, "Any"), "__module__": __name__, "__qualname__": "Made", **values}


def both(shape: dict[str, Any], options: dict[str, Any]) -> tuple[Any, Any]:
    ours = _slotted.dataclass(slots=True, **options)(type("Made", (), body_of(shape)))
    theirs: Any = dataclasses.dataclass(slots=True, **options)(type("Made", (), body_of(shape)))
    return ours, theirs


def outcome(action: Any) -> Any:
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - what is raised is what is compared
        return type(error)


def refused(action: Any) -> bool:
    """Whether it raises: the original raises one of several errors, by a slip of its own that Python 3.11 still has."""
    return isinstance(outcome(action), type)


@given(shapes(), OPTIONS, st.lists(st.integers(0, 1), max_size=4), st.lists(st.integers(0, 1), max_size=4))
def test_it_behaves_as_the_original(
    shape: dict[str, Any], options: dict[str, Any], left: list[int], right: list[int]
) -> None:
    results = []
    for cls in both(shape, options):

        def make(values: list[int], cls: Any = cls) -> Any:
            if options["kw_only"]:
                return cls(**dict(zip(shape, values, strict=False)))
            return cls(*values)

        one, other = outcome(lambda: make(left)), outcome(lambda: make(right))
        seen: list[Any] = [isinstance(one, type) and one, isinstance(other, type) and other]
        if not any(seen):
            seen += [
                one == other,
                one == one,  # noqa: PLR0124 - reflexive
                one != 1,
                outcome(lambda: hash(one)) if options["eq"] else None,  # noqa: B023
                repr(one) if options["repr"] else None,
                [getattr(one, name) for name in shape],
                refused(lambda: setattr(one, "alpha", 5)),  # noqa: B023
                refused(lambda: delattr(one, "beta")),  # noqa: B023
                refused(lambda: setattr(one, "other", 5)),  # noqa: B023
                outcome(lambda: [getattr(dataclasses.replace(other, **{NAMES[0]: 9}), n) for n in shape]),  # noqa: B023
            ]
        results.append(seen)
    assert results[0] == results[1]


@given(shapes(), OPTIONS)
def test_it_looks_as_the_original(shape: dict[str, Any], options: dict[str, Any]) -> None:
    ours, theirs = both(shape, options)
    assert ours.__match_args__ == theirs.__match_args__
    assert ours.__slots__ == theirs.__slots__
    assert (ours.__hash__ is None) == (theirs.__hash__ is None)
    assert dataclasses.is_dataclass(ours)
    for mine, original in zip(dataclasses.fields(ours), dataclasses.fields(theirs), strict=True):
        for name in ("name", "type", "default", "compare", "kw_only", "init", "repr"):
            assert getattr(mine, name) == getattr(original, name)


@records.dataclass(frozen=True, slots=True, order=True)
class Base:
    """A base."""

    number: int
    text: str = "a"
    counted: ClassVar[int] = 4


@records.dataclass(frozen=True, slots=True)
class Derived(Base):
    items: tuple[int, ...] = ()
    text: str = "b"

    def __post_init__(self) -> None:
        assert self.number >= 0, "negative"

    def __repr__(self) -> str:
        return "mine"


def test_inheritance() -> None:
    made = Derived(1, items=(2,))
    assert (made.number, made.text, made.items, made.counted) == (1, "b", (2,), 4)
    assert [each.name for each in dataclasses.fields(made)] == ["number", "text", "items"]
    assert repr(made) == "mine"
    assert Base(1) != Derived(1)
    assert not hasattr(made, "__dict__")
    with pytest.raises(AssertionError, match="negative"):
        Derived(-1)


def test_order() -> None:
    assert sorted([Base(2), Base(1, "b"), Base(1, "a")]) == [Base(1, "a"), Base(1, "b"), Base(2)]
    with pytest.raises(TypeError):
        assert Base(1) < 1  # type: ignore[operator]


def test_copies() -> None:
    made = Base(1, "x")
    assert copy.deepcopy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made


def test_patterns() -> None:
    match Base(1, "x"):
        case Base(number, text):
            assert (number, text) == (1, "x")


def test_errors_name_the_class_and_the_arguments() -> None:
    with pytest.raises(TypeError, match=r"Base.__init__\(\) missing 1 required positional argument: 'number'"):
        Base()  # type: ignore[call-arg]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'text'"):
        Base(1).text = "y"  # type: ignore[misc]


@pytest.mark.parametrize("default", [[], {}, set()])
def test_a_mutable_default_is_refused(default: Any) -> None:
    with pytest.raises(ValueError, match=r"Made\.alpha"):
        _slotted.dataclass(slots=True)(type("Made", (), {"__annotations__": {"alpha": "Any"}, "alpha": default}))


def test_a_required_field_after_an_optional_one_is_refused() -> None:
    body = {"__annotations__": {"alpha": "Any", "beta": "Any"}, "alpha": 1}
    with pytest.raises(TypeError, match="'beta' without a default"):
        _slotted.dataclass(slots=True)(type("Made", (), body))


def test_a_recursive_value_is_shown() -> None:
    cls: Any = _slotted.dataclass(slots=True)(type("Made", (), {"__annotations__": {"alpha": "Any"}}))
    made = cls(None)
    made.alpha = [made]
    assert repr(made).endswith("alpha=[...])")


def test_no_module_that_a_scan_imports_takes_the_original() -> None:
    """The original costs as much again as all else that is imported."""
    code = (
        "import sys, dataclasses; made = []; original = dataclasses._process_class\n"
        "def spy(cls, *rest, **more):\n made.append(cls.__module__)\n return original(cls, *rest, **more)\n"
        "dataclasses._process_class = spy\n"
        "import cybrid_audit.audit, cybrid_audit.engine, cybrid_audit.project, cybrid_audit.judges, cybrid_audit.reports\n"
        "import cybrid_audit.controls, cybrid_audit.result, cybrid_audit.cli.scan\n"
        "print(sorted({name for name in made if name.startswith('cybrid_audit')}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
