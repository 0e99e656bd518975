"""Every row of Python's library models stands any arguments: code under audit calls libraries in ways their authors never meant."""

from __future__ import annotations

import os
from itertools import product
from typing import Any

import pytest

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.interpreter import Interpreter
from cybrid_audit.engine.program import Program
from cybrid_audit.engine.recorder import Recorder
from cybrid_audit.engine.state import START
from cybrid_audit.engine.values import Arguments, ClassInfo, Obj, Place, constant, value_of
from cybrid_audit.knowledge import load
from cybrid_audit.models import Models
from cybrid_audit.project import load_config, open_project
from tests.models.test_rows import atoms, rows

FILES = ("python.yaml", "environment-python.yaml", "http-python.yaml")
PLACE = Place("main.py", 1, 0, 1, 10)
MODULE = "# cybrid\ndef fn(a=1, *rest, **named):\n    return a\nclass C:\n    x: int = 1\n    def m(self):\n        return 1\n"


@pytest.fixture(scope="module")
def interp(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    """An interpreter inside a function of a small module."""
    root = tmp_path_factory.mktemp("project")
    (root / "main.py").write_text(MODULE)
    project = open_project(os.fspath(root), load_config(os.fspath(root)))
    program = Program(project)
    interp = Interpreter(program, Models(project, program, load(), Recorder(project)))
    module = program.load("main.py")
    assert module is not None
    program.ensure(interp, module)
    interp.start(10**9)
    interp.push(module.scope, module, None)
    return interp


@pytest.mark.parametrize(
    ("path", "does", "settings"),
    [pytest.param(*row, id=f"{file}-{row[0]}-{row[2]['use']}") for file in FILES for row in rows(file)],
)
def test_a_row_stands_any_arguments(interp: Interpreter, path: str, does: str, settings: dict[str, Any]) -> None:
    values = atoms(interp)
    classes = value_of(*interp.frame.module.scope.vars["C"].only(ClassInfo))
    instance = calls.instantiate(interp, classes.only(ClassInfo)[0], Arguments(), PLACE)
    values = [*values, classes, instance]
    settings = {key: held for key, held in settings.items() if key != "use"}
    sources = frozenset((instance.only(Obj)[0], classes.only(ClassInfo)[0]))

    def use(*given: Any, **named: Any) -> list[Obj]:
        interp.state, interp.sinks = START, [[]]
        held = interp.models.apply(
            (does, settings), interp, path, sources, Arguments(positional=list(given), keywords=named), PLACE
        )
        return held.only(Obj) if held is not None else []

    use()
    for value in values:
        use(value)
        use(value, default=value, name=value, url=value, func=value)
        use(value, rest=value)
    for first, second in product(values, values):
        use(first, second)
    use(*values[:6])
    for obj in use(values[6]) + use(values[3], values[9]):
        for name in (
            "get",
            "read",
            "join",
            "__getitem__",
            "append",
            "submit",
            "value",
            "method",
            "encode",
            "url",
            "GET",
            "items",
            "update",
            "copy",
            "request",
            "close",
            "start",
        ):
            for given in ([], [values[3]], [values[3], values[9]], [values[6]]):
                interp.state, interp.sinks = START, [[]]
                calls.call_method(interp, value_of(obj), name, Arguments(positional=given), PLACE)
            interp.state = START
            attributes.get_attribute(interp, value_of(obj), name, PLACE)
            attributes.get_item(interp, value_of(obj), constant(name), PLACE)
            attributes.set_attribute(interp, value_of(obj), name, values[3], PLACE)
        for value in values:
            interp.state = START
            calls.call(interp, value_of(obj), Arguments(positional=[value]), PLACE)
            attributes.get_item(interp, value_of(obj), value, PLACE)
            operators.binary(interp, "/", value_of(obj), value, PLACE)
        operators.element_of(interp, value_of(obj))
        operators.known_items(interp, value_of(obj))
        operators.concat(interp, [value_of(obj), constant("x")], PLACE)
