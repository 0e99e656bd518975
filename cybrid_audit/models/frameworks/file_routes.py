"""Frameworks that find handlers by the names of files and exports: SvelteKit, Nuxt and Nitro, Remix and React Router, Astro,
SolidStart, Fresh, Expo, Netlify, Vercel, Gatsby."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Fn,
    Input,
    Obj,
    Place,
    Value,
    place_of,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models.entries import Convention, Entry, Step, register
from cybrid_audit.models.frameworks import pages
from cybrid_audit.models.frameworks.components import Data, PageOfAstro, PageOfSvelte, keep
from cybrid_audit.models.frameworks.events import FromClient, OneEvent, RequestAndEvent
from cybrid_audit.models.frameworks.handlers import functions, is_callable, place_for, route_kind, unwrapped
from cybrid_audit.models.frameworks.router import RequestReply, join_paths
from cybrid_audit.models.javascript.builtins import settled
from cybrid_audit.models.native import Native

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule
    from cybrid_audit.models import Models

VERBS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ALL", "fallback")
_SUFFIX: Final = r"\.[cm]?[jt]sx?$"
_SVELTE_ENDPOINT: Final = re.compile(r"(?:^|/)routes/(?P<route>.*/)?\+server" + _SUFFIX)
_SVELTE_PAGE: Final = re.compile(r"(?:^|/)routes/(?P<route>.*/)?\+(?P<kind>page|layout)\.server" + _SUFFIX)
_SVELTE_LOAD: Final = re.compile(r"(?:^|/)routes/(?P<route>.*/)?\+(?P<kind>page|layout)" + _SUFFIX)
_SVELTE_MARKUP: Final = re.compile(r"(?:^|/)routes/(?P<route>.*/)?\+(?P<kind>page|layout|error)(?:@.*)?\.svelte$")
_SVELTE_REMOTE: Final = re.compile(r"\.remote" + _SUFFIX)
_SVELTE_HOOKS: Final = re.compile(r"^(?P<root>.*/)?src/hooks\.server(?:/index)?" + _SUFFIX)
_NITRO_ROUTE: Final = re.compile(
    r"(?:^|/)server/(?P<kind>api|routes)/(?P<route>.*?)(?:\.(?P<verb>get|post|put|patch|delete|head|options))?"
    + _SUFFIX
)
_BARE_NITRO_ROUTE: Final = re.compile(
    r"(?:^|/)(?P<kind>api|routes)/(?P<route>.*?)(?:\.(?P<verb>get|post|put|patch|delete|head|options))?" + _SUFFIX
)
_NITRO_MIDDLEWARE: Final = re.compile(r"^(?P<root>.*/)?(?:server/)?middleware/[^/]+" + _SUFFIX)
_NITRO_TASK: Final = re.compile(r"(?:^|/)(?:server/)?tasks/(?P<route>.*)" + _SUFFIX)
_NUXT_PAGE: Final = re.compile(r"^(?P<root>.*/)?(?:pages/(?P<route>.*)|app|layouts/.*|error)\.vue$")
_REMIX_ROUTES: Final = re.compile(r"(?:^|/)app/(?:routes/.*|root|routes)" + _SUFFIX)
_ASTRO_ENDPOINT: Final = re.compile(r"(?:^|/)src/pages/(?P<route>.*)\.[cm]?[jt]s$")
_ASTRO_PAGE: Final = re.compile(r"(?:^|/)src/pages/(?P<route>.*)\.astro$")
_ASTRO_MIDDLEWARE: Final = re.compile(r"^(?P<root>.*/)?src/middleware(?:/index)?\.[cm]?[jt]s$")
_ASTRO_ACTIONS: Final = re.compile(r"(?:^|/)src/actions(?:/index)?\.[cm]?[jt]s$")
_SOLID_ROUTE: Final = re.compile(r"(?:^|/)src/routes/(?P<route>.*)" + _SUFFIX)
_FRESH_ROUTE: Final = re.compile(r"(?:^|/)routes/(?P<route>.*)" + _SUFFIX)
_EXPO_API: Final = re.compile(r"(?:^|/)app/(?P<route>.*)\+api" + _SUFFIX)
_NETLIFY: Final = re.compile(r"(?:^|/)netlify/(?:edge-)?functions/(?P<route>[^/]+?)(?:/index)?" + _SUFFIX)
_VERCEL: Final = re.compile(r"^(?:.*/)?api/(?P<route>.*)" + _SUFFIX)
_GATSBY: Final = re.compile(r"(?:^|/)src/api/(?P<route>.*)" + _SUFFIX)
_GATSBY_BUILD: Final = re.compile(r"(?:^|/)gatsby-node\.[cm]?[jt]s$")
GATSBY_HOOKS: Final = (
    "createPages",
    "createPagesStatefully",
    "onCreatePage",
    "sourceNodes",
    "onPreInit",
    "onPostBuild",
)

Guard = tuple[str, Step]
"""The folder that a middleware serves, and the middleware."""


def collect(interp: Interpreter, models: Models) -> None:
    """Register what the file names and exports of every module say."""
    finders = [(needs, finder) for needs, finder in FINDERS]
    guards: dict[str, list[Guard]] = {}
    for module in list(models.program.modules.values()):
        if module.family != "javascript" or models.recorder.side(module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        packages = models.project.packages(module.path)
        for needs, finder in finders:
            if needs and not any(
                name in packages or any(each.startswith(name[:-1]) for each in packages if name.endswith("*"))
                for name in needs
            ):
                continue
            if finder(interp, models, module, guards):
                break


# ---------------------------------------------------------------- shared


def exported(interp: Interpreter, models: Models, module: LoadedModule, name: str) -> tuple[Value, Place] | None:
    """Return what a module exports under a name as something to call, and where it stands; None when it is none."""
    if name not in module.exports and name not in module.reexports and module.common_js() is None and not module.stars:
        return None
    handler = unwrapped(models.program.member(interp, module, name))
    if not any(
        isinstance(atom, Fn) or hasattr(atom, "impl") or (isinstance(atom, Obj) and isinstance(atom.native, Native))
        for atom in handler.atoms()
    ):
        return None
    own = next((atom for atom in handler.atoms() if isinstance(atom, Fn) and atom.module is module), None)
    return handler, place_of(module.path, own.function.span) if own is not None else interp.no_place(module.path)


def add(
    interp: Interpreter,
    models: Models,
    module: LoadedModule,
    export: str,
    make: Callable[[str, str], Convention],
    path: str,
    verb: str,
    steps: list[Step],
    kind: EntryKind | None = None,
    called: str = "",
) -> bool:
    """Register an export as an entry point."""
    found = exported(interp, models, module, export)
    if found is None:
        return False
    handler, place = found
    handler, before = opened(handler)
    name = called or f"{verb or 'ALL'} {path or '/'}"
    register(
        models,
        Entry(
            kind or route_kind(path),
            name,
            place_for(handler, place) if place.end_line == 1 else place,
            handler,
            lambda: make(verb, path),
            [*steps, *before],
            path,
            verb,
        ),
    )
    return True


def opened(handler: Value) -> tuple[Value, list[Step]]:
    """Return a handler without what a builder put around it, and the steps that it put before it."""
    from cybrid_audit.models.frameworks.nitro import EventHandler

    result, steps = NOTHING, []
    for atom, proofs in handler.alts:
        if isinstance(atom, Obj) and isinstance(atom.native, EventHandler):
            result = result.join(atom.native.fn.with_proofs(proofs))
            steps.extend(atom.native.steps)
        else:
            result = result.join(Value(((atom, proofs),)))
    return result, steps


def url_path(route: str, *prefix: str) -> str:
    """Return the URL path of a file: groups and layouts dropped, parameters as `:name`."""
    segments = []
    for segment in route.strip("/").split("/"):
        if not segment or (segment.startswith("(") and segment.endswith(")")) or segment == "index":
            continue
        parameter = re.fullmatch(r"\[+(?:\.\.\.)?(\w+).*\]+|\$(\w*)", segment)
        segments.append(f":{parameter.group(1) or parameter.group(2) or 'rest'}" if parameter else segment)
    return join_paths(*prefix, *segments) or "/"


def files(models: Models, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the files of the project that fit a pattern, in the order of their names."""
    for path in sorted(models.project.files):
        match = pattern.search(path)
        if match is not None:
            yield path, match


