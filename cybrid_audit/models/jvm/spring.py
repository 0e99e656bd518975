"""Spring, and the containers and web frameworks of its kind on the JVM: beans, configuration, controllers, interceptors, jobs.

What a container hands out is found by type, by qualifier, by name. Nothing is made before somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, jvm, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    constant,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.limits import MAX_PROPERTY_NESTING
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.handlers import route_kind, texts
from cybrid_audit.models.frameworks.requests_in import Request, reply_object
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import spring_configuration as java_config
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

VERBS: Final = {
    "GetMapping": "GET", "PostMapping": "POST", "PutMapping": "PUT", "PatchMapping": "PATCH", "DeleteMapping": "DELETE",
    "RequestMapping": "", "GET": "GET", "POST": "POST", "PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE",
    "Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE",
}  # fmt: skip
"""Annotations that make a method a route, of Spring, Jakarta and Micronaut, with the method of the request."""
ROOTS: Final = frozenset({"RestController", "Controller", "Path", "RequestMapping"})
JOBS: Final = {
    "Scheduled": EntryKind.SCHEDULE, "Schedules": EntryKind.SCHEDULE, "Schedule": EntryKind.SCHEDULE,
    "KafkaListener": EntryKind.QUEUE_CONSUMER, "RabbitListener": EntryKind.QUEUE_CONSUMER, "JmsListener": EntryKind.QUEUE_CONSUMER,
    "SqsListener": EntryKind.QUEUE_CONSUMER, "StreamListener": EntryKind.QUEUE_CONSUMER, "Incoming": EntryKind.QUEUE_CONSUMER,
    "ServiceActivator": EntryKind.QUEUE_CONSUMER, "PulsarListener": EntryKind.QUEUE_CONSUMER,
}  # fmt: skip
MARKED: Final = {
    "RequestBody": "body", "Body": "body", "RequestPart": "body", "FormParam": "body", "PathVariable": "path", "PathParam": "path",
    "RequestParam": "query", "QueryParam": "query", "QueryValue": "query", "ModelAttribute": "query", "BeanParam": "query",
    "MatrixVariable": "path", "RequestHeader": "header", "HeaderParam": "header", "Header": "header", "CookieValue": "cookie",
    "CookieParam": "cookie", "RequestAttribute": "request", "RestPath": "path", "RestQuery": "query", "RestHeader": "header",
}  # fmt: skip
"""What an annotation of a parameter says it is of the request."""
PRINCIPALS: Final = frozenset(
    {
        "Principal",
        "Authentication",
        "Jwt",
        "OidcUser",
        "OAuth2User",
        "UserDetails",
        "JwtAuthenticationToken",
        "SecurityContext",
    }
    | {"SecurityIdentity", "JsonWebToken", "OAuth2AuthenticationToken", "DefaultOidcUser"}
)
REQUESTS: Final = frozenset(
    {"HttpServletRequest", "ServletRequest", "ServerHttpRequest", "WebRequest", "NativeWebRequest", "ServerWebExchange"}
    | {"HttpRequest", "ContainerRequestContext", "ServerRequest", "HttpHeaders"}
)
RESPONSES: Final = frozenset({"HttpServletResponse", "ServletResponse", "ServerHttpResponse", "HttpResponse"})
FILTERS: Final = frozenset({"OncePerRequestFilter", "GenericFilterBean", "Filter", "WebFilter", "HttpFilter"})
REPOSITORIES: Final = re.compile(
    r"(?:^|\.)(?:\w*(?:Crud|Jpa|Mongo|PagingAndSorting|R2dbc|Reactive\w*)Repository|Repository)$"
)


@dataclass(slots=True)
class Bean:
    """Something that the container has: its names, its types (`key_of`), and what makes it."""

    names: set[str]
    types: set[object]
    info: ClassInfo
    function: ir.Function | None = None
    made: list[Value] = field(default_factory=list)


# ---------------------------------------------------------------- beans


def component(call: LibraryCall) -> Value | None:
    """An annotation that makes a class known to the container."""
    held: list[ClassInfo] = call.models.memory("spring classes", list)
    for info in call.args.positional[0].only(ClassInfo):
        if info not in held:
            held.append(info)
            for function in info.definition.methods:
                if _marks(function.decorators) & {"Cacheable", "CacheResult"}:
                    place = place_of(info.module.path, function.span)
                    call.models.program.memoised.setdefault(id(function), place)
    on_collect(call.models, "spring", lambda interp: collect(interp, call.models))
    return None


def classes(models: Models) -> list[ClassInfo]:
    """Return the classes that the container knows."""
    held: list[ClassInfo] = models.memory("spring classes", list)
    return held


def beans(interp: Interpreter) -> list[Bean]:
    """Return all beans: the classes themselves, and what methods marked with `@Bean` or `@Produces` make."""
    known = classes(interp.models)
    held: dict[int, list[Bean]] = interp.models.memory("spring beans", dict)
    if len(known) not in held:
        made = {(id(bean.info), id(bean.function)): bean for rows in held.values() for bean in rows}
        held.clear()
        rows: list[Bean] = []
        held[len(known)] = rows
        for info in list(known):
            rows += [made.get((id(bean.info), id(bean.function)), bean) for bean in declared(interp, info)]
    return held[len(known)]


def declared(interp: Interpreter, info: ClassInfo) -> Iterator[Bean]:
    """Yield the beans that a class says there are: itself, and what its marked methods make."""
    types: set[object] = {id(each) for each in info.ancestry()} | set(info.library_bases())
    own = info.name[:1].lower() + info.name[1:]
    if info.definition.kind not in ("interface", "annotation"):
        yield Bean({own, *_names(info.definition.decorators)}, types, info)
    for function in info.definition.methods:
        if not _marks(function.decorators) & {"Bean", "Produces", "Provides", "Singleton"}:
            continue
        told = function.returns if function.returns is not None else _made_type(function)
        kinds = meant(interp, info, told) if told is not None else NOTHING
        keys: set[object] = set()
        for atom in kinds.atoms():
            keys |= {id(each) for each in atom.ancestry()} if isinstance(atom, ClassInfo) else {key_of(atom)}
        yield Bean({function.name, *_names(function.decorators)}, keys - {None}, info, function)


def _made_type(function: ir.Function) -> ir.Expr | None:
    """Return the class whose constructor a function without a declared type gives: `fun verifier() = Verifier(…)`."""
    last = function.body[-1] if function.body else None
    made = last.value.func if isinstance(last, ir.Return) and isinstance(last.value, ir.Call) else None
    return made if isinstance(made, ir.Name) and made.id[:1].isupper() else None


def key_of(atom: Atom) -> object:
    """Return what identifies a type."""
    return id(atom) if isinstance(atom, ClassInfo) else atom.path if isinstance(atom, Lib) else None


def _names(decorators: Sequence[ir.Expr]) -> set[str]:
    """Return the names that annotations give a bean."""
    found: set[str] = set()
    for node in decorators:
        if isinstance(node, ir.Call) and _mark(node) in (
            "Qualifier",
            "Named",
            "Bean",
            "Service",
            "Component",
            "Repository",
        ):
            for arg in node.args:
                values = arg.value.items if isinstance(arg.value, ir.List) else (arg.value,)
                found |= {
                    str(each.value) for each in values if isinstance(each, ir.Const) and arg.name in (None, "name")
                }
    return found


def _mark(node: ir.Expr) -> str:
    return jvm.type_name(node.func if isinstance(node, ir.Call) else node)


def _marks(decorators: Sequence[ir.Expr]) -> set[str]:
    return {_mark(node) for node in decorators}


def meant(interp: Interpreter, info: ClassInfo, node: ir.Expr) -> Value:
    """Return what an expression means where a class stands."""
    if isinstance(node, ir.Index):
        node = node.object
    if interp.state is None:
        return NOTHING
    interp.push(Scope(info.scope, info.module), info.module, place_of(info.module.path, node.span))
    try:
        return interp.eval(node)
    finally:
        interp.pop()


def provided(interp: Interpreter, atom: Atom, name: str = "", qualifier: str = "") -> Value | None:
    """Return what the container has of a type, or None when it has nothing; a name chooses among several."""
    key = key_of(atom)
    rows = [bean for bean in beans(interp) if key in bean.types] if key is not None else []
    if qualifier:
        rows = [bean for bean in rows if qualifier in bean.names] or rows
    elif len(rows) > 1:
        rows = (
            [bean for bean in rows if name and name in bean.names]
            or [bean for bean in rows if "Primary" in _marks((bean.function or bean.info.definition).decorators)]
            or rows
        )
    result = NOTHING
    for bean in rows:
        result = result.join(made_of(interp, bean))
    if result.alts:
        return result
    from cybrid_audit.models.jvm import injection as jvm_injection

    held = jvm_injection.provide(interp, atom)
    if held is not None:
        return held
    return implementation(interp, atom) if isinstance(atom, ClassInfo) else None


def made_of(interp: Interpreter, bean: Bean) -> Value:
    """Return the one instance of a bean."""
    from cybrid_audit.models.types import singleton

    if bean.made:
        return bean.made[0]
    bean.made.append(unknown("a bean that needs itself"))
    if bean.function is None:
        bean.made[0] = singleton(interp, bean.info)
        return bean.made[0]
    saved = interp.shared_births
    interp.shared_births = 1
    interp.models.recorder.enter_module(bean.info.module)
    try:
        function = bean.function
        this = singleton(interp, bean.info) if function.kind != "static" else None
        given = [argument(interp, bean.info, param) for param in function.params]
        fn = Fn(function, bean.info.scope, bean.info.module, this, bean.info)
        place = place_of(bean.info.module.path, function.span)
        held = calls.call(interp, value_of(fn), Arguments(positional=given), place, awaited=True)
    finally:
        interp.models.recorder.leave_module(bean.info.module)
        interp.shared_births = saved
    bean.made[0] = held if held.alts else unknown("a bean")
    return bean.made[0]


def argument(interp: Interpreter, info: ClassInfo, param: ir.Param) -> Value:
    """Return what the container passes for a parameter."""
    held = parameter(interp, info, param)
    if held is not None:
        return held
    name = param.target.id if isinstance(param.target, ir.Name) else ""
    return unknown("a parameter that nobody passes", hint=name)


def parameter(interp: Interpreter, info: ClassInfo, param: ir.Param) -> Value | None:
    """Return what the container passes for a parameter of a constructor or a bean's method; None when it knows nothing."""
    from cybrid_audit.models.jvm import injection as jvm_injection

    held = jvm_injection.parameter(interp, info.module, info.scope, param)
    if held is not None:
        return held
    name = param.target.id if isinstance(param.target, ir.Name) else ""
    return filled(interp, info, name, param.annotation, param.decorators, param.span)


