"""One run of the engine: modules, then entry points in passes until what is kept between requests no longer grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.interpreter import Interpreter
from cybrid_audit.engine.program import Program
from cybrid_audit.engine.recorder import Recorder
from cybrid_audit.facts import Facts
from cybrid_audit.limits import MAX_PASSES, MAX_STEPS_PER_ENTRY
from cybrid_audit.models import Models
from cybrid_audit.models import entries as entry_points
from cybrid_audit.models import sinks

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
    for number, path in enumerate(project.relevant):
        if progress is not None:
            progress(number, len(project.relevant))
        module = program.load(path)
        if module is None:
            recorder.skip(path, "could not be read")
            continue
        for error in module.tree.errors[:1]:
            recorder.skip(path, f"syntax error on line {error.line}: the statement around it was not analysed")
        program.ensure(interp, module)
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
                    run_entry(interp, models, entry)
        for entry in entry_points.library_entries(interp, models):
            if not entry_points.has_run(interp, entry):
                run_entry(interp, models, entry)
        sinks.finish(models)
        models.end_pass(interp)
        if interp.store_version == version:
            break
    models.finish(interp)
    return recorder.finish(integrates=bool(project.relevant))


def run_entry(interp: Interpreter, models: Models, entry: entry_points.Entry) -> None:
    """Run one entry point, watched by the models."""
    models.begin_entry(entry)
    try:
        entry_points.run(interp, models, entry, MAX_STEPS_PER_ENTRY)
    finally:
        models.end_entry(interp)
