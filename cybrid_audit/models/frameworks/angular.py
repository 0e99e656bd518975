"""Angular: what runs in a browser, and when. Components by their lifecycle and by what their templates name, guards and resolvers of
routes, providers of modules and of the application, interceptors of the HTTP client.

A guard of a route keeps a page from being shown; what it asks proves nothing to a server, so that it stands before no step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Const,
    Fn,
    Input,
    Obj,
    Place,
    Value,
    constant,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.limits import MAX_ROUTE_NESTING, MAX_TEMPLATE_BYTES, MAX_TEMPLATE_NAMES
from cybrid_audit.models import http, injection, platform
from cybrid_audit.models.entries import Convention, Entry, on_collect, register
from cybrid_audit.models.frameworks.nest import Decorator, bound_handler, class_decorators
from cybrid_audit.models.javascript import rxjs, ui_state
from cybrid_audit.models.javascript.builtins import settled
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

HOOKS: Final = (
    "ngOnChanges",
    "ngOnInit",
    "ngDoCheck",
    "ngAfterContentInit",
    "ngAfterViewInit",
    "ngAfterViewChecked",
    "ngOnDestroy",
    "ionViewWillEnter",
    "ionViewDidEnter",
    "ionViewWillLeave",
    "transform",
)
"""Methods that the framework calls, of components, directives and pipes."""
ROUTE_FUNCTIONS: Final = ("canActivate", "canActivateChild", "canMatch", "canLoad", "canDeactivate", "resolve")
PROVIDERS: Final = ("providers", "viewProviders")
INITIALIZERS: Final = ("@angular/core.APP_INITIALIZER", "@angular/core.ENVIRONMENT_INITIALIZER")
INTERCEPTORS: Final = "@angular/common/http.HTTP_INTERCEPTORS"

_BOUND: Final = re.compile(
    r"""(?:[\[(*][\w.\-\[()\]@$]{1,100}|(?:bind|on|bindon)-[\w.\-]{1,100})\s{0,20}=\s{0,20}"""
    r"""(?:"(?P<double>[^"]{0,2000})"|'(?P<single>[^']{0,2000})')"""
    r"""|\{\{(?P<shown>(?:(?!\{\{|\}\}).){0,2000})\}\}"""
    r"""|@(?:if|for|switch|case|let|defer)\s{0,20}(?P<control>\([^{;@]{0,1000}\)|[^;{@]{0,1000};)""",
    re.DOTALL,
)
"""Where a template holds expressions: bindings of attributes and events, interpolations, control flow."""
_CHAIN: Final = re.compile(r"(?<![\w$.'\"])(?:this\.)?([A-Za-z_$][\w$]*(?:\s*(?:\?|!)?\.\s*[A-Za-z_$][\w$]*)*)\s*(\()?")
_TEXT: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")


# ---------------------------------------------------------------- decorators, providers


def marked(call: LibraryCall) -> Value | None:
    """`@Component({...})`, `@Injectable()`, `@Directive`, `@Pipe`, `@NgModule`; `kind` is of the data."""
    on_collect(call.models, "angular", lambda interp: collect(interp, call.models))
    native = Decorator(str(call.settings["kind"]), call.args, "", call.place)
    return native_object(call.interp, "decorator", native, call.place, "a decorator")


def started(call: LibraryCall) -> Value | None:
    """`bootstrapApplication(App, {providers})`, `mergeApplicationConfig(…)`, `provideX(…)`: what they are given is provided."""
    on_collect(call.models, "angular", lambda interp: collect(interp, call.models))
    listed = call.interp.new("list", place=call.place)
    for value in call.args.positional:
        held = field_of(value, "providers")
        declare(call.interp, call.models, held if held is not None else value)
        listed.items = [*(listed.items or []), value]
    return value_of(listed)


def declare(interp: Interpreter, models: Models, listed: Value | None) -> None:
    """Take the providers of a list, also those that hold a configuration of the platform's client."""
    from cybrid_audit.models import sdk

    injection.declare(interp, models, listed)
    for key, rows in injection.providers(models).items():
        if isinstance(key, str) and key.startswith("@cybrid/") and key.endswith(".Configuration"):
            for row in rows:
                sdk.set_default(interp, injection.made_by(interp, row))