def injected_field(interp: Interpreter, info: ClassInfo, held: ir.Field) -> Value | None:
    """Return what the container puts into a field; None for a field that is none of its business."""
    marks = _marks(held.decorators)
    known = {"Value", "Autowired", "Inject", "Resource", "Qualifier", "ConfigProperty", "Named", "PersistenceContext"}
    known.add("RestClient")
    if not marks & known and _prefix(info) is None:
        return None
    made = filled(interp, info, held.name, held.annotation, held.decorators, held.span)
    if made is None and held.annotation is not None and interp.state is not None:
        from cybrid_audit.models.types import value_for

        interp.push(Scope(info.scope, info.module), info.module, place_of(info.module.path, held.span))
        try:
            made = value_for(interp, held.annotation)
        finally:
            interp.pop()
    return made


def _prefix(info: ClassInfo) -> str | None:
    """Return the prefix of the properties that a class holds, None when it holds none."""
    for node in info.definition.decorators:
        if _mark(node) in ("ConfigurationProperties", "ConfigMapping"):
            texts_ = [
                str(arg.value.value)
                for arg in (node.args if isinstance(node, ir.Call) else ())
                if isinstance(arg.value, ir.Const) and arg.name in (None, "prefix")
            ]
            return texts_[0] if texts_ else ""
    return None


