"""Retrofit, Feign, Spring's HTTP interfaces: an interface whose methods are requests, by their annotations.

The call of the interface's method is where an operation becomes concrete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import jvm, operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    ClassInfo,
    Const,
    Obj,
    Place,
    Response,
    Scope,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.models.http import HttpRequest, join_url, merge_headers
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

VERBS: Final = {
    "GET": "GET", "POST": "POST", "PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE", "HEAD": "HEAD", "HTTP": "",
    "GetExchange": "GET", "PostExchange": "POST", "PutExchange": "PUT", "PatchExchange": "PATCH", "DeleteExchange": "DELETE",
    "GetMapping": "GET", "PostMapping": "POST", "PutMapping": "PUT", "PatchMapping": "PATCH", "DeleteMapping": "DELETE",
    "RequestLine": "", "Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE",
}  # fmt: skip
_ARGUMENT: Final = frozenset({"value", "path", "url", None})


class Retrofit(Native):
    """`Retrofit.Builder()` and what it builds."""

    __slots__ = ("base", "client")

    def __init__(self) -> None:
        self.base: Value | None = None
        self.client: Value | None = None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("baseUrl", "url") and given:
            self.base = given[0]
        elif name in ("client", "callFactory") and given:
            self.client = given[0]
        elif name in ("create", "createClient", "target"):
            for value in [*given, *args.keywords.values()]:
                for info in value.only(ClassInfo):
                    base = self.base
                    if name == "target" and len(given) > 1:
                        base = given[1]
                    return service(interp, info, base, self.client, place)
            return unknown("a service")
        return value_of(obj)


def retrofit(call: LibraryCall) -> Value | None:
    """`Retrofit.Builder()`."""
    return native_object(call.interp, "retrofit", Retrofit(), call.place, "retrofit")


def service(interp: Interpreter, info: ClassInfo, base: Value | None, client: Value | None, place: Place) -> Value:
    """Return an instance of an interface whose methods are requests."""
    return handed_out(interp, info, Service(info, base, client), place)


def handed_out(interp: Interpreter, info: ClassInfo, native: Service, place: Place) -> Value:
    """Return an instance that the project makes, which `instance` gives from now on where it is the first one."""
    made = native_object(interp, "service", native, place, info.name)
    services: dict[int, Value] = interp.models.memory("http services", dict)
    held = services.get(id(info))
    services[id(info)] = made if held is None else held
    return made


def is_service(info: ClassInfo) -> bool:
    """Whether the methods of a class are requests."""
    return info.definition.kind == "interface" and any(
        jvm.type_name(node.func if isinstance(node, ir.Call) else node) in VERBS
        for function in info.definition.methods
        for node in function.decorators
    )


def instance(interp: Interpreter, info: ClassInfo, place: Place) -> Value:
    """Return the instance that a container hands out: the one that the project makes, else one with an unknown base."""
    services: dict[int, Value] = interp.models.memory("http services", dict)
    held = services.get(id(info))
    if held is not None:
        return held
    return native_object(interp, "service", Service(info, None, None), place, info.name)


class Service(Native):
    """An interface whose methods are requests."""

    __slots__ = ("base", "client", "info")

    def __init__(self, info: ClassInfo, base: Value | None, client: Value | None) -> None:
        self.info = info
        self.base = base
        self.client = client

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        found = jvm.overload(interp, self.info, name, args) or self.info.method(name)
        if found is None or interp.state is None:
            return None
        function, home = found
        verbs = [node for node in function.decorators if _name(node) in VERBS]
        if not verbs:
            return None
        out = self.request(interp, function, home, verbs[0], args, place)
        held = NOTHING
        clients = [each.native for each in self.client.only(Obj)] if self.client is not None else []
        ready = [each for each in clients if isinstance(each, jvm_http.OkClient)]
        if ready:
            for each in ready:
                held = held.join(each.chain(interp, out, 0, place))
        else:
            held = jvm_http.send(interp, out)
        return answer_as(interp, held, function, home)

    def request(
        self, interp: Interpreter, function: ir.Function, home: ClassInfo, verb: ir.Expr, args: Arguments, place: Place
    ) -> HttpRequest:
        """Return the request that a method makes."""
        out = jvm_http.blank(place)
        stamp = interp.frame.id if interp.frames else 0
        path = _argument(interp, home, verb, place, stamp)
        if path is None:
            # Jakarta says the path beside the method.
            marks_of_path = [node for node in function.decorators if _name(node) == "Path"]
            path = _argument(interp, home, marks_of_path[0], place, stamp) if marks_of_path else None
        path = path if path is not None else constant("")
        method = VERBS[_name(verb)]
        if _name(verb) == "RequestLine":
            text = path.const()
            word, _, rest = str(text).partition(" ")
            method, path = word, value_of(Const(rest, place, stamp))
        if _name(verb) == "HTTP" and isinstance(verb, ir.Call):
            held = next((arg.value for arg in verb.args if arg.name == "method"), None)
            method = str(held.value) if isinstance(held, ir.Const) else "GET"
        out.method = constant(method)
        given = _given(function, args)
        fields: dict[str, Value] = {}
        holes: dict[str, Value] = {}
        for param in function.params:
            name = param.target.id if isinstance(param.target, ir.Name) else ""
            value = given.get(name)
            if value is None:
                continue
            marks = [(_name(node), node) for node in param.decorators]
            if not marks and param.annotation is not None:
                marks = (
                    [("Body", ir.Name(param.span, "Body"))] if not holes and method in ("POST", "PUT", "PATCH") else []
                )
            for mark, node in marks:
                key = _text(interp, home, node, place) or name
                if mark in ("Body", "RequestBody"):
                    out.body = value
                elif mark in ("Header", "RequestHeader", "HeaderParam", "RestHeader"):
                    jvm_http.set_header(out, constant(key), value)
                elif mark == "HeaderMap":
                    merge_headers(interp, out, value)
                elif mark in ("Path", "PathVariable", "Param", "PathParam", "RestPath"):
                    holes[key] = value
                elif mark in ("Query", "RequestParam", "QueryParam", "QueryValue", "RestQuery"):
                    jvm_http.add_param(interp, out, constant(key), value, place)
                elif mark == "QueryMap":
                    out.params = value
                elif mark in ("Field", "Part", "FormParam", "RestForm"):
                    fields[key] = value
                elif mark in ("FieldMap", "PartMap"):
                    out.body = value
                elif mark == "Url":
                    path = value
        if fields:
            made = library.record(interp, place)
            for target in made.only(Obj):
                target.fields.update(fields)
            out.body = made
        if holes:
            filled = NOTHING
            for atom, proofs in path.alts:
                part = Value(((atom, proofs),))
                if isinstance(atom, Const):
                    part = operators.fill(interp, atom, "{", [], holes, place, unknown("a part of a path")).with_proofs(
                        proofs
                    )
                filled = filled.join(part)
            path = filled
        for node in function.decorators:
            if _name(node) == "Headers":
                _headers(interp, home, node, out, place, stamp)
        base = self.base if self.base is not None else unknown("the base URL of a service", hint="baseUrl")
        out.url = join_url(interp, _based(interp, base), path, place)
        return out


def _based(interp: Interpreter, base: Value) -> Value:
    from cybrid_audit.models.http import request_url

    return request_url(interp, base)


def _given(function: ir.Function, args: Arguments) -> dict[str, Value]:
    """Return the arguments by the names of the parameters."""
    keywords = dict(args.keywords)
    placed = jvm.placed(function, args, keywords)
    names = [param.target.id for param in function.params if isinstance(param.target, ir.Name)]
    return {**dict(zip(names, placed.positional, strict=False)), **keywords}


def verb_of(node: ir.Expr) -> bool:
    """Whether an annotation makes a method a request."""
    return _name(node) in VERBS


def _name(node: ir.Expr) -> str:
    return jvm.type_name(node.func if isinstance(node, ir.Call) else node)


def _evaluated(interp: Interpreter, home: ClassInfo, node: ir.Expr) -> Value:
    """Return an argument of an annotation, evaluated where the interface stands."""
    interp.push(Scope(home.scope, home.module), home.module, None)
    try:
        return interp.eval(node)
    finally:
        interp.pop()


def _argument(interp: Interpreter, home: ClassInfo, node: ir.Expr, place: Place, stamp: int) -> Value | None:
    """Return the text of an annotation as if the caller had written it: the call of the method chooses the operation."""
    if not isinstance(node, ir.Call):
        return None
    for arg in node.args:
        if arg.name in _ARGUMENT:
            held = _evaluated(interp, home, arg.value)
            items = (
                [item for each in (operators.known_items(interp, held) or [held]) for item in [each]][:1]
                if held.only(Obj)
                else [held]
            )
            return (
                items[0].map(lambda atom: Const(atom.value, place, stamp) if isinstance(atom, Const) else atom)
                if items
                else None
            )
    return None


def _text(interp: Interpreter, home: ClassInfo, node: ir.Expr, place: Place) -> str:
    if not isinstance(node, ir.Call):
        return ""
    for arg in node.args:
        if arg.name in (None, "value", "name"):
            held = _evaluated(interp, home, arg.value).const()
            return held if isinstance(held, str) else ""
    return ""


def _headers(interp: Interpreter, home: ClassInfo, node: ir.Expr, out: HttpRequest, place: Place, stamp: int) -> None:
    """Take `@Headers("Name: value", …)`."""
    for arg in node.args if isinstance(node, ir.Call) else ():
        held = _evaluated(interp, home, arg.value)
        for item in operators.known_items(interp, held) or [held] if held.only(Obj) else [held]:
            for atom in item.atoms():
                from cybrid_audit.engine.primitives import text_method

                halves = text_method(interp, atom, "partition", Arguments(positional=[constant(":")]), place)
                parts = operators.known_items(interp, halves) if halves is not None else None
                if parts is None or len(parts) != 3:
                    continue
                value = parts[2].map(
                    lambda each: (
                        Const(each.value.strip(), each.place, each.stamp, each.encoding, each.function)
                        if isinstance(each, Const) and isinstance(each.value, str)
                        else each
                    )
                )
                for key in parts[0].strings():
                    out.headers[key.strip().lower()] = value


def answer_as(interp: Interpreter, held: Value, function: ir.Function, home: ClassInfo) -> Value:
    """Return an answer as the method declares it: behind a wrapper, or its content."""
    kind = library.type_of(interp, home, function.returns)
    result = NOTHING
    for atom, proofs in held.alts:
        one = Value(((atom, proofs),))
        if isinstance(atom, Response):
            body = library.decode(interp, atom.body, kind) if kind is not None else atom.body
            wraps = library.wrapper_of(function.returns) in ("Call", "Response", "ResponseEntity", "ApiResponse")
            one = (value_of(Response(body, atom.place)) if wraps else body).with_proofs(proofs)
        result = result.join(one)
    return result


__all__ = ["Retrofit", "instance", "is_service", "retrofit"]
