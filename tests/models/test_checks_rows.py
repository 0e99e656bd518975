"""Every row about a verification: its call is performed, its right outcome proves, what is not its outcome does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cybrid_audit.engine import attributes, operators
from cybrid_audit.engine.interpreter import Interpreter
from cybrid_audit.engine.program import Program
from cybrid_audit.engine.recorder import Recorder
from cybrid_audit.engine.state import START
from cybrid_audit.engine.values import Arguments, Place, Value, constant, value_of
from cybrid_audit.knowledge import load
from cybrid_audit.models import Models
from cybrid_audit.models.checks.outcomes import NO_FACTOR
from cybrid_audit.project import load_config, open_project

ROWS = Path(__file__).resolve().parents[2] / "rules" / "models"
FILES = ("mfa-python.yaml", "mfa-javascript.yaml", "identity.yaml")
PLACE = Place("main", 1, 0, 1, 10)


def verifications() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every path of every row that verifies, with its language and settings."""
    for file in FILES:
        for row in yaml.safe_load((ROWS / file).read_text())["models"]:
            if row["does"] != "checks/outcomes.verify":
                continue
            for path in row["at"] if isinstance(row["at"], list) else [row["at"]]:
                yield row.get("lang", "python"), path.replace("*", "Thing"), row.get("with") or {}


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Interpreter]:
    made = {}
    for language, name in (("python", "main.py"), ("javascript", "main.js")):
        root = tmp_path_factory.mktemp(language)
        (root / name).write_text(f"{'#' if language == 'python' else '//'} cybrid\n")
        project = open_project(str(root), load_config(str(root)))
        program, recorder = Program(project), Recorder(project)
        interp = Interpreter(program, Models(project, program, load(), recorder))
        module = program.load(name)
        assert module is not None
        interp.start(10**9)
        interp.push(module.scope, module, None)
        made[language] = interp
    return made


def arguments(interp: Interpreter, settings: dict[str, Any]) -> Arguments:
    """Arguments that meet the row's conditions."""
    options = interp.new("object", place=PLACE)
    needs, texts = settings.get("needs") or [], settings.get("needs_text") or []
    for name in [needs] if isinstance(needs, str) else needs:
        options.fields[name] = constant("strict_mfa")
    for text in ([texts] if isinstance(texts, str) else texts)[:1]:
        options.fields["name"] = constant(text)
    return Arguments(positional=[value_of(options)])


def call(interp: Interpreter, path: str, settings: dict[str, Any]) -> Value:
    interp.state, interp.sinks = START, [[]]
    path = path.replace("~", "thing", 1) if path.startswith("~") else path
    return interp.models.call_library(interp, path, frozenset(), arguments(interp, settings), PLACE)


def kinds(interp: Interpreter) -> set[str]:
    assert interp.state is not None
    return {check.kind for check in interp.state.proven}


def fields(interp: Interpreter, value: Value, dotted: str) -> Value:
    for part in dotted.split("."):
        value = attributes.get_attribute(interp, value, part, PLACE)
    return value


@pytest.mark.parametrize(
    ("language", "path", "settings"), list(verifications()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_verification(
    interpreters: dict[str, Interpreter], language: str, path: str, settings: dict[str, Any]
) -> None:
    interp = interpreters[language]
    kind = settings.get("kind") or ("password" if settings.get("factor") in NO_FACTOR else "mfa")
    outcome = settings.get("outcome", "bool_true")
    value = call(interp, path, settings)
    assert interp.state is not None
    assert {check.kind for status in interp.state.statuses for check in status.performed} == {kind}

    if outcome == "raises" and not settings.get("async"):
        assert kinds(interp) == {kind}
        assert interp.sinks[-1], "it can be refused"
        return
    assert not kinds(interp), "a call alone proves nothing"
    if settings.get("async") or outcome in ("rejects", "bool_async", "callback"):
        # Not waited for, it is truthy and proves nothing.
        true, false = interp.split(value, None)
        assert false.state is None
        assert true.state is not None
        assert not true.state.proven
        value = interp.settle(value)
    if outcome in ("raises", "rejects", "callback"):
        assert kinds(interp) == {kind}
        return
    if outcome in ("field_eq", "truthy_field"):
        assert not _proves(interp, value), "the answer itself proves nothing"
        field = fields(interp, value, settings["field"])
        wanted = settings.get("value", True)
        if wanted is not True:
            assert not _proves(interp, operators.compare(interp, "==", field, constant("pending"), PLACE))
            field = operators.compare(interp, "==", field, constant(wanted), PLACE)
        assert _proves(interp, field) == {kind}
    elif outcome == "value_eq":
        assert _proves(interp, operators.compare(interp, "==", value, constant(settings["value"]), PLACE)) == {kind}
        assert not _proves(interp, operators.compare(interp, "==", value, constant("pending"), PLACE))
    elif outcome == "error_field":
        error = attributes.get_attribute(interp, value, "error", PLACE)
        assert _proves(interp, operators.negate(interp, error)) == {kind}
        assert not _proves(interp, error)
    else:
        assert _proves(interp, value) == {kind}
        assert not _proves(interp, operators.negate(interp, value))


def _proves(interp: Interpreter, value: Value) -> set[str]:
    """The kinds of check that a value proves when it is truthy."""
    true, _ = interp.split(value, None)
    return {check.kind for check in true.state.proven} if true.state is not None else set()
