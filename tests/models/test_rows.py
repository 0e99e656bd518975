"""Every row of the library models stands any arguments: code under audit calls libraries in ways their authors never meant."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from cybrid_audit.engine.interpreter import Interpreter
from cybrid_audit.engine.program import Program
from cybrid_audit.engine.recorder import Recorder
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    MintBody,
    Obj,
    Place,
    Promise,
    Secret,
    Stored,
    Str,
    Token,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.knowledge import load
from cybrid_audit.models import Models
from cybrid_audit.project import load_config, open_project

ROWS = Path(__file__).resolve().parents[2] / "rules" / "models"
FILES = (
    "ecmascript.yaml",
    "ecmascript-libraries.yaml",
    "ecmascript-rxjs.yaml",
    "environment-js.yaml",
    "http-js.yaml",
    "identity.yaml",
    "login.yaml",
    "mfa-javascript.yaml",
    "mfa-python.yaml",
    "sdk.yaml",
)
PLACE = Place("main.ts", 1, 0, 1, 10)


def rows(file: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    document = yaml.safe_load((ROWS / file).read_text())
    for row in document["models"]:
        paths = row["at"] if isinstance(row["at"], list) else [row["at"]]
        yield paths[0].replace("*", "Thing"), row["does"], {"use": row.get("use", "call"), **(row.get("with") or {})}


@pytest.fixture(scope="module")
def interp(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    """An interpreter inside a function of a small module."""
    root = tmp_path_factory.mktemp("project")
    (root / "main.ts").write_text("// cybrid\nexport const fn = (a, b) => a;\nexport class C { m() { return 1; } }\n")
    project = open_project(os.fspath(root), load_config(os.fspath(root)))
    recorder, program = Recorder(project), Program(project)
    models = Models(project, program, load(), recorder)
    interp = Interpreter(program, models)
    module = program.load("main.ts")
    assert module is not None
    program.ensure(interp, module)
    interp.start(10**9)
    interp.push(module.scope, module, None)
    return interp


def atoms(interp: Interpreter) -> list[Value]:
    """One value of each sort that an argument may be."""
    fn = next(iter(interp.frame.module.scope.vars["fn"].only(Fn)))
    empty, full, items = Obj("object", PLACE), Obj("object", PLACE), Obj("list", PLACE)
    full.fields = {
        name: constant("x")
        for name in (
            "url",
            "path",
            "method",
            "headers",
            "default",
            "env",
            "name",
            "host",
            "useFactory",
            "load",
            "server",
        )
    }
    items.items = [constant("a"), constant(1), value_of(fn)]
    endless = Obj("list", PLACE)
    endless.rest = value_of(Input("body"))
    return [
        NOTHING,
        constant(None),
        constant(3),
        value_of(Const("a=b&c?d://x/y", PLACE)),
        value_of(Str((Const("https://", PLACE), Env("HOST"), Const("/p?q=1", PLACE)))),
        value_of(empty),
        value_of(full),
        value_of(items),
        value_of(endless),
        value_of(fn),
        value_of(Promise(constant("x"))),
        value_of(Token("bank", "k")),
        value_of(MintBody(Token("customer", "k"))),
        value_of(Lib("some.library()")),
        value_of(Secret("vault", "n"), Input("body", "x"), Stored("file", "p")),
        unknown("anything", hint="thing"),
    ]


@pytest.mark.parametrize("file", FILES)
def test_any_arguments_give_a_value_or_nothing(interp: Interpreter, file: str) -> None:
    values = atoms(interp)
    start = interp.state
    for path, does, settings in rows(file):
        row = (does, settings)
        for count in (0, 1, 2):
            for given in (
                product(values, repeat=count) if count < 2 else zip(values, values[1:] + values[:1], strict=True)
            ):
                interp.state = start
                interp.sinks = [[]]
                held = interp.models.apply(row, interp, path, frozenset(), Arguments(positional=list(given)), PLACE)
                assert held is None or isinstance(held, Value), (path, given)


@pytest.mark.parametrize("file", FILES)
def test_what_models_make_stands_any_use(interp: Interpreter, file: str) -> None:
    from cybrid_audit.engine import attributes, calls, operators

    values = atoms(interp)
    start = interp.state
    names = (
        "get",
        "set",
        "then",
        "call",
        "parse",
        "on",
        "send",
        "json",
        "append",
        "toString",
        "pipe",
        "headers",
        "url",
        "value",
        "method",
        "auth",
        "use",
        "end",
        "post",
        "GET",
    )
    for path, does, settings in rows(file):
        interp.state = start
        held = interp.models.apply(
            (does, settings), interp, path, frozenset(), Arguments(positional=[values[6]]), PLACE
        )
        for obj in held.only(Obj) if held is not None else ():
            for name in names:
                for given in ([], [values[3]], [values[3], values[9]], [values[9]]):
                    interp.state = start
                    interp.sinks = [[]]
                    calls.call_method(interp, value_of(obj), name, Arguments(positional=given), PLACE)
                interp.state = start
                attributes.get_attribute(interp, value_of(obj), name, PLACE)
                attributes.set_attribute(interp, value_of(obj), name, values[3], PLACE)
            operators.element_of(interp, value_of(obj))
            operators.concat(interp, [value_of(obj), constant("x")], PLACE)