def guards_of(
    interp: Interpreter,
    models: Models,
    guards: dict[str, list[Guard]],
    name: str,
    pattern: re.Pattern[str],
    exports: tuple[str, ...],
    mode: str,
) -> list[Guard]:
    """Return the middleware files that fit a pattern, found once."""
    if name in guards:
        return guards[name]
    found: list[Guard] = []
    for path, match in files(models, pattern):
        if models.recorder.side(path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        module = models.program.load(path)
        if module is None:
            continue
        models.program.ensure(interp, module)
        for export in exports:
            if export in module.exports or export in module.reexports:
                held = models.program.member(interp, module, export)
                for fn in functions(interp, [held]):
                    inner, before = opened(fn)
                    place = place_for(inner, interp.no_place(path))
                    found.extend((match.group("root") or "", step) for step in before)
                    found.append((match.group("root") or "", Step(inner, mode, place)))
                break
    guards[name] = found
    return found


def covering(found: list[Guard], path: str) -> list[Step]:
    """Return the middleware that serves the folder of a file."""
    return [step for root, step in found if path.startswith(root)]


# ---------------------------------------------------------------- SvelteKit


class SvelteEvent(OneEvent):
    """`handler(event)`; `handle({event, resolve})`."""

    next_name = "resolve"


class SvelteLoad(SvelteEvent):
    """`load(event)`, or a form action: what it returns is sent, and is what the pages of its route get."""

    def __init__(self, path: str, what: str = "data", *, is_client: bool = False) -> None:
        super().__init__("POST" if what == "form" else "GET")
        self.file = path
        self.what = what
        self.is_client = is_client

    def made(self, interp: Interpreter) -> Value:
        fresh = self.event is None
        event = super().made(interp)
        if fresh and self.what == "data":
            above = Data.around(interp, self.file, own=False)
            for obj in event.only(Obj):
                obj.fields["parent"] = value_of(NativeFn("parent", lambda inner, args, place: above))
                if self.is_client:
                    obj.fields["data"] = Data.around(interp, self.file)
        return event

    def returned(self, interp: Interpreter, value: Value, place: Place) -> None:
        if not self.is_client:
            super().returned(interp, value, place)
        keep(interp, Data.key(self.file, self.what), settled(interp, value)[0])


def svelte(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """SvelteKit: endpoints, load functions, form actions, remote functions; behind `handle` of hooks.server."""
    path = module.path
    steps = covering(guards_of(interp, models, guards, "svelte", _SVELTE_HOOKS, ("handle",), "next"), path)
    found = _SVELTE_ENDPOINT.search(path)
    if found is not None:
        for verb in VERBS:
            add(
                interp,
                models,
                module,
                verb,
                SvelteEvent,
                url_path(found.group("route") or ""),
                "" if verb in ("ALL", "fallback") else verb,
                steps,
            )
        return True
    found = _SVELTE_MARKUP.search(path)
    if found is not None:
        route = url_path(found.group("route") or "")
        made = lambda verb, _: PageOfSvelte(path)  # noqa: E731 - one use, bound here
        return add(interp, models, module, "default", made, route, "", [], EntryKind.CLIENT, f"page {route}")
    found = _SVELTE_LOAD.search(path)
    if found is not None:
        route = url_path(found.group("route") or "")
        make = lambda verb, _: SvelteLoad(path, is_client=True)  # noqa: E731 - one use, bound here
        return add(interp, models, module, "load", make, route, "", [], EntryKind.CLIENT, f"load {route}")
    found = _SVELTE_PAGE.search(path)
    if found is not None:
        route = url_path(found.group("route") or "")
        make = lambda verb, _: SvelteLoad(path)  # noqa: E731 - one use, bound here
        add(interp, models, module, "load", make, route, "GET", steps, called=f"load {route}")
        if "actions" in module.exports or "actions" in module.reexports:
            for obj in models.program.member(interp, module, "actions").only(Obj):
                for name, value in obj.fields.items():
                    fn = unwrapped(value)
                    if is_callable(fn):
                        entry = Entry(
                            EntryKind.SERVER_ACTION,
                            f"action {name} of {route}",
                            place_for(fn, interp.no_place(path)),
                            fn,
                            lambda: SvelteLoad(path, "form"),
                            steps,
                            route,
                            "POST",
                        )
                        register(models, entry)
        return True
    if _SVELTE_REMOTE.search(path):
        for name in module.names:
            remote(interp, models, module, name, steps)
        return True
    return False


def remote(interp: Interpreter, models: Models, module: LoadedModule, name: str, steps: list[Step]) -> None:
    """Register a function that clients call by name, whatever wraps it."""
    found = exported(interp, models, module, name)
    if found is not None:
        handler, place = found
        register(models, Entry(EntryKind.SERVER_ACTION, name, place_for(handler, place), handler, FromClient, steps))


# ---------------------------------------------------------------- Nuxt, Nitro


class OfPage(Convention):
    """A page of Nuxt: it has no properties."""

    def __init__(self, verb: str, path: str) -> None:
        del verb, path

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[value_of(interp.new("object", place=interp.no_place(interp.frame.module.path)))])


def nitro(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """Nuxt and Nitro: files of server/api and server/routes, behind server/middleware in the order of file names."""
    path = module.path
    page = _NUXT_PAGE.search(path)
    if page is not None:
        route = url_path(page.group("route") or "")
        called = f"page {route}" if page.group("route") else path.rsplit("/", 1)[-1]
        return add(interp, models, module, "default", OfPage, route, "", [], EntryKind.CLIENT, called)
    bare = "nuxt" not in models.project.packages(path)
    found = _NITRO_ROUTE.search(path) or (_BARE_NITRO_ROUTE.search(path) if bare else None)
    steps = covering(guards_of(interp, models, guards, "nitro", _NITRO_MIDDLEWARE, ("default",), "hook"), path)
    if found is not None:
        route = url_path(found.group("route"), "api" if found.group("kind") == "api" else "")
        verb = (found.group("verb") or "").upper()
        return add(interp, models, module, "default", OneEvent, route, verb, steps)
    if _NITRO_TASK.search(path):
        for obj in models.program.member(interp, module, "default").only(Obj) if "default" in module.exports else []:
            run = obj.fields.get("run")
            if run is not None and is_callable(unwrapped(run)):
                fn = unwrapped(run)
                register(
                    models,
                    Entry(
                        EntryKind.SCHEDULE,
                        f"task {path.rsplit('/', 1)[-1]}",
                        place_for(fn, interp.no_place(path)),
                        fn,
                        OneEvent,
                    ),
                )
                return True
    return False


# ---------------------------------------------------------------- Remix, React Router


class RouteArguments(pages.Data):
    """`loader({request, params, context})`; middleware gets a function that goes on besides."""


def remix(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """Remix and React Router: `loader` and `action` of route modules, behind the middleware of the module and those around it."""
    path = module.path
    names = [name for name in ("loader", "action") if name in module.exports or name in module.reexports]
    if not names:
        return False
    steps: list[Step] = []
    for parent in around(interp, models, module):
        for export in ("middleware", "unstable_middleware"):
            if export in parent.exports:
                steps.extend(
                    Step(fn, "response", place_for(fn, interp.no_place(parent.path)))
                    for fn in functions(interp, [models.program.member(interp, parent, export)])
                )
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    route = path.partition("routes/")[2].rsplit(".", 1)[0] if "routes/" in path else stem
    where = (
        join_paths(
            *[
                f":{s[1:] or 'rest'}" if s.startswith("$") else s
                for s in re.split(r"[./]", route)
                if s and not s.startswith("_") and s not in ("index", "route")
            ]
        )
        or "/"
    )
    for name in names:
        verb = "GET" if name == "loader" else ""
        make = partial(RouteArguments, path, name, "")
        add(interp, models, module, name, make, where, verb, steps, called=f"{name} {where}")
    if "default" in module.exports:
        props = partial(pages.props_of, path, {"loaderData": "loader", "actionData": "action"})
        pages.show(interp, models, path, models.program.member(interp, module, "default"), props, f"the page {where}")
    return True


def around(interp: Interpreter, models: Models, module: LoadedModule) -> list[LoadedModule]:
    """Return the route modules around a route, outermost first, and the route itself: by `app/routes.ts`, else by file names."""
    path = module.path
    root = path.partition("app/")[0] + "app/"
    chain: list[str] = []
    for suffix in ("tsx", "jsx", "ts", "js"):
        if f"{root}root.{suffix}" in models.project.files and f"{root}root.{suffix}" != path:
            chain.append(f"{root}root.{suffix}")
            break
    configured = layouts(interp, models, root).get(path)
    if configured is not None:
        chain += configured
    elif "routes/" in path:
        head, _, name = path.rpartition("routes/")
        stem = name.rsplit(".", 1)[0].removesuffix("/route")
        parts = stem.split(".")
        for size in range(1, len(parts)):
            for suffix in ("tsx", "jsx", "ts", "js"):
                for candidate in (
                    f"{head}routes/{'.'.join(parts[:size])}.{suffix}",
                    f"{head}routes/{'.'.join(parts[:size])}/route.{suffix}",
                ):
                    if candidate in models.project.files:
                        chain.append(candidate)
    found = [models.program.load(each) for each in dict.fromkeys(chain)]
    modules = [each for each in found if each is not None]
    for each in modules:
        models.program.ensure(interp, each)
    return [*modules, module]


def layouts(interp: Interpreter, models: Models, root: str) -> dict[str, list[str]]:
    """Return the route modules around each module that `app/routes.ts` names."""
    held: dict[str, dict[str, list[str]]] = models.memory("react router layouts", dict)
    if root in held:
        return held[root]
    result: dict[str, list[str]] = {}
    held[root] = result
    for suffix in ("ts", "js"):
        config = (
            models.program.load(f"{root}routes.{suffix}") if f"{root}routes.{suffix}" in models.project.files else None
        )
        if config is None:
            continue
        models.program.ensure(interp, config)
        visit(interp, models.program.member(interp, config, "default"), root, [], result)
    return result


def visit(interp: Interpreter, value: Value, root: str, chain: list[str], result: dict[str, list[str]]) -> None:
    """Walk the tree that `route()`, `index()`, `layout()` and `prefix()` make."""
    if len(chain) > 8:
        return
    for obj in value.only(Obj):
        if obj.kind == "list":
            for item in operators.known_items(interp, value_of(obj)) or []:
                visit(interp, item, root, chain, result)
            continue
        file = next(iter((obj.fields.get("file") or NOTHING).strings()), "")
        path = root + file.removeprefix("./") if file else ""
        if path:
            result.setdefault(path, chain)
        children = obj.fields.get("children")
        if children is not None:
            visit(interp, children, root, [*chain, path] if path else chain, result)


# ---------------------------------------------------------------- Astro, SolidStart, Fresh, Expo, functions of hosts


def astro(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """Astro: endpoints and actions, behind `onRequest` of src/middleware."""
    path = module.path
    steps = covering(guards_of(interp, models, guards, "astro", _ASTRO_MIDDLEWARE, ("onRequest",), "next"), path)
    if _ASTRO_ACTIONS.search(path):
        for obj in models.program.member(interp, module, "server").only(Obj) if "server" in module.exports else []:
            actions(interp, models, module, obj, "", steps)
        return True
    page = _ASTRO_PAGE.search(path)
    if page is not None:
        route = url_path(page.group("route"))
        return add(interp, models, module, "default", PageOfAstro, route, "", steps, called=f"page {route}")
    found = _ASTRO_ENDPOINT.search(path)
    if found is None or _ASTRO_MIDDLEWARE.search(path):
        return False
    for verb in VERBS:
        add(
            interp, models, module, verb, OneEvent, url_path(found.group("route")), "" if verb == "ALL" else verb, steps
        )
    return True


class ActionInput(FromClient):
    """`handler(input, context)` of an Astro action."""

    def __init__(self) -> None:
        super().__init__()
        self.event = OneEvent("POST")

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[value_of(Input("body")), self.event.made(interp)])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return self.event.step_arguments(interp, step, next_fn)


def actions(
    interp: Interpreter, models: Models, module: LoadedModule, obj: Obj, prefix: str, steps: list[Step]
) -> None:
    """Register the actions of a map, maps inside it included."""
    for name, value in obj.fields.items():
        fn = unwrapped(value)
        if is_callable(fn):
            entry = Entry(
                EntryKind.SERVER_ACTION,
                prefix + name,
                place_for(fn, interp.no_place(module.path)),
                fn,
                ActionInput,
                steps,
            )
            register(models, entry)
            continue
        for inner in value.only(Obj):
            if len(prefix) < 80:
                actions(interp, models, module, inner, f"{prefix}{name}.", steps)


def solid(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """SolidStart and TanStack Start: verbs of route modules."""
    found = _SOLID_ROUTE.search(module.path)
    if found is None:
        return False
    done = [add(interp, models, module, verb, OneEvent, url_path(found.group("route")), verb, []) for verb in VERBS]
    return any(done)


def fresh(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """Fresh: `handler` or `handlers` of route modules, a function or a map of verbs; behind `_middleware` of the folders above."""
    found = _FRESH_ROUTE.search(module.path)
    export = next((name for name in ("handler", "handlers") if name in module.exports), "")
    if found is None or not export or not is_fresh(models, module):
        return False
    if module.path.rsplit("/", 1)[-1].startswith("_middleware"):
        return True
    steps: list[Step] = []
    folder = module.path.rpartition("/")[0]
    for other in sorted(models.program.modules.values(), key=lambda each: each.path):
        name = other.path.rpartition("/")
        if name[2].startswith("_middleware.") and f"{folder}/".startswith(f"{name[0]}/"):
            for each in ("handler", "default"):
                if each in other.exports:
                    steps.extend(
                        Step(fn, "next", place_for(fn, interp.no_place(other.path)))
                        for fn in functions(interp, [models.program.member(interp, other, each)])
                    )
                    break
    path = url_path(found.group("route"))
    if not add(interp, models, module, export, RequestAndEvent, path, "", steps):
        for obj in models.program.member(interp, module, export).only(Obj):
            for verb, value in obj.fields.items():
                fn = unwrapped(value)
                if is_callable(fn):
                    make = lambda verb=verb: FreshVerb(verb, path)  # noqa: E731 - one use, bound here
                    register(
                        models,
                        Entry(
                            route_kind(path),
                            f"{verb} {path}",
                            place_for(fn, interp.no_place(module.path)),
                            fn,
                            make,
                            steps,
                            path,
                            verb,
                        ),
                    )
    return True


class FreshVerb(RequestAndEvent):
    """`POST(request, ctx)` of Fresh 1, `POST(ctx)` of Fresh 2."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        given = super().arguments(interp, fn)
        one = any(isinstance(atom, Fn) and len(atom.function.params) == 1 for atom in fn.atoms())
        return Arguments(positional=given.positional[1:]) if one else given


def is_fresh(models: Models, module: LoadedModule) -> bool:
    """Whether a project uses Fresh: a configuration of Deno that names it, or its generated manifest."""
    root = module.path.partition("routes/")[0]
    for name in ("deno.json", "deno.jsonc", "import_map.json"):
        text = models.project.text_file(root + name)
        if text is not None and b"fresh" in text:
            return True
    return f"{root}fresh.gen.ts" in models.project.files or "fresh" in models.project.packages(module.path)


def expo(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """Expo Router: verbs of `+api` modules."""
    found = _EXPO_API.search(module.path)
    if found is None:
        return False
    for verb in VERBS:
        add(interp, models, module, verb, RequestAndEvent, url_path(found.group("route")), verb, [])
    return True


def gatsby(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """Gatsby: functions, pages with data of the server, and what a build gives to pages."""
    path = module.path
    found = _GATSBY.search(path)
    if found is not None:
        return add(interp, models, module, "default", RequestReply, url_path(found.group("route"), "api"), "", [])
    if _GATSBY_BUILD.search(path):
        for name in GATSBY_HOOKS:
            add(interp, models, module, name, lambda verb, where: pages.Build(), "", "", [], EntryKind.SCRIPT, name)
        return True
    data = lambda verb, where: pages.Data(path, "serverData", "props", verb, where)  # noqa: E731 - one use, bound here
    add(interp, models, module, "getServerData", data, "", "GET", [], called="the data of a page")
    component = exported(interp, models, module, "default")
    if component is not None:
        props = partial(pages.props_of, path, {"serverData": "serverData", "pageContext": "context"})
        pages.show(interp, models, path, component[0], props, "a page")
    return True


def hosted(interp: Interpreter, models: Models, module: LoadedModule, guards: dict[str, list[Guard]]) -> bool:
    """Functions of Netlify and Vercel: the default export or verbs of files in a folder."""
    path = module.path
    packages = models.project.packages(path)
    found = _NETLIFY.search(path)
    if found is not None:
        route = join_paths(".netlify/functions", found.group("route"))
        if "handler" in module.exports or module.common_js() is not None:
            return False
        return add(interp, models, module, "default", RequestAndEvent, route, "", [])
    found = _VERCEL.match(path)
    root = models.project.package_root(path)
    if found is None or "next" in packages or not path.startswith(f"{root}/api/" if root else "api/"):
        return False
    if models.project.text_file(f"{root}/vercel.json" if root else "vercel.json") is None and not packages & {
        "vercel",
        "@vercel/node",
        "@vercel/edge",
        "@vercel/functions",
    }:
        return False
    route = url_path(found.group("route"), "api")
    for verb in VERBS:
        add(interp, models, module, verb, RequestAndEvent, route, verb, [])
    add(interp, models, module, "default", RequestReply, route, "", [])
    return True


FINDERS: Final[
    tuple[tuple[tuple[str, ...], Callable[[Interpreter, Models, LoadedModule, dict[str, list[Guard]]], bool]], ...]
] = (
    (("@sveltejs/kit",), svelte),
    (("nuxt", "nuxt3", "nitropack", "nitro", "h3"), nitro),
    (("react-router", "@remix-run/*", "@react-router/*"), remix),
    (("astro",), astro),
    (("@solidjs/start", "@tanstack/*", "vinxi"), solid),
    (("expo", "expo-router"), expo),
    (("gatsby",), gatsby),
    ((), fresh),
    ((), hosted),
)
"""Finders by the packages they need (any of them; none: always), in the order in which they are tried."""