def filled(
    interp: Interpreter,
    info: ClassInfo,
    name: str,
    annotation: ir.Expr | None,
    decorators: tuple[ir.Expr, ...],
    span: ir.Span,
) -> Value | None:
    """Return what the container gives for a parameter or field: a property, else a bean."""
    place = place_of(info.module.path, span)
    qualifier = ""
    for node in decorators:
        mark = _mark(node)
        first = node.args[0].value if isinstance(node, ir.Call) and node.args else None
        if mark == "Value" and first is not None:
            held = meant(interp, info, first)
            result = NOTHING
            for atom in held.atoms():
                if isinstance(atom, Const) and isinstance(atom.value, str) and not atom.value.startswith("#{"):
                    result = result.join(java_config.filled(interp, atom.value, atom.place or place))
                else:
                    result = result.join(value_of(atom))
            return result
        if mark == "ConfigProperty" and isinstance(node, ir.Call):
            keys = [arg.value for arg in node.args if arg.name in (None, "name")]
            if keys and isinstance(keys[0], ir.Const):
                return java_config.read(interp, str(keys[0].value), place)
        if mark in ("Qualifier", "Named") and isinstance(first, ir.Const):
            qualifier = str(first.value)
    prefix = _prefix(info)
    if prefix is not None:
        return property_of(interp, info, f"{prefix}.{name}" if prefix else name, annotation, place)
    if annotation is None:
        return None
    kind = annotation
    while isinstance(kind, ir.Index):
        wraps = jvm.type_name(kind) in ("Provider", "ObjectProvider", "Instance", "Optional", "Lazy")
        kind = (kind.index.items[0] if isinstance(kind.index, ir.List) else kind.index) if wraps else kind.object
    found: Value | None = None
    for atom in meant(interp, info, kind).atoms():
        one = provided(interp, atom, name, qualifier)
        if one is not None:
            found = one if found is None else found.join(one)
    return found