def inject(call: LibraryCall) -> Value | None:
    """`inject(Token)`, `injector.get(Token)`."""
    first = call.args.get(0)
    return injection.resolve(call.interp, first) if first is not None else None


def interceptors_given(call: LibraryCall) -> Value | None:
    """`withInterceptors([fn, …])`: functions that every request goes through."""
    held: list[Value] = call.models.memory("angular interceptors", list)
    for value in call.args.positional:
        held.extend(each for each in operators.known_items(call.interp, value) or [] if each not in held)
    return unknown("a feature of the HTTP client")


def interceptors(interp: Interpreter) -> list[Value]:
    """Return what requests go through: functions, then instances of the classes that are provided for it."""
    found = list(interp.models.memory("angular interceptors", list))
    provided = injection.providers(interp.models).get(INTERCEPTORS, [])
    return [*found, *(injection.made_by(interp, row) for row in provided)]


# ---------------------------------------------------------------- routes


def routes(call: LibraryCall) -> Value | None:
    """`provideRouter(routes)`, `RouterModule.forRoot(routes)`: guards and resolvers run in the browser, on the way to a page."""
    listed: list[tuple[Value, Place]] = call.models.memory("angular routes", list)
    listed.extend((value, call.place) for value in call.args.positional[:1])
    on_collect(call.models, "angular", lambda interp: collect(interp, call.models))
    return unknown("routes")


def route_functions(interp: Interpreter, listed: Value, depth: int = 0) -> Iterator[tuple[str, Value]]:
    """Yield what the routes of a list run, by the name under which it stands."""
    if depth > MAX_ROUTE_NESTING:
        return
    for item in operators.known_items(interp, listed) or []:
        for route in item.only(Obj):
            for name in ROUTE_FUNCTIONS:
                held = route.fields.get(name)
                if held is None:
                    continue
                rows = operators.known_items(interp, held)
                if rows is None:
                    rows = [each for obj in held.only(Obj) for each in obj.fields.values()] or [held]
                for row in rows:
                    yield name, row
            if "children" in route.fields:
                yield from route_functions(interp, route.fields["children"], depth + 1)


def activated_route(call: LibraryCall) -> Value | None:
    """A part of the address of the page: an observable of it, or in a snapshot the part itself."""
    part = value_of(Input(str(call.settings["part"])))
    return part if ".snapshot." in call.path else rxjs.observable(call.interp, part, call.place)


# ---------------------------------------------------------------- entry points


class Shown(Convention):
    """What a page calls: a person's events are its arguments."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(rest=value_of(Input("body", "event")))


def collect(interp: Interpreter, models: Models) -> None:
    """Register what the framework runs of components, directives, pipes and routes."""
    interp.start(10**6)
    shown: list[tuple[ClassInfo, Decorator]] = []
    for info in [info for info in models.program.classes if info.module.family == "javascript"]:
        if models.recorder.side(info.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        for each in class_decorators(interp, info):
            if each.kind not in ("component", "directive", "pipe", "module", "service"):
                continue
            interp.push(info.scope, info.module, None)
            options = each.args.get(0)
            for name in PROVIDERS:
                declare(interp, models, field_of(options, name))
            interp.pop()
            if each.kind != "module":
                shown.append((info, each))
    for info, each in shown:
        _register(interp, models, info, each)
    for token in INITIALIZERS:
        for row in injection.providers(models).get(token, []):
            start = NativeFn("start", partial(_started, row=row))
            at = row.place or interp.no_place("")
            register(models, Entry(EntryKind.CLIENT, "the start of the application", at, value_of(start), Convention))
    for listed, place in models.memory("angular routes", list):
        module = models.program.load(place.path)
        if module is None:
            continue
        interp.push(module.scope, module, None)
        for name, held in list(route_functions(interp, listed)):
            fn = _guard(interp, held, name)
            if fn is not None:
                at = next((place_of(atom.module.path, atom.function.span) for atom in fn.only(Fn)), place)
                register(models, Entry(EntryKind.CLIENT, f"{name} of a route", at, fn, Shown))
        interp.pop()


def _started(interp: Interpreter, args: Arguments, place: Place, *, row: Obj) -> Value:
    """Run what an initializer's provider makes."""
    made = injection.made_by(interp, row)
    return calls.call(interp, made, Arguments(), place, awaited=True) if ui_state.is_function(made) else made


