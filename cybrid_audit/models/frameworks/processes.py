"""Parts of an app that talk to each other by messages: the processes of Electron, the scripts of a browser extension.

A message is a call of whoever listens to its channel. All of it runs on one person's device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Const,
    Obj,
    Place,
    Promise,
    Value,
    constant,
    parts_of,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models import http
from cybrid_audit.models.javascript import ui_state
from cybrid_audit.models.javascript.builtins import global_object, maybe, settled
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

LISTENING: Final = (b"onMessage", b"ipcMain.", b"ipcRenderer.on")
BROADCAST: Final = "*"
"""The channel of messages that have none."""


def _listeners(interp: Interpreter, system: str, channel: str) -> list[Value]:
    """Return who listens to a channel; a channel that is not constant may be any."""
    held: dict[tuple[str, str], list[Value]] = interp.models.memory("message listeners", dict)
    return held.setdefault((system, channel), [])


def _channel(call: LibraryCall, position: int) -> str:
    if call.settings.get("channel") is False:
        return BROADCAST
    given = call.args.get(position)
    return next(iter(given.strings()), BROADCAST) if given is not None else BROADCAST


def listens(call: LibraryCall) -> Value | None:
    """`ipcMain.handle(channel, fn)`, `ipcRenderer.on(channel, fn)`, `runtime.onMessage.addListener(fn)`.

    `system` names the direction in which messages go; with `channel: false` there is one channel for all."""
    system, has_channel = str(call.settings["system"]), call.settings.get("channel") is not False
    fn = call.args.get(1 if has_channel else 0)
    if fn is not None and ui_state.is_function(fn):
        held = _listeners(call.interp, system, _channel(call, 0))
        if fn not in held:
            held.append(fn)
            call.interp.store_version += 1
    return V_NONE


def sends(call: LibraryCall) -> Value | None:
    """`ipcRenderer.invoke(channel, …)`, `webContents.send(channel, …)`, `runtime.sendMessage(message)`: the answer of who listens."""
    interp, place = call.interp, call.place
    has_channel = call.settings.get("channel") is not False
    channel = _channel(call, 0)
    given = [each for each in call.args.positional[int(has_channel) :] if not ui_state.is_function(each)]
    answers: list[Value] = []

    def answered(at: int) -> Value:
        def take(inner: Interpreter, args: Arguments, here: Place) -> Value:
            answers.extend(args.positional[at : at + 1])
            return V_NONE

        return value_of(NativeFn("reply", take))

    _ready(interp)
    event = interp.new("object", place=place)
    event.fields = {"reply": answered(1)}
    event.fields["sender"] = value_of(event)
    event.fields["senderFrame"] = unknown("a frame")
    for fn in list(_listeners(interp, str(call.settings["system"]), channel)):
        if interp.state is None:
            break
        args = [value_of(event), *given] if has_channel else [*given[-1:], value_of(event), answered(0)]
        returned = calls.call(interp, fn, Arguments(positional=args), place, awaited=True)
        answers.append(settled(interp, returned)[0])
        if "returnValue" in event.fields:
            answers.append(event.fields["returnValue"])
    result = NOTHING
    for each in answers:
        result = result.join(each)
    callback = next((each for each in call.args.positional if ui_state.is_function(each)), None)
    if callback is not None:
        maybe(interp, callback, Arguments(positional=[result]), place)
    return value_of(Promise(result)) if result.alts else None


def _ready(interp: Interpreter) -> None:
    """Run the modules that listen, before a message is sent: which of them is loaded first says nothing."""
    if interp.models.module_depth == 0:
        return
    project = interp.models.project
    for path in project.relevant:
        if path not in _done(interp) and any(text in project.peek(path) for text in LISTENING):
            _done(interp).add(path)
            module = interp.program.load(path)
            if module is not None:
                interp.program.ensure(interp, module)


def _done(interp: Interpreter) -> set[str]:
    held: set[str] = interp.models.memory("modules that listen", set)
    return held


class Worker(Native):
    """A web worker, as the page has it: messages go to the module that it runs, and come from there."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "postMessage" and args.positional:
            _tell(interp, "to worker", self.path, args.positional[0], place)
            return V_NONE
        if name == "addEventListener" and len(args.positional) > 1:
            _hear(interp, "from worker", self.path, args.positional[1])
            return V_NONE
        return V_NONE if name in ("terminate", "removeEventListener") else None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "onmessage":
            _hear(interp, "from worker", self.path, new)
        return name in ("onmessage", "onerror")


def worker(call: LibraryCall) -> Value | None:
    """`new Worker(new URL("./module.ts", import.meta.url))`, `new Worker("/module.js")`."""
    texts = {
        text
        for value in call.args.positional[:1]
        for atom in http.request_url(call.interp, value).atoms()
        for part in parts_of(atom)
        if isinstance(part, Const) and (text := text_of(part))
    }
    for text in sorted(texts):
        path = call.models.project.resolve(call.place.path, text if text[:1] in "./" else f"./{text}")
        module = call.interp.program.load(path) if path is not None else None
        if path is not None and module is not None:
            call.interp.program.ensure(call.interp, module)
            return native_object(call.interp, "worker", Worker(path), call.place, "a worker")
    return None


def _hear(interp: Interpreter, system: str, path: str, fn: Value) -> None:
    held = _listeners(interp, system, path)
    if ui_state.is_function(fn) and fn not in held:
        held.append(fn)
        interp.store_version += 1


def _tell(interp: Interpreter, system: str, path: str, data: Value, place: Place) -> None:
    event = interp.new("object", place=place)
    event.fields = {"data": data}
    for fn in list(_listeners(interp, system, path)):
        maybe(interp, fn, Arguments(positional=[value_of(event)]), place)


def worker_global(call: LibraryCall) -> Value | None:
    """`postMessage(data)`, `addEventListener("message", fn)` of a module that a worker runs."""
    path = call.interp.frame.module.path
    if call.path.endswith("postMessage") and call.args.positional:
        _tell(call.interp, "from worker", path, call.args.positional[0], call.place)
        return V_NONE
    if len(call.args.positional) > 1 and "message" in call.args.positional[0].strings():
        _hear(call.interp, "to worker", path, call.args.positional[1])
    return None


def global_listener(call: LibraryCall) -> Value | None:
    """`self.onmessage = fn`."""
    if call.path == "onmessage":
        _hear(call.interp, "to worker", call.interp.frame.module.path, call.args.positional[0])
    return None


def exposes(call: LibraryCall) -> Value | None:
    """`contextBridge.exposeInMainWorld(name, api)`: the page has the object as a global."""
    name, api = call.args.get(0), call.args.get(1)
    page = global_object(call)
    if name is not None and api is not None and page is not None:
        for text in name.strings():
            attributes.set_item(call.interp, page, constant(text), api, call.place)
    return V_NONE