def property_of(
    interp: Interpreter, info: ClassInfo, name: str, annotation: ir.Expr | None, place: Place, depth: int = 0
) -> Value:
    """Return a property of a class that holds properties; one of the project's classes holds the properties below."""
    kinds = meant(interp, info, annotation).only(ClassInfo) if isinstance(annotation, ir.Name | ir.Attribute) else []
    kinds = [each for each in kinds if not operators.is_enum(each) and each.definition.kind != "enum class"]
    if not kinds or depth > MAX_PROPERTY_NESTING:
        return java_config.read(interp, name, place)
    made = interp.new("instance", place=place)
    made.cls, made.label = kinds[0], kinds[0].name
    made.shared = True
    for each in kinds[0].ancestry():
        rows = [(held.name, held.annotation) for held in each.definition.fields]
        rows += [(param.field, param.annotation) for param in library.constructor_params(each) if param.field]
        for inner, kind in rows:
            made.fields[inner] = property_of(interp, each, f"{name}.{inner}", kind, place, depth + 1)
    return value_of(made)


def implementation(interp: Interpreter, info: ClassInfo) -> Value | None:
    """Return what stands behind an interface or an abstract class: what of the project implements it, else what it says it is."""
    from cybrid_audit.models.jvm import retrofit as jvm_retrofit
    from cybrid_audit.models.types import singleton

    if info.definition.kind != "interface" and not any(
        "abstract" in function.directives for function in info.definition.methods
    ):
        return None
    place = interp.no_place(info.module.path)
    if jvm_retrofit.is_service(info):
        return jvm_retrofit.instance(interp, info, place)
    if any(REPOSITORIES.search(base) for base in info.library_bases()):
        return value_of(Stored("database", info.name, place))
    result = NOTHING
    for each in list(interp.program.classes):
        if each is info or each.definition.kind == "interface" or not each.name or info not in each.ancestry():
            continue
        if interp.models.recorder.side(each.module.path) not in (Side.TEST, Side.DOCS):
            result = result.join(singleton(interp, each))
    return result if result.alts else unknown("an instance of an interface", hint=info.name)


# ---------------------------------------------------------------- controllers


def collect(interp: Interpreter, models: Models) -> None:
    """Register the routes, jobs and consumers of the classes that the container knows."""
    held = [info for info in classes(models) if models.recorder.side(info.module.path) not in (Side.TEST, Side.DOCS)]
    from cybrid_audit.models.jvm import declared_clients as java_clients
    from cybrid_audit.models.jvm import spring_routes as java_spring_routes
    from cybrid_audit.models.jvm import spring_security as java_security

    java_clients.declare(interp, held)
    java_spring_routes.declare(interp)
    steps = [*_filters(interp, held), *_interceptors(interp, held)]
    chains = java_security.chains(interp, held)
    bound = _request_filters(interp, held)
    for info in held:
        roots = _paths(interp, info, info.definition.decorators) or [""]
        is_controller = bool(_marks(info.definition.decorators) & ROOTS)
        for function in info.definition.methods:
            if function.kind not in ("method", "static") or "abstract" in function.directives:
                continue
            place = place_of(info.module.path, function.span)
            marks = _marks(function.decorators)
            for mark in marks & set(JOBS):
                kind = JOBS[mark]
                name = f"{info.name}.{function.name}"
                convention = partial(Handler, info, function, "", "", is_route=False)
                register(models, Entry(kind, name, place, _bound(interp, info, function), convention))
            if function.name == "run" and any(
                base.rsplit(".", 1)[-1] in ("CommandLineRunner", "ApplicationRunner") for base in info.library_bases()
            ):
                convention = partial(Handler, info, function, "", "", is_route=False)
                register(models, Entry(EntryKind.SCRIPT, info.name, place, _bound(interp, info, function), convention))
            declared = _route(info, function) if is_controller else None
            if declared is None:
                continue
            for verb, own in _mappings(interp, info, declared):
                for root in roots:
                    path = join_paths(root, own)
                    passing = java_security.step_of(chains, path, verb)
                    passing += [step for step, covers in steps if covers(path)]
                    passing += [
                        step
                        for step, names in bound
                        if not names or names & (marks | _marks(info.definition.decorators))
                    ]
                    kind = route_kind(path)
                    name = f"{verb or 'ANY'} {path}"
                    convention = partial(Handler, info, declared, verb, path)
                    handler = _bound(interp, info, function)
                    register(models, Entry(kind, name, place, handler, convention, passing, path, verb))