def initializer(call: LibraryCall) -> Value | None:
    """`provideAppInitializer(fn)`: runs when the application starts."""
    fn = call.args.get(0)
    if fn is not None and ui_state.is_function(fn):
        register(call.models, Entry(EntryKind.CLIENT, "the start of the application", call.place, fn, Convention))
    return unknown("a provider")


def _guard(interp: Interpreter, held: Value, name: str) -> Value | None:
    """Return the function behind a guard or resolver: itself, or the method of a class."""
    from cybrid_audit.models.types import singleton

    for info in held.only(ClassInfo):
        found = info.method(name)
        if found is not None:
            singleton(interp, info)
            return bound_handler(interp, info, found[1], found[0])
    return held if ui_state.is_function(held) else None


def _register(interp: Interpreter, models: Models, info: ClassInfo, mark: Decorator) -> None:
    """Register what makes an instance of a class, its lifecycle and its template."""
    made = NativeFn("new", partial(_made, info=info))
    where = place_of(info.module.path, info.definition.span)
    register(models, Entry(EntryKind.CLIENT, f"new {info.name}", where, value_of(made), Convention))
    for name in HOOKS:
        found = info.method(name)
        if found is not None:
            fn = bound_handler(interp, info, found[1], found[0])
            at = place_of(found[1].module.path, found[0].span)
            register(models, Entry(EntryKind.CLIENT, f"{info.name}.{name}", at, fn, Shown))
    if mark.kind == "component":
        place = mark.place or interp.no_place(info.module.path)
        run = NativeFn("template", partial(_render, info=info, options=mark.args.get(0)))
        register(models, Entry(EntryKind.CLIENT, f"the template of {info.name}", place, value_of(run), Convention))


def _made(interp: Interpreter, args: Arguments, place: Place, *, info: ClassInfo) -> Value:
    """Make an instance as the container does: its fields may subscribe to something, or tell what effects there are."""
    from cybrid_audit.models.types import injected, singleton

    singleton(interp, info)
    return injected(interp, info, shared=True)


# ---------------------------------------------------------------- templates


def _render(interp: Interpreter, args: Arguments, place: Place, *, info: ClassInfo, options: Value | None) -> Value:
    """Read what a component's template names: methods are called, values are shown or handed to other elements."""
    from cybrid_audit.models import sinks
    from cybrid_audit.models.types import singleton

    component = singleton(interp, info)
    known = {name for each in info.ancestry() for name in _members(each)}
    known |= {name for obj in component.only(Obj) for name in obj.fields}
    done: set[tuple[tuple[str, ...], bool]] = set()
    for expression, at in _expressions(interp, info, options, place):
        for found in _CHAIN.finditer(_TEXT.sub("''", expression)):
            names = tuple(re.split(r"\s*[?!]?\.\s*", found[1]))
            key = (names, found[2] is not None)
            if names[0] not in known or key in done or len(done) >= MAX_TEMPLATE_NAMES:
                continue
            done.add(key)
            value = component
            for name in names if found[2] is None else names[:-1]:
                value = rxjs.given_by(interp, attributes.get_attribute(interp, value, name, at))
            if found[2] is not None:
                given = Arguments(rest=value_of(Input("body", "event")))
                value = calls.call_method(interp, value, names[-1], given, at, awaited=True)
                value = rxjs.given_by(interp, value)
            sinks.hand_over(interp, value, at, "render")
    return unknown("markup")


def _members(info: ClassInfo) -> Iterator[str]:
    for function in info.definition.methods:
        yield function.name
    for each in info.definition.fields:
        yield each.name


