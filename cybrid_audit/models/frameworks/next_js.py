"""Next.js: handlers are found by the names of files and exports; middleware by its file and matcher."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, operators
from cybrid_audit.engine.values import Arguments, Fn, Input, Obj, Place, Value, place_of, unknown, value_of
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.limits import MAX_PATTERN_LENGTH, MAX_PATTERN_OPTIONS, MAX_PATTERN_REPEATS
from cybrid_audit.models.entries import Convention, Entry, Step, register
from cybrid_audit.models.frameworks import pages
from cybrid_audit.models.frameworks.handlers import unwrapped
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.frameworks.router import RequestReply, join_paths

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule
    from cybrid_audit.models import Models

VERBS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_APP_ROUTE: Final = re.compile(r"(?:^|/)app/(?P<route>.*/)?route\.[cm]?[jt]sx?$")
_APP_PAGE: Final = re.compile(r"(?:^|/)app/(?P<route>.*/)?(?:page|layout|template|default)\.[jt]sx?$")
_PAGES_API: Final = re.compile(r"(?:^|/)pages/(?P<route>api/.*)\.[cm]?[jt]sx?$")
_PAGE: Final = re.compile(r"(?:^|/)pages/(?P<route>.*)\.[jt]sx?$")
_ONE_SIGN: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]", re.DOTALL)
_OPENING: Final = re.compile(r"\(\?<?[:=!]")
_REPEATED: Final = re.compile(r"[*+{]")
_MIDDLEWARE: Final = re.compile(r"^(?P<root>.*/)?(?:src/)?(?:middleware|proxy)\.[cm]?[jt]s$")


class RequestAndParams(Convention):
    """`GET(request, { params })`."""

    def __init__(self) -> None:
        self.request: Value | None = None

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        if self.request is None:
            self.request = request_object(interp, place)
        context = interp.new("object", place=place)
        context.fields = {"params": value_of(Input("path")), "searchParams": value_of(Input("query"))}
        return Arguments(positional=[self.request, value_of(context)])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments(positional=[self.arguments(interp, step.fn).positional[0], unknown("the event")])


class ActionArguments(Convention):
    """A server action: every argument comes from the client."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        function = next((atom.function for atom in fn.atoms() if isinstance(atom, Fn)), None)
        count = len(function.params) if function is not None else 1
        names = (
            [p.target.id if isinstance(p.target, ir.Name) else "" for p in function.params]
            if function is not None
            else [""]
        )
        return Arguments(positional=[value_of(Input("body", name)) for name in names[:count]])


class PageProps(RequestAndParams):
    """A server component: its props are the path and the query."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        props = interp.new("object", place=interp.no_place(interp.frame.module.path))
        props.fields = {"params": value_of(Input("path")), "searchParams": value_of(Input("query"))}
        return Arguments(positional=[value_of(props)])


def collect(interp: Interpreter, models: Models) -> None:
    """Register what the file names and exports of every module say."""
    guards = middleware(interp, models)
    for module in list(models.program.modules.values()):
        if module.family != "javascript" or models.recorder.side(module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        actions(interp, models, module, guards)
        if "next" not in models.project.packages(module.path):
            continue
        found = _APP_ROUTE.search(module.path)
        if found is not None:
            path = route_path(found.group("route") or "")
            for verb in VERBS:
                if verb in module.exports or verb in module.reexports:
                    add(
                        interp,
                        models,
                        module,
                        verb,
                        EntryKind.HTTP_ROUTE,
                        f"{verb} {path}",
                        RequestAndParams,
                        guards,
                        path,
                        verb,
                    )
            continue
        found = _APP_PAGE.search(module.path)
        if found is not None and models.recorder.side(module.path) is not Side.CLIENT:
            path = route_path(found.group("route") or "")
            add(interp, models, module, "default", EntryKind.HTTP_ROUTE, f"page {path}", PageProps, guards, path, "GET")
            continue
        found = _PAGES_API.search(module.path)
        if found is not None:
            path = route_path(found.group("route"))
            add(interp, models, module, "default", EntryKind.HTTP_ROUTE, f"ALL {path}", RequestReply, guards, path, "")
            continue
        found = _PAGE.search(module.path)
        if found is not None:
            page(interp, models, module, route_path(found.group("route")), guards)


def page(
    interp: Interpreter,
    models: Models,
    module: LoadedModule,
    path: str,
    guards: list[tuple[str, list[str] | None, Step]],
) -> None:
    """Register the data functions of a page, and its component, which the browser runs with what they returned."""
    data = partial(ServerSideProps, module.path, "props", "props")
    for name in ("getServerSideProps", "getStaticProps"):
        if name in module.exports or name in module.reexports:
            add(interp, models, module, name, EntryKind.HTTP_ROUTE, f"page {path}", data, guards, path, "GET")
    if "default" not in module.exports and "default" not in module.reexports:
        return
    component = models.program.member(interp, module, "default")
    initial = attributes.get_attribute(interp, component, "getInitialProps", interp.no_place(module.path))
    for fn in initial.only(Fn):
        at = place_of(fn.module.path, fn.function.span)
        make = partial(ServerSideProps, module.path, "props")
        register(models, Entry(EntryKind.HTTP_ROUTE, f"page {path}", at, value_of(fn), make, [], path, "GET"))
    props = partial(pages.props_of, module.path, {"*": "props", "pageProps": "props"})
    pages.show(interp, models, module.path, component, props, f"the page {path}")


class ServerSideProps(pages.Data):
    """`getServerSideProps(context)`: what it returns is serialised into the page."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        context = interp.new("object", place=place)
        context.fields = {
            "req": request_object(interp, place),
            "res": reply_object(interp, place),
            "params": value_of(Input("path")),
            "query": value_of(Input("query")),
        }
        return Arguments(positional=[value_of(context)])