def _bound(interp: Interpreter, info: ClassInfo, function: ir.Function) -> Value:
    from cybrid_audit.models.types import singleton

    this = singleton(interp, info) if function.kind != "static" else None
    return value_of(Fn(function, info.scope, info.module, this, info))


def _route(info: ClassInfo, function: ir.Function) -> ir.Function | None:
    """Return the declaration that carries a route's annotations: the method itself, or that of an interface it implements."""
    if _marks(function.decorators) & set(VERBS):
        return function
    for base in info.ancestry():
        for other in base.definition.methods:
            if (
                other.name == function.name
                and len(other.params) == len(function.params)
                and _marks(other.decorators) & set(VERBS)
            ):
                return other
    return None


def _mappings(interp: Interpreter, info: ClassInfo, function: ir.Function) -> Iterator[tuple[str, str]]:
    """Yield the methods and paths of a route."""
    at_path = [node for node in function.decorators if _mark(node) == "Path"]
    for node in function.decorators:
        mark = _mark(node)
        if mark not in VERBS:
            continue
        verbs = [VERBS[mark]]
        if mark == "RequestMapping" and isinstance(node, ir.Call):
            verbs = _methods(node) or [""]
        paths = _paths(interp, info, [node]) or _paths(interp, info, at_path) or [""]
        for verb in verbs:
            for path in paths:
                yield verb, path


def _methods(node: ir.Call) -> list[str]:
    held = [arg.value for arg in node.args if arg.name == "method"]
    items = [item for value in held for item in (value.items if isinstance(value, ir.List) else (value,))]
    found = [jvm.type_name(item) for item in items]
    return [verb for verb in found if verb]


def _paths(interp: Interpreter, info: ClassInfo, decorators: Sequence[ir.Expr]) -> list[str]:
    """Return the paths that annotations name."""
    found: list[str] = []
    for node in decorators:
        if not isinstance(node, ir.Call) or _mark(node) not in {*VERBS, "Path", "Controller"}:
            continue
        for arg in node.args:
            if arg.name in (None, "path", "uri"):
                found += [_config_free(interp, each) for each in texts(interp, meant(interp, info, arg.value))]
    return found


def _config_free(interp: Interpreter, path: str) -> str:
    """Return a path with its placeholders filled where the configuration tells what they are."""
    if "${" not in path:
        return path
    held = java_config.filled(interp, path, interp.no_place("")).strings()
    return held[0] if held else re.sub(r"\$\{[^}]*\}", "", path)


class ServletRequest(Request):
    """A request in the terms of servlets and of WebFlux."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        key = args.positional[0].const() if args.positional else None
        word = key if isinstance(key, str) else ""
        kind = _READS.get(name)
        if kind is not None:
            told = args.keywords.get(jvm.TYPE_ARGUMENT)
            held = value_of(Input(kind, word))
            return library.decode(interp, held, told) if kind == "body" and told is not None else held
        if name == "setAttribute" and len(args.positional) > 1:
            obj.fields[f"%{word}"] = args.positional[1]
            return V_NONE
        if name in ("getAttribute", "attribute"):
            return obj.fields.get(f"%{word}", value_of(Stored("request state", word, place)))
        if name == "abortWith":
            interp.throw(unknown("a refused request"))
            return NOTHING
        if name in ("getUserPrincipal", "getRemoteUser", "getPrincipal", "principal"):
            return value_of(Stored("principal", "", place))
        if name in ("getSession", "session"):
            return native_object(interp, "session", Session(), place, "session")
        if name in ("getMethod", "getMethodValue"):
            return constant(self.verb) if self.verb else value_of(Input("method"))
        if name in ("getRequestURI", "getServletPath", "getPath", "getRequestURL", "getURI", "getPathInfo"):
            return self.located(interp) if name != "getRequestURL" else value_of(Input("url"))
        if name in ("getHeaders", "headers", "getRequest", "getCookies", "mutate", "build"):
            return value_of(obj) if name != "getCookies" else value_of(Input("cookie"))
        return super().method(interp, obj, name, args, place)

    def located(self, interp: Interpreter) -> Value:
        """Return the path of the request: the route's, whose parameters are input."""
        parts = re.split(r"\{[^}]*\}", self.path)
        if not self.path or "*" in self.path:
            return value_of(Input("url"))
        held = [constant(parts[0])]
        for part in parts[1:]:
            held += [value_of(Input("path")), constant(part)]
        return operators.concat(interp, held, interp.no_place("")) if len(held) > 1 else held[0]


