"""Interfaces whose methods are requests, as containers hand them out: Feign, the REST clients of Quarkus and Micronaut.

Their annotation says where requests go, and beans may change each request before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import jvm
from cybrid_audit.engine.values import ClassInfo, Const, Place, Value, constant
from cybrid_audit.models.http import HttpRequest, join_url
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.jvm import retrofit as jvm_retrofit
from cybrid_audit.models.jvm import spring as java_spring
from cybrid_audit.models.jvm import spring_configuration as java_config
from cybrid_audit.models.native import native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

CLIENTS: Final = {
    "FeignClient": ("url", "path"),
    "RegisterRestClient": ("baseUri", ""),
    "Client": ("value", "path"),
    "HttpExchange": ("url", ""),
}
"""Annotations of such interfaces, and which of their elements say the address and what all paths start with."""
HOOKS: Final = (
    "feign.RequestInterceptor",
    "jakarta.ws.rs.client.ClientRequestFilter",
    "javax.ws.rs.client.ClientRequestFilter",
)


class Hooked(jvm_http.OkClient):
    """What sends the requests of an interface: the beans that change requests are asked first."""

    __slots__ = ("hooks",)

    def __init__(self, hooks: Sequence[Value]) -> None:
        super().__init__()
        self.hooks = hooks

    def chain(self, interp: Interpreter, out: HttpRequest, index: int, place: Place) -> Value:
        going = jvm_http.copy_of(out)
        for hook in self.hooks:
            request = native_object(interp, "request", jvm_http.Request(going), place, "request")
            for name in ("apply", "filter"):
                if jvm_http.call_interface(interp, hook, name, [request], place) is not None:
                    break
        return jvm_http.send(interp, going)


def declare(interp: Interpreter, held: Sequence[ClassInfo]) -> None:
    """Let the container hand these interfaces out as what their annotations say."""
    common: list[Value] | None = None
    for info in held:
        for node in info.definition.decorators:
            mark = jvm.type_name(node.func if isinstance(node, ir.Call) else node)
            if mark not in CLIENTS or info.definition.kind != "interface" or interp.state is None:
                continue
            if common is None:
                beans = [bean for bean in java_spring.beans(interp) if bean.types & set(HOOKS)]
                common = [java_spring.made_of(interp, bean) for bean in beans]
            own = [*common, *_configured(interp, info, node)]
            place = interp.no_place(info.module.path)
            client = native_object(interp, "client", Hooked(own), place, "client")
            jvm_retrofit.service(interp, info, _base(interp, info, node, mark, place), client, place)


def _elements(node: ir.Expr) -> dict[str, ir.Expr]:
    return {arg.name or "value": arg.value for arg in node.args} if isinstance(node, ir.Call) else {}


def _base(interp: Interpreter, info: ClassInfo, node: ir.Expr, mark: str, place: Place) -> Value | None:
    """Return the address below which the paths of an interface are."""
    elements = _elements(node)
    at, below = CLIENTS[mark]
    base: Value | None = None
    if at in elements:
        base = _text(interp, elements[at], place)
    elif isinstance(elements.get("configKey"), ir.Const):
        key = str(elements["configKey"].value)  # type: ignore[attr-defined]
        base = java_config.read(interp, f"quarkus.rest-client.{key}.url", place)
    for each in info.definition.decorators:
        if jvm.type_name(each.func if isinstance(each, ir.Call) else each) == "Path":
            path = _elements(each).get("value")
            base = (
                join_url(interp, base, _text(interp, path, place), place)
                if base is not None and path is not None
                else base
            )
    prefix = elements.get(below)
    return (
        join_url(interp, base, _text(interp, prefix, place), place) if base is not None and prefix is not None else base
    )


def _text(interp: Interpreter, node: ir.Expr, place: Place) -> Value:
    if isinstance(node, ir.Const) and isinstance(node.value, str):
        at = Place(place.path, node.span.line, node.span.column, node.span.end_line, node.span.end_column)
        held = java_config.filled(interp, node.value, at)
        return held.map(
            lambda atom: Const(atom.value, atom.place, interp.frame_count) if isinstance(atom, Const) else atom
        )
    return constant("")


def _configured(interp: Interpreter, info: ClassInfo, node: ir.Expr) -> list[Value]:
    """Return the beans of the configuration class that only this interface has."""
    found: list[Value] = []
    element = _elements(node).get("configuration")
    kinds = element.items if isinstance(element, ir.List) else (element,) if element is not None else ()
    for kind in kinds:
        for config in java_spring.meant(interp, info, kind).only(ClassInfo):
            found += [
                java_spring.made_of(interp, bean)
                for bean in java_spring.declared(interp, config)
                if bean.function is not None and jvm.type_name(bean.function.returns) == "RequestInterceptor"
            ]
            if any(base in HOOKS for base in config.library_bases()):
                from cybrid_audit.models.types import singleton

                found.append(singleton(interp, config))
    return found


__all__ = ["declare"]
