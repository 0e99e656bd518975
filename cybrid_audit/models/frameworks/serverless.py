"""Functions that a platform calls by name: AWS Lambda and its kin. Found by deployment files, names and parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine.values import Arguments, Fn, Input, Native as NativeFn, Obj, Value, place_of, unknown, value_of
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule
    from cybrid_audit.models import Models

DEPLOYMENT_FILES: Final = (
    "serverless.yml", "serverless.yaml", "serverless.ts", "template.yaml", "template.yml", "sam.yaml", "samconfig.toml", "cdk.json", "sst.config.ts",
)
HANDLER_NAMES: Final = frozenset({"handler", "lambda_handler", "lambdaHandler", "main"})
_REFERENCE: Final = re.compile(r"""(?:handler|Handler)\s*:\s*["']?([\w./-]+)\.(\w+)""")
_QUEUE: Final = re.compile(r"SQS|SNS|Kinesis|DynamoDBStream|Queue|EventBridge|S3Event")
_SCHEDULE: Final = re.compile(r"Scheduled|CloudWatch|Cron|Timer")


class EventAndContext(Convention):
    """`handler(event, context)`; what it returns is the answer."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[value_of(Input("body")), unknown("the context of the call"), unknown("a callback")])


class Plain(Convention):
    """A handler of a web-standard request: `fetch(request, env, ctx)`."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        return Arguments(positional=[request_object(interp, place), reply_object(interp, place)])


def collect(interp: Interpreter, models: Models) -> None:
    """Register the handlers that deployment files name, and those that look like one."""
    named = deployed(models)
    for module in list(models.program.modules.values()):
        if models.recorder.side(module.path) in (Side.TEST, Side.DOCS, Side.VENDORED, Side.CLIENT):
            continue
        stem = module.path.rsplit(".", 1)[0]
        for name, fn in exported_functions(interp, models, module):
            in_deployment = any(stem.endswith(path) and (name == wanted) for path, wanted in named)
            if not in_deployment and not looks_like_handler(name, fn):
                continue
            kind = kind_of(fn)
            place = place_of(module.path, fn.function.span)
            register(models, Entry(kind, name, place, models.program.member(interp, module, name), EventAndContext))


def deployed(models: Models) -> set[tuple[str, str]]:
    """Return (path without suffix, function) of every handler that a deployment file names."""
    found: set[tuple[str, str]] = set()
    folders = {""} | {models.project.package_root(path) for path in models.project.relevant}
    for path in models.project.relevant:
        parts = path.split("/")[:-1]
        folders.update("/".join(parts[:depth]) for depth in range(len(parts) + 1))
    for folder in sorted(folders):
        for name in DEPLOYMENT_FILES:
            text = models.project.text_file(f"{folder}/{name}" if folder else name)
            if text is None:
                continue
            for match in _REFERENCE.finditer(text.decode("utf-8", "replace")):
                found.add((match.group(1).lstrip("./"), match.group(2)))
    return found


def exported_functions(interp: Interpreter, models: Models, module: LoadedModule) -> list[tuple[str, Fn]]:
    """Return the functions that a module gives away, by name."""
    if module.family == "python":
        names = [stmt.function.name for stmt in module.tree.body if isinstance(stmt, ir.FunctionDef)]
    else:
        common = module.initial.fields if module.initial is not None else {}
        names = [*module.names, *common]
    found: list[tuple[str, Fn]] = []
    for name in dict.fromkeys(names):
        for atom in models.program.member(interp, module, name).atoms():
            if isinstance(atom, Fn) and atom.module is module:
                found.append((name, atom))
                break
    return found


def looks_like_handler(name: str, fn: Fn) -> bool:
    """Whether name and parameters are those of a Lambda handler."""
    params = [p.target.id if isinstance(p.target, ir.Name) else "" for p in fn.function.params]
    if fn.module.family == "python":
        return len(params) == 2 and params[0] in ("event", "_event", "evt") and params[1].lstrip("_") in ("context", "ctx", "")
    if name not in HANDLER_NAMES:
        return False
    return not params or params[0].lstrip("_") in ("event", "evt", "e", "records", "") or annotation_text(fn).endswith("Event")


def annotation_text(fn: Fn) -> str:
    """Return the name of the first parameter's type."""
    if not fn.function.params:
        return ""
    node = fn.function.params[0].annotation
    while isinstance(node, ir.Index):
        node = node.object
    return node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""


def kind_of(fn: Fn) -> EntryKind:
    """Return what starts a handler, by the type of its event."""
    text = annotation_text(fn)
    if _QUEUE.search(text):
        return EntryKind.QUEUE_CONSUMER
    return EntryKind.SCHEDULE if _SCHEDULE.search(text) else EntryKind.HTTP_ROUTE


__all__ = ["NativeFn", "Obj", "collect"]