def _expressions(
    interp: Interpreter, info: ClassInfo, options: Value | None, place: Place
) -> Iterator[tuple[str, Place]]:
    """Yield the expressions of a component's template with their lines: of the literal, or of the file that it names."""
    for atom in (field_of(options, "template") or NOTHING).atoms():
        if isinstance(atom, Const) and isinstance(atom.value, str):
            yield from _found(atom.value, atom.place or place)
    for text in (field_of(options, "templateUrl") or NOTHING).strings():
        path = _beside(info.module.path, text)
        data = interp.models.project.text_file(path) if path is not None else None
        if data is not None and path is not None:
            yield from _found(data.decode("utf-8", "replace"), Place(path, 1, 1, 1, 1))


def _found(page: str, start: Place) -> Iterator[tuple[str, Place]]:
    line, counted = start.line, 0
    for found in _BOUND.finditer(page[:MAX_TEMPLATE_BYTES]):
        line += page.count("\n", counted, found.start())
        counted = found.start()
        yield next((each for each in found.groups() if each is not None), ""), Place(start.path, line, 1, line, 1)


def _beside(importer: str, name: str) -> str | None:
    """Return the path of a file that is named relative to another."""
    parts = importer.split("/")[:-1]
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


# ---------------------------------------------------------------- HTTP


class HttpClient(http.HttpClient):
    """`HttpClient`: every call gives an observable, and goes through the interceptors unless the client is made past them."""

    __slots__ = ("intercepted",)

    def __init__(self, *, intercepted: bool) -> None:
        super().__init__("axios", {})
        self.intercepted = intercepted

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        verb = http.VERBS.get(name)
        if verb is None and name != "request":
            return None
        first = args.get(0)
        ready = (
            [each for each in first.only(Obj) if isinstance(each.native, http.Prepared)] if first is not None else []
        )
        for each in ready:
            if isinstance(each.native, http.Prepared):
                http.merge_headers(interp, each.native.request, each.fields.get("headers"))
                return self._sent(interp, each.native.request, place)
        if verb is None:
            settings: dict[str, object] = {"method": 0, "url": 1, "options": 2}
        elif verb in http.WITH_BODY:
            settings = {"method": verb, "url": 0, "body": 1, "options": 2}
        else:
            settings = {"method": verb, "url": 0, "options": 1}
        return self._sent(interp, http.assemble(interp, args, place, settings, obj), place)

    def _sent(self, interp: Interpreter, out: http.HttpRequest, place: Place) -> Value:
        answer = through(interp, out, place) if self.intercepted else platform.send(interp, out)
        return rxjs.observable(interp, answer, place)


def through(
    interp: Interpreter,
    out: http.HttpRequest,
    place: Place,
    send: Callable[[Interpreter, http.HttpRequest], Value] = platform.send,
) -> Value:
    """Send a request through the interceptors, and return its answer.

    A request that an interceptor itself makes goes past that one: they tell such requests by their address."""
    running: list[Value] = interp.models.memory("angular interceptors at work", list)
    return _pass_on(interp, out, [each for each in interceptors(interp) if each not in running], place, send)


def _pass_on(
    interp: Interpreter,
    out: http.HttpRequest,
    chain: list[Value],
    place: Place,
    send: Callable[[Interpreter, http.HttpRequest], Value],
) -> Value:
    if not chain:
        return send(interp, out)
    first, *rest = chain
    running: list[Value] = interp.models.memory("angular interceptors at work", list)

    def go_on(inner: Interpreter, args: Arguments, at: Place) -> Value:
        result = NOTHING
        for each in args.positional[0].only(Obj) if args.positional else ():
            if isinstance(each.native, Outgoing):
                answer = _pass_on(inner, each.native.request, rest, place, send)
                result = result.join(rxjs.observable(inner, answer, at))
        return result if result.alts else unknown("the answer of a request")

    request = native_object(interp, "request", Outgoing(out), place, "a request")
    handler = native_object(interp, "handler", Handler(go_on), place, "a handler")
    given = Arguments(positional=[request, handler])
    running.append(first)
    try:
        if ui_state.is_function(first):
            answer = calls.call(interp, first, given, place, awaited=True)
        else:
            answer = calls.call_method(interp, first, "intercept", given, place, awaited=True)
    finally:
        running.pop()
    return rxjs.given_by(interp, settled(interp, answer)[0])