_READS: Final = {
    "getHeader": "header",
    "getFirst": "header",
    "getParameter": "query",
    "queryParam": "query",
    "getParameterValues": "query",
    "getInputStream": "body",
    "getReader": "body",
    "getBody": "body",
    "bodyToMono": "body",
    "getPart": "body",
    "pathVariable": "path",
    "getHeaderString": "header",
    "getCookie": "cookie",
    "getQueryParams": "query",
    "awaitBody": "body",
    "awaitBodyOrNull": "body",
    "firstHeader": "header",
}


class Session(Native):
    """`HttpSession`: attributes by name."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        from cybrid_audit.engine import attributes

        held = value_of(Stored("session", "", place))
        key = args.positional[0] if args.positional else V_NONE
        if name in ("setAttribute", "putValue", "put") and len(args.positional) > 1:
            attributes.set_item(interp, held, key, args.positional[1], place)
            return V_NONE
        if name in ("getAttribute", "getValue", "get", "getAttributeOrDefault", "getRequiredAttribute"):
            return attributes.get_item(interp, held, key, place)
        return None


class Handler(Convention):
    """A method of a controller: its parameters are filled by their annotations and types, what it returns is sent."""

    def __init__(self, info: ClassInfo, function: ir.Function, verb: str, path: str, *, is_route: bool = True) -> None:
        self.info = info
        self.function = function
        self.verb, self.path = verb, path
        self.sends_returned = is_route
        self.is_route = is_route
        self.request: Value | None = None
        self.reply: Value | None = None

    def incoming(self, interp: Interpreter) -> Value:
        """Return the one request of this run."""
        if self.request is None:
            place = interp.no_place(interp.frame.module.path)
            self.request = native_object(interp, "request", ServletRequest(self.verb, self.path), place, "request")
        return self.request

    def outgoing(self, interp: Interpreter) -> Value:
        """Return the one answer of this run."""
        if self.reply is None:
            self.reply = reply_object(interp, interp.no_place(interp.frame.module.path))
        return self.reply

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.given(interp, param) for param in self.function.params])

    def given(self, interp: Interpreter, param: ir.Param) -> Value:
        """Return what a parameter of the method gets."""
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        kind = jvm.type_name(param.annotation)
        place = place_of(self.info.module.path, param.span)
        if not self.is_route:
            told = library.type_of(interp, self.info, param.annotation)
            held = value_of(Input("message", "" if kind not in ("String", "long", "int") else name))
            return library.decode(interp, held, told) if told is not None else held
        for node in param.decorators:
            mark = _mark(node)
            part = MARKED.get(mark)
            if part is not None:
                texts_ = [
                    str(arg.value.value)
                    for arg in (node.args if isinstance(node, ir.Call) else ())
                    if isinstance(arg.value, ir.Const) and arg.name in (None, "name")
                ]
                key = "" if part == "body" and mark != "FormParam" else texts_[0] if texts_ else name
                return self.shaped(interp, value_of(Input(part, key)), param)
            if "Principal" in mark or mark in ("CurrentUser", "LoggedInUser", "AuthUser", "CurrentSecurityContext"):
                return self.shaped(interp, value_of(Stored("principal", "", place)), param)
        if kind in PRINCIPALS:
            return value_of(Stored("principal", "", place))
        if kind in REQUESTS:
            return self.incoming(interp)
        if kind in RESPONSES:
            return self.outgoing(interp)
        if kind in ("HttpSession", "WebSession"):
            return native_object(interp, "session", Session(), place, "session")
        if kind in (
            "Model",
            "ModelMap",
            "BindingResult",
            "Errors",
            "RedirectAttributes",
            "Locale",
            "Pageable",
            "UriInfo",
        ):
            return unknown("what a framework passes", hint=name)
        is_body = library.type_of(interp, self.info, param.annotation) is not None
        is_body = is_body and (self.verb in ("POST", "PUT", "PATCH"))
        return self.shaped(interp, value_of(Input("body" if is_body else "query", "" if is_body else name)), param)

    def shaped(self, interp: Interpreter, value: Value, param: ir.Param) -> Value:
        """Return part of a request in the shape of the parameter's class."""
        told = library.type_of(interp, self.info, param.annotation)
        if told is None or any(info.definition.kind == "enum class" for info in told.only(ClassInfo)):
            return value
        return library.decode(interp, value, told)

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        request, reply = self.incoming(interp), self.outgoing(interp)
        if step.mode == "next":
            chain = native_object(interp, "chain", Chain(next_fn), step.place, "chain")
            if step.parameter:
                return Arguments(positional=[request, chain])
            return Arguments(positional=[request, reply, chain])
        return Arguments(positional=[request, reply, unknown("the handler")])


