"""What the tests of the engine share: running a few modules and showing what their variables may hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cybrid_audit.engine import analyse
from cybrid_audit.engine.interpreter import Interpreter
from cybrid_audit.engine.program import Program
from cybrid_audit.engine.recorder import Recorder
from cybrid_audit.engine.values import (
    Atom,
    ClassInfo,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    Namespace,
    Obj,
    Promise,
    Str,
    Unknown,
    Value,
    text_of,
)
from cybrid_audit.facts import Facts
from cybrid_audit.knowledge import load
from cybrid_audit.models import Models
from cybrid_audit.project import load_config, open_project

Evaluate = Callable[..., set[str]]
Analyse = Callable[[Mapping[str, str | bytes]], Facts]


def shown(value: Value, depth: int = 3) -> set[str]:
    """The alternatives of a value, each as a short text: constants as in Python, `$X` for the environment, `?` for what nobody can tell."""
    return {_atom(atom, depth) for atom in value.atoms()}


def _atom(atom: Atom, depth: int) -> str:
    match atom:
        case Const(value=held):
            return repr(held)
        case Str():
            return repr(text_of(atom))
        case Env(name=name):
            return f"${name}"
        case Input(kind=kind, name=name):
            return f"<{kind} {name}>"
        case Unknown():
            return "?"
        case Lib(path=path):
            return f"lib {path}"
        case Promise(value=inner):
            return f"promise of {_value(inner, depth)}"
        case Fn():
            return f"function {atom.function.name}"
        case ClassInfo():
            return f"class {atom.name}"
        case Namespace():
            return f"module {atom.module.path}"
        case Obj(items=list() as items) if depth:
            return "[" + ", ".join(_value(item, depth - 1) for item in items) + "]"
        case Obj() if depth:
            fields = [f"{name}: {_value(held, depth - 1)}" for name, held in sorted(atom.fields.items())]
            if atom.rest is not None:
                fields.append(f"...{_value(atom.rest, depth - 1)}")
            return f"{atom.cls.name if atom.cls else ''}{{{', '.join(fields)}}}"
        case _:
            return type(atom).__name__


def _value(value: Value, depth: int) -> str:
    return " | ".join(sorted(shown(value, depth)))


def write(folder: Path, files: Mapping[str, str | bytes]) -> str:
    """Write files below a folder; return its path."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return os.fspath(folder)


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """Run the first of some files as a module; return what its variable `out` may hold."""

    def run(files: Mapping[str, str], name: str = "out") -> set[str]:
        root = write(tmp_path, files)
        project = open_project(root, load_config(root))
        recorder, program = Recorder(project), Program(project)
        interp = Interpreter(program, Models(project, program, load(), recorder))
        module = program.load(next(iter(files)))
        assert module is not None
        assert not module.tree.errors, "the source of the test itself is wrong"
        program.ensure(interp, module)
        interp.start(10_000)
        interp.push(module.scope, module, None)
        held = module.scope.vars.get(name)
        assert held is not None, f"{name} is not set"
        return shown(program.resolve(interp, module.scope, name, held))

    return run


@pytest.fixture
def facts(tmp_path: Path) -> Analyse:
    """Analyse a project given as files."""

    def run(files: Mapping[str, str | bytes]) -> Facts:
        root = write(tmp_path, files)
        return analyse(open_project(root, load_config(root)), load(), None)

    return run