class Handler(Native):
    """What an interceptor goes on with: called, or asked to `handle`."""

    __slots__ = ("go_on",)

    def __init__(self, go_on: Callable[[Interpreter, Arguments, Place], Value]) -> None:
        self.go_on = go_on

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return self.go_on(interp, args, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return self.go_on(interp, args, place) if name == "handle" else None


class Outgoing(Native):
    """`HttpRequest` as an interceptor sees it: it does not change, `clone` gives another."""

    __slots__ = ("request",)

    def __init__(self, request: http.HttpRequest) -> None:
        self.request = request

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        out = self.request
        if name == "headers":
            headers = native_object(interp, "headers", Headers(), place, "headers")
            for each in headers.only(Obj):
                each.fields = dict(out.headers)
                each.rest = out.rest_headers
            return headers
        parts = {"url": out.url, "urlWithParams": out.url, "method": out.method, "body": out.body, "params": out.params}
        return parts.get(name) or unknown(f"the {name} of a request", hint=name)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name != "clone":
            return None
        out, change = self.request, args.get(0)
        url, method = field_of(change, "url"), field_of(change, "method")
        body, params = field_of(change, "body"), field_of(change, "params", "setParams")
        made = http.HttpRequest(
            method if method is not None else out.method,
            http.request_url(interp, url) if url is not None else out.url,
            out.place,
            dict(out.headers),
            out.rest_headers,
            params if params is not None else out.params,
            body if body is not None else out.body,
            out.auth,
            list(out.verify),
        )
        headers = field_of(change, "headers")
        if headers is not None:
            made.headers, made.rest_headers = {}, None
            http.merge_headers(interp, made, headers)
        http.merge_headers(interp, made, field_of(change, "setHeaders"))
        return native_object(interp, "request", Outgoing(made), place, "a request")


class Headers(Native):
    """`HttpHeaders`: it does not change, `set` and `append` give another."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        key = args.get(0)
        if name in ("set", "append", "delete") and key is not None:
            made = native_object(interp, "headers", Headers(), place, "headers")
            for each in made.only(Obj):
                each.fields = dict(obj.fields)
                each.rest = obj.rest
                for text in key.strings():
                    each.fields.pop(text.lower(), None)
                    if name != "delete" and len(args.positional) > 1:
                        each.fields[text.lower()] = args.positional[1]
            return made
        if name in ("get", "getAll") and key is not None:
            return next((obj.fields[text.lower()] for text in key.strings() if text.lower() in obj.fields), V_NONE)
        if name == "keys":
            listed = interp.new("list", place=place)
            listed.items = [constant(each) for each in obj.fields]
            return value_of(listed)
        return unknown("whether a header is there") if name == "has" else None


def injected_client(call: LibraryCall) -> Value | None:
    """An injected `HttpClient`, one for the application."""
    made: Value = call.models.memory("angular http client", lambda: _client(intercepted=True))
    return made


def own_client(call: LibraryCall) -> Value | None:
    """`new HttpClient(backend)`: past the interceptors."""
    return _client(intercepted=False)


def _client(*, intercepted: bool) -> Value:
    obj = Obj("client", None, shared=True)
    obj.native = HttpClient(intercepted=intercepted)
    obj.label = "client"
    return value_of(obj)


def signal_of(call: LibraryCall) -> Value | None:
    """`toSignal(observable)`: a function that gives what the observable gives."""
    first = call.args.get(0)
    if first is None:
        return None
    return value_of(ui_state.cell(call.interp, call.place, rxjs.given_by(call.interp, first)))


def observable_of(call: LibraryCall) -> Value | None:
    """`toObservable(signal)`: an observable of what the signal gives."""
    first = call.args.get(0)
    if first is None:
        return None
    held = calls.call(call.interp, first, Arguments(), call.place, awaited=True)
    return rxjs.observable(call.interp, held, call.place)


def passed_in(call: LibraryCall) -> Value | None:
    """`input()`, `input.required()`, `model()`: a signal whose value whoever shows the component gives."""
    start = call.args.get(0) or unknown("what a component is given")
    return value_of(ui_state.cell(call.interp, call.place, start))


__all__ = ["collect", "through"]
