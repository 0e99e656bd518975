"""One run of the engine: modules, then entry points in passes until what is kept between requests no longer grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.interpreter import Interpreter
from cybrid_audit.engine.program import DONE, LoadedModule, Program
from cybrid_audit.engine.recorder import Recorder
from cybrid_audit.facts import Facts
from cybrid_audit.limits import (
    LEAST_STEPS_PER_LIBRARY_ENTRY,
    MAX_PASSES,
    MAX_STEPS_FOR_LIBRARY,
    MAX_STEPS_PER_ENTRY,
    MAX_STEPS_PER_LIBRARY_ENTRY,
)
from cybrid_audit.models import Models, sinks
from cybrid_audit.models import entries as entry_points

if TYPE_CHECKING:
    from cybrid_audit.engine import Progress
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.project import Project


def analyse(project: Project, knowledge: Knowledge, progress: Progress | None) -> Facts:
    """Return the facts of a project; see `cybrid_audit.engine.analyse`."""
    recorder = Recorder(project)
    program = Program(project)
    models = Models(project, program, knowledge, recorder)
    interp = Interpreter(program, models)
    named = frozenset(project.named)
    # Those that name the platform come first: what all modules share must suffice for them.
    for number, path in enumerate(sorted(project.relevant, key=lambda each: each not in named)):
        if progress is not None:
            progress(number, len(project.relevant))
        module = program.load(path)
        if module is None:
            if path not in program.unparsed:
                recorder.skip(path, "could not be read")
            continue
        for error in module.tree.errors[:1]:
            recorder.skip(path, f"syntax error on line {error.line}: the statement around it was not analysed")
        ensure(interp, module)
    entry_points.collect(interp, models)
    entered_by_modules = set(interp.entered)
    for number in range(MAX_PASSES):
        version = interp.store_version
        recorder.begin_pass()
        interp.entered = set(entered_by_modules)
        done: set[int] = set()
        # Running one entry point may load modules that register others.
        while True:
            waiting = [entry for entry in entry_points.registered(models) if id(entry) not in done]
            if not waiting:
                break
            # Queue consumers come last: by then it is known which of them the project enqueues itself.
            waiting.sort(key=lambda entry: entry.unless_entered)
            for index, entry in enumerate(waiting):
                done.add(id(entry))
                if progress is not None:
                    progress(index, len(waiting))
                if not (entry.unless_entered and entry_points.has_run(interp, entry)):
                    run_entry(interp, models, entry, MAX_STEPS_PER_ENTRY)
        complete = run_library(interp, models)
        sinks.finish(models)
        models.end_pass(interp)
        # What was cut off stays unknown, whatever a third pass would add.
        if interp.store_version == version or (number > 0 and not complete):
            break
    models.finish(interp)
    for path in program.unparsed:
        recorder.skip(path, "could not be parsed: its syntax errors, or its form, make that take too long")
    return recorder.finish(integrates=bool(project.relevant))


def ensure(interp: Interpreter, module: LoadedModule) -> None:
    """Run a module's top level. A fault of ours costs that module, and the report says so."""
    models = interp.models
    try:
        models.program.ensure(interp, module)
    except Exception as error:
        if models.fails_loudly:
            raise
        module.status = DONE
        interp.shared_births = 0
        models.recorder.skip(module.path, f"its top level could not be followed: {describe(error)}")


def run_entry(interp: Interpreter, models: Models, entry: entry_points.Entry, step_limit: int) -> None:
    """Run one entry point, watched by the models. A fault of ours costs that entry point, and the report says so."""
    models.begin_entry(entry)
    try:
        entry_points.run(interp, models, entry, step_limit)
    except Exception as error:
        if models.fails_loudly:
            raise
        models.recorder.skip(entry.place.path, f"{entry.name} could not be followed: {describe(error)}")
    finally:
        models.end_entry(interp)


def run_library(interp: Interpreter, models: Models) -> bool:
    """Run what nobody calls, outermost first: a function that another one names is entered from there, if at all.

    Together they have a bound of steps, because a code base may have any number of them: each takes a tenth of what is left
    at most, those in files that name the platform first. Returns whether all were run."""
    left = MAX_STEPS_FOR_LIBRARY
    given_up: dict[str, int] = {}
    named = frozenset(models.project.named)
    known = -1
    seen: set[tuple[object, str]] = set()
    # Running one may run modules that have others.
    while known != len(models.program.functions):
        known = len(models.program.functions)
        waiting = sorted(
            entry_points.library_entries(interp, models),
            key=lambda each: (not each.is_outermost, each.place.path not in named),
        )
        for entry in waiting:
            if (entry.place, entry.name) in seen or entry_points.has_run(interp, entry):
                continue
            seen.add((entry.place, entry.name))
            if left <= 0:
                given_up[entry.place.path] = given_up.get(entry.place.path, 0) + 1
                continue
            most = max(left // 10, LEAST_STEPS_PER_LIBRARY_ENTRY)
            run_entry(interp, models, entry, min(MAX_STEPS_PER_LIBRARY_ENTRY, most))
            left -= interp.steps
    for path, number in given_up.items():
        functions = "function that nothing calls was" if number == 1 else "functions that nothing calls were"
        models.recorder.skip(path, f"{number} {functions} not followed: the project has too many")
    return not given_up


def describe(error: Exception) -> str:
    """Return an error of ours in one line: its type and where it arose, without any value of the audited code."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rsplit('cybrid_audit', 1)[-1].lstrip('/')}:{frames[-1].lineno}" if frames else ""
    return f"a fault of this tool ({type(error).__name__}{where})"