class Chain(Native):
    """`FilterChain`: goes on with the request."""

    __slots__ = ("next_fn",)

    def __init__(self, next_fn: Value) -> None:
        self.next_fn = next_fn

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("doFilter", "filter", "proceed", "handle", "invoke"):
            return self.call(interp, obj, args, place)
        return None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.next_fn, Arguments(), place, awaited=True)


# ---------------------------------------------------------------- what runs before controllers


class Covers:
    """Whether something that runs before handlers covers a path: patterns in Ant's style."""

    def __init__(self, included: Sequence[str] = (), excluded: Sequence[str] = ()) -> None:
        self.included = [_pattern(each) for each in included]
        self.excluded = [_pattern(each) for each in excluded]

    def __call__(self, path: str) -> bool:
        path = "/" + path.strip("/")
        if any(each.fullmatch(path) for each in self.excluded):
            return False
        return not self.included or any(each.fullmatch(path) for each in self.included)


def _pattern(text: str) -> re.Pattern[str]:
    parts: list[str] = []
    for segment in text.strip("/").split("/"):
        if segment == "**":
            parts.append("(?:/[^/]+)*")
        elif segment:
            parts.append("/" + "[^/]*".join(re.escape(piece) for piece in re.split(r"\*|\{[^}]*\}", segment)))
    return re.compile("".join(parts) + "/?" if parts else "/")


def _filters(interp: Interpreter, held: Sequence[ClassInfo]) -> list[tuple[Step, Covers]]:
    """Return the filters among the beans: they run before every handler, unless they say for which they do not. Those that a bean
    registers itself have the paths that it says."""
    from cybrid_audit.models.types import singleton

    found: list[tuple[Step, Covers]] = []
    for info in held:
        if {base.rsplit(".", 1)[-1] for base in info.library_bases()} & FILTERS:
            found += [(step, Covers()) for step in filter_steps(singleton(interp, info), interp.no_place(""))]
    for bean in beans(interp):
        if bean.function is None or jvm.type_name(bean.function.returns) != "FilterRegistrationBean":
            continue
        for obj in made_of(interp, bean).only(Obj):
            if isinstance(obj.native, Registration) and obj.native.filter is not None:
                place = place_of(bean.info.module.path, bean.function.span)
                covers = Covers([path.replace("/*", "/**") for path in obj.native.paths])
                found += [(step, covers) for step in filter_steps(obj.native.filter, place)]
    return found


def filter_steps(held: Value, where: Place) -> list[Step]:
    """Return what filters do before a handler; `where` is the place of those that are written as functions."""
    found: list[Step] = []
    for obj in held.only(Obj):
        for name in ("doFilterInternal", "doFilter", "filter"):
            method = obj.cls.method(name) if obj.cls is not None else None
            if method is not None:
                function, home = method
                fn = Fn(function, home.scope, home.module, value_of(obj), home)
                place = place_of(home.module.path, function.span)
                found.append(Step(value_of(_unless_skipped(obj, fn)), "next", place, parameter=name == "filter"))
                break
    return [*found, *(Step(value_of(fn), "next", where) for fn in held.only(Fn))]


def _unless_skipped(obj: Obj, fn: Fn) -> Fn | NativeFn:
    """Return a filter's method, which requests pass by for which the filter's `shouldNotFilter` holds."""
    if obj.cls is None or obj.cls.method("shouldNotFilter") is None:
        return fn

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        request, *_, chain = args.positional
        asked = Arguments(positional=[request])
        verdict = calls.call_method(interp, value_of(obj), "shouldNotFilter", asked, place, awaited=True)
        if interp.state is None:
            return NOTHING
        branch = interp.state.branch
        passed, filtered = interp.split(verdict, None)
        interp.resume(passed)
        calls.call_method(interp, chain, "doFilter", Arguments(), place, awaited=True)
        passed = interp.flow()
        interp.resume(filtered)
        calls.call(interp, value_of(fn), args, place, awaited=True)
        interp.merge([passed, interp.flow()], branch)
        return V_NONE

    return NativeFn("shouldNotFilter", run)


class Registration(Native):
    """`FilterRegistrationBean`: a filter, and the paths that it is for."""

    __slots__ = ("filter", "paths")

    def __init__(self, given: Value | None) -> None:
        self.filter = given
        self.paths: list[str] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "setFilter" and args.positional:
            self.filter = args.positional[0]
        elif name in ("addUrlPatterns", "setUrlPatterns"):
            self.paths += [text for value in args.positional for text in texts(interp, value)]
        return V_NONE