def route_path(route: str) -> str:
    """Return the URL path of a file's folder: groups, slots and intercepting marks dropped."""
    segments = [
        s
        for s in route.strip("/").split("/")
        if s and not (s.startswith("(") and s.endswith(")")) and not s.startswith("@")
    ]
    if segments and segments[-1] == "index":
        segments.pop()
    return join_paths(*segments) or "/"


def add(
    interp: Interpreter,
    models: Models,
    module: LoadedModule,
    export: str,
    kind: EntryKind,
    name: str,
    convention: Callable[[], Convention],
    guards: list[tuple[str, list[str] | None, Step]],
    path: str,
    method: str,
) -> None:
    """Register an exported handler behind the middleware that covers its path."""
    handler = unwrapped(models.program.member(interp, module, export))
    if not any(isinstance(atom, Fn | Obj) or hasattr(atom, "impl") for atom in handler.atoms()):
        return
    fn = next((atom for atom in handler.atoms() if isinstance(atom, Fn) and atom.module is module), None)
    place = place_of(module.path, fn.function.span) if fn is not None else interp.no_place(module.path)
    steps = [
        step
        for root, matchers, step in guards
        if module.path.startswith(root) and (matchers is None or any(matches(m, path) for m in matchers))
    ]
    register(models, Entry(kind, name, place, handler, convention, steps, path, method))


def actions(
    interp: Interpreter, models: Models, module: LoadedModule, guards: list[tuple[str, list[str] | None, Step]]
) -> None:
    """Register server actions: exports of a `use server` file, and functions that start with that directive."""
    if "use server" in module.tree.directives:
        for name in module.names:
            add(interp, models, module, name, EntryKind.SERVER_ACTION, name, ActionArguments, [], "", "POST")
    for fn in list(models.program.functions.values()):
        if fn.module is module and "use server" in fn.function.directives:
            place = place_of(module.path, fn.function.span)
            register(
                models,
                Entry(
                    EntryKind.SERVER_ACTION, fn.function.name or "a server action", place, value_of(fn), ActionArguments
                ),
            )


def middleware(interp: Interpreter, models: Models) -> list[tuple[str, list[str] | None, Step]]:
    """Return the middleware files with the folder each serves and its matchers (None for every path)."""
    found: list[tuple[str, list[str] | None, Step]] = []
    for path in models.project.files:
        match = _MIDDLEWARE.match(path)
        if match is None or "next" not in models.project.packages(path):
            continue
        module = models.program.load(path)
        if module is None:
            continue
        models.program.ensure(interp, module)
        for name in ("middleware", "proxy", "default"):
            if name in module.exports or name in module.reexports:
                fn = models.program.member(interp, module, name)
                config = models.program.member(interp, module, "config")
                place = Place(path, 1, 0, 1, 0)
                found.append((match.group("root") or "", matchers_of(interp, config, place), Step(fn, "hook", place)))
                break
    return found


def matchers_of(interp: Interpreter, config: Value, place: Place) -> list[str] | None:
    """Return the constant path patterns of a middleware's `config.matcher`, None when it has none."""
    objects = config.only(Obj)
    if not objects:
        return None
    held = attributes.get_attribute(interp, value_of(objects[0]), "matcher", place)
    items = operators.known_items(interp, held)
    result: list[str] = []
    for item in items if items is not None else [held]:
        result.extend(item.strings())
        for obj in item.only(Obj):
            # A condition on headers or cookies lets a client choose not to be matched.
            if "source" in obj.fields and not {"has", "missing"} & set(obj.fields):
                result.extend(obj.fields["source"].strings())
    return result if result or held.only(Obj) else None


def matches(pattern: str, path: str) -> bool:
    """Whether a matcher covers a path: `:name`, `:name*` and regular expressions in parentheses.

    An expression that could take long, or that Python does not read, covers nothing: what it guards is not known."""
    if len(pattern) > MAX_PATTERN_LENGTH or len(path) > MAX_PATTERN_LENGTH or not _is_tame(pattern):
        return False
    expression = ""
    rest = pattern
    while rest:
        found = re.match(r"/:\w+([*+?])?|/\((.*?)\)(?=/|$)|/\((.*)\)$|:\w+([*+?])?", rest)
        if found is not None:
            if found.group(2) is not None or found.group(3) is not None:
                expression += "/" + "(?:" + (found.group(2) if found.group(2) is not None else found.group(3)) + ")"
            else:
                mark = found.group(1) or found.group(4) or ""
                expression += {"*": "(?:/.*)?", "+": "/.+", "?": "(?:/[^/]+)?"}.get(mark, "/[^/]+")
            rest = rest[found.end() :]
        else:
            expression += re.escape(rest[0])
            rest = rest[1:]
    try:
        return re.fullmatch(expression + "/?", path) is not None
    except (re.error, OverflowError, RecursionError):
        return False


def _is_tame(pattern: str) -> bool:
    """Whether matching takes time that a small power of the path's length bounds: few repetitions, none inside another."""
    bare = _OPENING.sub("(", _ONE_SIGN.sub("a", pattern))
    if len(_REPEATED.findall(bare)) > MAX_PATTERN_REPEATS or bare.count("?") > MAX_PATTERN_OPTIONS:
        return False
    opened: list[bool] = [False]
    for at, sign in enumerate(bare):
        if sign == "(":
            opened.append(False)
        elif sign == ")":
            repeats = opened.pop() if len(opened) > 1 else False
            if repeats and bare[at + 1 : at + 2] in tuple("*+{"):
                return False
            opened[-1] = opened[-1] or repeats
        elif sign in "*+{|?":
            opened[-1] = True
    return True