def registration(call: LibraryCall) -> Value | None:
    """`new FilterRegistrationBean<>(filter)`."""
    return native_object(call.interp, "registration", Registration(call.args.get(0)), call.place, "registration")


def _request_filters(interp: Interpreter, held: Sequence[ClassInfo]) -> list[tuple[Step, set[str]]]:
    """Return the filters of Jakarta REST, each with the annotations that bind it to routes; none for those of all routes."""
    from cybrid_audit.models.types import singleton

    bindings = {
        info.name
        for info in interp.program.classes
        if info.definition.kind == "annotation" and "NameBinding" in _marks(info.definition.decorators)
    }
    found: list[tuple[Step, set[str]]] = []
    for info in held:
        method = info.method("filter")
        if method is None or not any(base.endswith("ContainerRequestFilter") for base in info.library_bases()):
            continue
        function, home = method
        fn = Fn(function, home.scope, home.module, singleton(interp, info), home)
        step = Step(value_of(fn), "raise", place_of(home.module.path, function.span))
        found.append((step, _marks(info.definition.decorators) & bindings))
    return found


class Registry(Native):
    """`InterceptorRegistry`, and the registration it gives."""

    __slots__ = ("excluded", "included", "rows", "value", "where")

    def __init__(self, rows: list[Registry], value: Value | None = None, where: Place | None = None) -> None:
        self.rows = rows
        self.value = value
        self.where = where
        self.included: list[str] = []
        self.excluded: list[str] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("addInterceptor", "addWebRequestInterceptor") and args.positional:
            made = Registry(self.rows, args.positional[0], place)
            self.rows.append(made)
            return native_object(interp, "registration", made, place, "registration")
        words = [text for value in args.positional for text in texts(interp, value)]
        if name == "addPathPatterns":
            self.included += words
        elif name == "excludePathPatterns":
            self.excluded += words
        return value_of(obj)


def _interceptors(interp: Interpreter, held: Sequence[ClassInfo]) -> list[tuple[Step, Covers]]:
    """Return the interceptors that configurations register, with the paths they are for."""
    from cybrid_audit.models.types import singleton

    found: list[tuple[Step, Covers]] = []
    for info in held:
        method = info.method("addInterceptors")
        if method is None or interp.state is None:
            continue
        function, home = method
        place = place_of(home.module.path, function.span)
        rows: list[Registry] = []
        registry = native_object(interp, "registry", Registry(rows), place, "registry")
        fn = Fn(function, home.scope, home.module, singleton(interp, info), home)
        interp.push(Scope(None, home.module), home.module, None)
        try:
            calls.call(interp, value_of(fn), Arguments(positional=[registry]), place, awaited=True)
        finally:
            interp.pop()
        for row in rows:
            for obj in row.value.only(Obj) if row.value is not None else ():
                target = obj.cls.method("preHandle") if obj.cls is not None else None
                if target is not None:
                    step_fn = Fn(target[0], target[1].scope, target[1].module, value_of(obj), target[1])
                    step = Step(value_of(step_fn), "truthy", row.where or place)
                    found.append((step, Covers(row.included, row.excluded)))
    return found


# ---------------------------------------------------------------- what libraries of Spring give


def principal(call: LibraryCall) -> Value | None:
    """`SecurityContextHolder.getContext().getAuthentication()`: who is logged in."""
    return value_of(Stored("principal", "", call.place))


def incoming(call: LibraryCall) -> Value | None:
    """The request that is being answered, as containers inject it."""
    return native_object(call.interp, "request", ServletRequest(), call.place, "request")


def environment(call: LibraryCall) -> Value | None:
    """`Environment`: properties by name."""
    return native_object(call.interp, "environment", Properties(), call.place, "environment")


class Properties(Native):
    """`Environment` of Spring, `Config` of MicroProfile."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("getProperty", "getRequiredProperty", "getValue", "getOptionalValue", "get") and args.positional:
            result = NOTHING
            for text in args.positional[0].strings():
                result = result.join(java_config.read(interp, text, place))
            last = args.positional[-1]
            if len(args.positional) > 1 and last.strings():
                result = result.join(last)
            return result if result.alts else None
        return None


def answer(call: LibraryCall) -> Value | None:
    """`ResponseEntity.ok(body)`, `ResponseEntity.status(…).body(body)`: what is sent."""
    held = call.args.get(0)
    return held if held is not None else V_NONE


def stored(call: LibraryCall) -> Value | None:
    """A call that reads a database."""
    return value_of(Stored("database", "", call.place))
