"""HTTP clients: what request a call makes, whatever the library; and handing it to the platform's model.

One reading serves every client, since they name the parts of a request alike; rows of `rules/models/http-*.yaml` say where a
library's calls take the method, the URL, the body and the options:

    with: {method: POST, url: 0, body: 1, options: 2}

`options` is the position of an options object; without it keyword arguments are the options. `method: 0` takes the method from
an argument. A client object keeps its base URL, headers, authentication and hooks for all requests made with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    Const,
    Fn,
    Lib,
    Obj,
    Place,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object, option
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

METHOD_KEYS: Final = ("method", "type", "verb")
URL_KEYS: Final = ("url", "uri", "path", "URL")
BASE_KEYS: Final = ("baseURL", "base_url", "prefixUrl", "prefix", "baseUrl", "origin", "baseurl")
HEADER_KEYS: Final = ("headers", "header")
PARAM_KEYS: Final = ("params", "searchParams", "qs", "query", "fields")
BODY_KEYS: Final = ("json", "data", "body", "form", "content", "payload", "formData")
AUTH_KEYS: Final = ("auth", "httpAuth")
VERIFY_KEYS: Final = (
    "verify",
    "ssl",
    "verify_ssl",
    "rejectUnauthorized",
    "strictSSL",
    "httpsAgent",
    "agent",
    "dispatcher",
    "https",
    "cert_reqs",
    "ssl_context",
    "context",
    "tls",
    "connector",
    "transport",
)
VERBS: Final = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "head": "HEAD",
    "del": "DELETE",
    "options": "OPTIONS",
    "post_json": "POST",
    "postForm": "POST",
    "putForm": "PUT",
    "patchForm": "PATCH",
}
WITH_BODY: Final = ("POST", "PUT", "PATCH")


@dataclass(slots=True)
class HttpRequest:
    """A request on its way out. Header names are lower case; `rest_headers` joins what unknown keys hold."""

    method: Value
    url: Value
    place: Place
    headers: dict[str, Value] = field(default_factory=dict)
    rest_headers: Value | None = None
    params: Value | None = None
    body: Value | None = None
    auth: Value | None = None
    verify: list[tuple[Value, Place, str]] = field(default_factory=list)
    """What was said about certificate checks: the value, where, and the option's name."""
    hosts: list[str] = field(default_factory=list)
    """Hosts that a configuration names, for requests whose URL a library puts together."""


class HttpClient(Native):
    """A client or session: `style` is how its verbs take arguments (`keywords`, `axios`, `options`)."""

    __slots__ = ("auth", "base", "hooks", "params", "settings", "style", "verify")

    def __init__(self, style: str, settings: Mapping[str, Any]) -> None:
        self.style = style
        self.settings = settings
        self.base: Value | None = None
        self.auth: Value | None = None
        self.params: Value | None = None
        self.verify: list[tuple[Value, Place, str]] = []
        self.hooks: list[Value] = []

    def fields(self, obj: Obj) -> dict[str, Value]:
        return {}

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "headers":
            headers = interp.new("map", place=place)
            headers.label = f"headers of {obj.label}"
            headers.shared = obj.shared
            headers.native = ClientHeaders()
            obj.fields["headers"] = value_of(headers)
            return obj.fields["headers"]
        if name == "defaults":
            defaults = interp.new("object", place=place)
            defaults.native = ClientDefaults(obj)
            defaults.shared = obj.shared
            defaults.label = f"defaults of {obj.label}"
            obj.fields["defaults"] = value_of(defaults)
            return obj.fields["defaults"]
        if name == "interceptors":
            holder = interp.new("object", place=place)
            holder.fields = {
                "request": native_object(interp, "object", Interceptors(obj, self), place, "interceptors"),
                "response": value_of(Lib("http interceptors")),
            }
            return value_of(holder)
        if name == "axiosRef":
            return value_of(obj)
        if name == "request":
            return value_of(NativeFn("request", self._request(obj)))
        if name in VERBS:
            return value_of(NativeFn(name, self._verb(obj, name)))
        if name == "verify":
            return (
                join_all(row[0] for row in self.verify) if self.verify else unknown("whether certificates are checked")
            )
        if name in ("base_url", "baseURL") and self.base is not None:
            return self.base
        if name == "auth" and self.auth is not None:
            return self.auth
        return None

    def _verb(self, obj: Obj, name: str) -> Any:
        return lambda interp, args, place: (
            self.method(interp, obj, name, args, place) or derived("an answer", *args.every())
        )

    def _request(self, obj: Obj) -> Any:
        return lambda interp, args, place: (
            self.method(interp, obj, "request", args, place) or derived("an answer", *args.every())
        )

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "auth":
            self.auth = new
        elif name in ("verify", "trust_env", "cert"):
            if name == "verify":
                self.verify.append((new, place, name))
        elif name == "params":
            self.params = new
        elif name in ("base_url", "baseURL"):
            if obj.cls is not None and not self.settings.get("base_url"):
                # A field of the project's own class, which the library knows nothing of.
                return False
            self.base = new
        elif name == "event_hooks":
            self.add_hooks(new)
        else:
            return False
        return True

    def add_hooks(self, hooks: Value | None) -> None:
        """Keep the functions that change a request before it goes out."""
        found = field_of(hooks, "request", "beforeRequest")
        if found is not None:
            for obj in found.only(Obj):
                self.hooks.extend(obj.items or ([obj.rest] if obj.rest is not None else []))

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return self.method(interp, obj, "request", args, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        verb = VERBS.get(name)
        if (
            verb is not None
            and self.style == "keywords"
            and obj.cls is not None
            and obj.cls.method("request") is not None
        ):
            # The library's own verbs go through `request`, which the project's class overrides.
            given = Const(verb, place, interp.frame.id if interp.frames else 0)
            passed = Arguments([value_of(given), *args.positional], args.keywords, args.rest, args.kwrest, args.nodes)
            return calls.call_method(interp, value_of(obj), "request", passed, place, awaited=True)
        if verb is not None:
            if self.style == "axios":
                settings = (
                    {"method": verb, "url": 0, "body": 1, "options": 2}
                    if verb in WITH_BODY
                    else {"method": verb, "url": 0, "options": 1}
                )
            elif self.style in ("options", "fetch", "wreck"):
                settings = {"method": verb, "url": 0, "options": 1}
            else:
                settings = {
                    "method": verb,
                    "url": 0,
                    "body": 1 if verb in WITH_BODY else -1,
                    "params": -1 if verb in WITH_BODY else 1,
                }
            return perform(interp, args, place, settings, obj)
        if name in ("request", "stream", "send", "fetch", "request_json", "urlopen", "$fetch"):
            if self.style == "keywords":
                if name == "send" and args.positional:
                    held = args.positional[0]
                    return join_all(
                        [perform_prepared(interp, each, place, obj) for each in held.only(Obj)]
                        or [derived("an answer", *args.every())]
                    )
                return perform(
                    interp, args, place, {"method": 0, "url": 1, "body": 2 if name == "urlopen" else -1}, obj
                )
            if self.style == "wreck":
                return perform(interp, args, place, {"method": 0, "url": 1, "options": 2}, obj)
            return perform(interp, args, place, {"url": 0, "options": 1}, obj)
        if name == "read" and self.style == "wreck" and args.positional:
            return args.positional[0]
        if name in ("build_request", "prepare_request"):
            if name == "prepare_request" and args.positional:
                return args.positional[0]
            return prepared(interp, args, place, {"method": 0, "url": 1}, obj)
        if name in ("extend", "create", "defaults", "instance"):
            return client_like(interp, obj, args, place)
        if name in ("close", "aclose", "mount", "raise_for_status"):
            self.verify.extend((value, place, name) for value in args.every())
            if name == "mount" and len(args.positional) > 1:
                from cybrid_audit.models.python import http as python_http

                self.verify.extend(python_http.adapter_switches(interp, args.positional[1], place))
            return unknown(f"the result of {name}")
        if name in ("__enter__", "__aenter__"):
            return value_of(obj)
        return None


class Interceptors(Native):
    """`client.interceptors.request`: functions that change a request before it goes out."""

    __slots__ = ("client", "native")

    def __init__(self, client: Obj, native: HttpClient) -> None:
        self.client = client
        self.native = native

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "use" and args.positional and args.positional[0] not in self.native.hooks:
            add_hook(interp, self.native, self.client, args.positional[0], place)
        return unknown("a number")


class ClientHeaders(Native):
    """Headers of a client; `common`, `post` … are parts of the same."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name == "common" or name in VERBS else None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name != "common" and name not in VERBS:
            return False
        holder = interp.new("object", place=place)
        attributes.spread_into(interp, holder, new)
        for key, held in holder.fields.items():
            attributes.write(interp, obj, key, held, place)
        return True


class ClientDefaults(Native):
    """`client.defaults`: its `baseURL` and `headers` are the client's."""

    __slots__ = ("client",)

    def __init__(self, client: Obj) -> None:
        self.client = client

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "headers":
            return attributes.get_one(interp, self.client, "headers", place)
        if name in ("common", "post", "get"):
            return attributes.get_one(interp, self.client, "headers", place)
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        client = self.client.native
        if isinstance(client, HttpClient) and name in BASE_KEYS:
            client.base = new
            return True
        if isinstance(client, HttpClient) and name in VERIFY_KEYS:
            client.verify.append((new, place, name))
            return True
        if isinstance(client, HttpClient) and name in AUTH_KEYS:
            client.auth = new
            return True
        if name in HEADER_KEYS:
            holder = interp.new("object", place=place)
            attributes.spread_into(interp, holder, new)
            target = attributes.get_one(interp, self.client, "headers", place)
            for key, held in holder.fields.items():
                attributes.set_item(interp, target, constant(key), held, place)
            return True
        return False


# ---------------------------------------------------------------- handlers


def request(call: LibraryCall) -> Value | None:
    """A function that makes a request: `requests.get`, `fetch`, `axios.post`, `axios(config)` …"""
    return perform(call.interp, call.args, call.place, call.settings, _default_client(call))


def _default_client(call: LibraryCall) -> Obj | None:
    """The client behind a library's own functions, where it has one (`axios.defaults`)."""
    name = call.settings.get("client")
    if not name:
        return None
    made: Obj | None = call.models.memory(f"client {name}", lambda: _shared_client(call, str(name)))
    return made


def _shared_client(call: LibraryCall, name: str) -> Obj:
    obj = Obj("client", None, shared=True)
    obj.native = HttpClient("axios", {})
    obj.label = name
    return obj


def default_client(call: LibraryCall) -> Value | None:
    """Reading a part of a library's own client: `axios.defaults`, `axios.interceptors`."""
    client = _default_client(call)
    if client is None:
        return None
    return attributes.get_one(call.interp, client, call.path.rsplit(".", 1)[-1], call.place)


def client(call: LibraryCall) -> Value | None:
    """A constructor or factory of clients: `requests.Session()`, `axios.create({...})`, `httpx.AsyncClient(base_url=…)`."""
    interp, args = call.interp, call.args
    native = HttpClient(str(call.settings.get("style", "keywords")), call.settings)
    value = native_object(interp, "client", native, call.place, str(call.settings.get("label", "client")))
    obj = value.only(Obj)[0]
    configure(interp, obj, native, args, int(call.settings.get("options", 0)), call.settings)
    return value


def client_base(call: LibraryCall) -> Value | None:
    """An instance of a project class that derives from a library's client."""
    for atom in call.sources:
        if isinstance(atom, Obj):
            native = (
                atom.native
                if isinstance(atom.native, HttpClient)
                else HttpClient(str(call.settings.get("style", "keywords")), call.settings)
            )
            atom.native = native
            configure(call.interp, atom, native, call.args, int(call.settings.get("options", 0)), call.settings)
    return None


def typed_client(call: LibraryCall) -> Value | None:
    """A parameter annotated with a client type: a client of which nothing more is known."""
    native = HttpClient(str(call.settings.get("style", "keywords")), call.settings)
    native.base = unknown("the base URL of a client that is passed in", hint="base_url")
    return native_object(call.interp, "client", native, call.place, "client")


def configure(
    interp: Interpreter, obj: Obj, native: HttpClient, args: Arguments, position: int, settings: Mapping[str, Any]
) -> None:
    """Take the options of a new client."""

    def given(keys: tuple[str, ...]) -> Value | None:
        for name in keys:
            held = option(args, position, name)
            if held is not None:
                return held
        return None

    base = given(BASE_KEYS)
    if base is None and settings.get("base") is not None:
        base = args.get(int(settings["base"]))
        if base is not None and any(isinstance(atom, Obj) for atom in base.atoms()):
            base = None
    if base is not None:
        native.base = base
    headers = given(HEADER_KEYS)
    if headers is not None:
        held = attributes.get_one(interp, obj, "headers", obj.place or interp.no_place(""))
        for target in held.only(Obj):
            born = target.shared
            target.shared = False
            attributes.spread_into(interp, target, headers)
            target.shared = born
            target.place = next((each.place for each in headers.only(Obj)), target.place)
        note_shared_headers(interp, obj, headers)
    auth = given(AUTH_KEYS)
    if auth is not None:
        native.auth = auth
    params = given(("params", "query"))
    if params is not None:
        native.params = params
    for name in VERIFY_KEYS:
        held_verify = option(args, position, name)
        if held_verify is not None:
            native.verify.append((held_verify, obj.place or interp.no_place(""), name))
    hooks = given(("event_hooks", "hooks"))
    native.add_hooks(hooks)
    for listed in (given(("middlewares",)),):
        native.hooks.extend(operators.known_items(interp, listed) or [] if listed is not None else [])
    transport = given(("transport",))
    if transport is not None:
        native.hooks.extend(transport_hooks(interp, transport, obj.place or interp.no_place("")))
    on_request = given(("onRequest",))
    if on_request is not None:
        native.hooks.append(on_request)


def transport_hooks(interp: Interpreter, transport: Value, place: Place) -> list[Value]:
    """Return what a transport of the project's own does with a request before it sends it."""
    found = []
    for obj in transport.only(Obj):
        for name in ("handle_request", "handle_async_request"):
            method = calls.bound_method(interp, obj, name, place)
            if method is not None:
                found.append(method)
    return found


def note_shared_headers(interp: Interpreter, client_obj: Obj, headers: Value) -> None:
    """A client that outlives the request keeps the headers it was made with."""
    if client_obj.shared and interp.shared_births == 0:
        interp.models.on_store(
            interp, f"headers of {client_obj.label}", None, headers, client_obj.place or interp.no_place(""), client_obj
        )


def add_hook(interp: Interpreter, native: HttpClient, client_obj: Obj, hook: Value, place: Place) -> None:
    """Have a function change the client's requests. A client that outlives the request keeps what it puts into the headers."""
    native.hooks.append(hook)
    if client_obj.shared and interp.shared_births == 0:
        out = HttpRequest(constant("GET"), unknown("a URL"), place)
        run_hook(interp, out, hook, place)
        for held in out.headers.values():
            interp.models.on_store(interp, f"headers of {client_obj.label}", None, held, place, client_obj)


def client_like(interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value:
    """Return a client made from another: `got.extend({...})`, `axios.create` on an instance."""
    base = obj.native
    native = HttpClient(base.style if isinstance(base, HttpClient) else "options", {})
    value = native_object(interp, "client", native, place, obj.label)
    made = value.only(Obj)[0]
    if isinstance(base, HttpClient):
        native.base, native.auth, native.params = base.base, base.auth, base.params
        native.hooks, native.verify = list(base.hooks), list(base.verify)
        if "headers" in obj.fields:
            held = attributes.get_one(interp, made, "headers", place)
            for target in held.only(Obj):
                attributes.spread_into(interp, target, obj.fields["headers"])
    configure(interp, made, native, args, 0, {})
    return value


# ---------------------------------------------------------------- requests


def assemble(
    interp: Interpreter, args: Arguments, place: Place, settings: Mapping[str, Any], client_obj: Obj | None
) -> HttpRequest:
    """Return the request that a call makes."""
    method_at, url_at = settings.get("method"), settings.get("url", 0)
    options_at = settings.get("options", -1)
    first = args.get(url_at) if isinstance(url_at, int) else None
    options: Value | None = args.get(options_at) if options_at >= 0 else None
    if first is not None and _is_config(first):
        options = first if options is None else options.join(first)
        first = None

    def given(keys: tuple[str, ...]) -> Value | None:
        found: Value | None = None
        for name in keys:
            held = args.keywords.get(name)
            if held is None and options is not None:
                held = field_of(options, name)
            if held is None:
                continue
            if any(isinstance(atom, Const) and atom.value is None for atom in held.atoms()):
                # `json=None, data=form`: the next of them may be the one that counts.
                found = held if found is None else found.join(held)
                continue
            return held if found is None else found.join(held)
        return (
            None
            if found is None or (found.const() is None and len(found.alts) == 1 and isinstance(found.alts[0][0], Const))
            else found
        )

    url = first if first is not None else given(URL_KEYS)
    extras: list[Obj] = list(url.only(Obj)) if url is not None else []
    url_value = request_url(interp, url) if url is not None else unknown("a URL that nobody gives")
    method: Value
    if isinstance(method_at, str):
        method = constant(method_at)
    else:
        held = args.get(method_at) if isinstance(method_at, int) else None
        held = held if held is not None else given(METHOD_KEYS)
        if held is None:
            held = constant(str(settings.get("default", "GET")))
        method = held
    out = HttpRequest(method, url_value, place)
    body_at, params_at = settings.get("body", -1), settings.get("params", -1)
    out.body = args.get(body_at) if isinstance(body_at, int) and body_at >= 0 else None
    if out.body is None:
        # `json: true` only says how the body is sent.
        found = [
            held for name in BODY_KEYS if (held := given((name,))) is not None and not isinstance(held.const(), bool)
        ]
        out.body = found[0] if found else None
    out.params = given(PARAM_KEYS)
    if out.params is None and isinstance(params_at, int) and params_at >= 0:
        out.params = args.get(params_at)
    native = client_obj.native if client_obj is not None and isinstance(client_obj.native, HttpClient) else None
    base = given(BASE_KEYS)
    if base is None and native is not None:
        base = native.base
    if base is not None:
        out.url = join_url(interp, base, out.url, place)
    if client_obj is not None:
        merge_headers(interp, out, client_obj.fields.get("headers"))
    for extra in extras:
        merge_headers(interp, out, extra.fields.get("headers"))
        if "method" in extra.fields:
            out.method = extra.fields["method"]
        if "body" in extra.fields and out.body is None:
            out.body = extra.fields["body"]
    merge_headers(interp, out, given(HEADER_KEYS))
    out.auth = given(AUTH_KEYS)
    if out.auth is None and native is not None:
        out.auth = native.auth
    user, password = given(("username", "user")), given(("password", "pass"))
    if out.auth is None and user is not None and password is not None:
        pair = interp.new("list", place=place)
        pair.items = [user, password]
        out.auth = value_of(pair)
    for name in VERIFY_KEYS:
        held_verify = given((name,))
        if held_verify is not None:
            out.verify.append((held_verify, place, name))
    if native is not None:
        out.verify.extend(native.verify)
        for hook in native.hooks:
            run_hook(interp, out, hook, place)
        if out.params is None:
            out.params = native.params
    return out


def _is_config(value: Value) -> bool:
    """Whether an argument is an options object rather than a URL."""
    return any(
        isinstance(atom, Obj)
        and not isinstance(atom.native, Native)
        and atom.kind == "object"
        and any(key in atom.fields for key in (*URL_KEYS, "hostname", "host", "method"))
        for atom in value.atoms()
    )


def request_url(interp: Interpreter, url: Value) -> Value:
    """Return a URL argument as text: URL objects and prepared requests are looked into."""
    result = NOTHING
    for atom, proofs in url.alts:
        if isinstance(atom, Obj):
            rendered = interp.models.as_texts(interp, atom)
            if rendered is not None:
                result = result.join(rendered.with_proofs(proofs))
                continue
            held = field_of(value_of(atom), *URL_KEYS, "href")
            if held is not None:
                result = result.join(held)
                continue
        result = result.join(Value(((atom, proofs),)))
    return result


def join_url(interp: Interpreter, base: Value, url: Value, place: Place) -> Value:
    """Return URLs relative to a base, alternative by alternative; absolute ones stay."""
    result = NOTHING
    for atom, proofs in url.alts:
        text = text_of(atom)
        if text is not None and "://" in text.split("?", 1)[0][:12]:
            result = result.join(Value(((atom, proofs),)))
            continue
        for base_atom, base_proofs in base.alts:
            if isinstance(base_atom, Const) and base_atom.value is None:
                result = result.join(Value(((atom, proofs),)))
                continue
            rendered = interp.models.as_text(interp, base_atom) if isinstance(base_atom, Obj) else None
            head = text_of(rendered if rendered is not None else base_atom) or "{?}"
            parts = [value_of(rendered if rendered is not None else base_atom)]
            if text and not text.startswith(("/", "?")) and not head.endswith("/"):
                parts.append(value_of(Const("/")))
            parts.append(value_of(atom))
            result = result.join(operators.concat(interp, parts, place).with_proofs(proofs | base_proofs))
    return result if result.alts else url


def merge_headers(interp: Interpreter, out: HttpRequest, headers: Value | None) -> None:
    """Take headers over what the request has."""
    if headers is None:
        return
    several = len([a for a in headers.atoms() if not (isinstance(a, Const) and a.value is None)]) > 1
    before = dict(out.headers)
    for atom in headers.atoms():
        if isinstance(atom, Obj) and atom.kind == "list":
            for item in operators.known_items(interp, value_of(atom)) or []:
                pair = operators.known_items(interp, item)
                if pair is not None and len(pair) == 2:
                    for name in pair[0].strings():
                        out.headers[name.lower()] = pair[1]
        elif isinstance(atom, Obj):
            for name, held in atom.fields.items():
                low = name.lower()
                value = interp.models.read_accessor(interp, held, out.place)
                if low == "common" and value.only(Obj):
                    merge_headers(interp, out, value)
                    continue
                out.headers[low] = (
                    value.join(out.headers[low]) if several and low in out.headers and low not in before else value
                )
            if atom.rest is not None:
                out.rest_headers = atom.rest if out.rest_headers is None else out.rest_headers.join(atom.rest)
        elif not isinstance(atom, Const):
            out.rest_headers = value_of(atom) if out.rest_headers is None else out.rest_headers.join(value_of(atom))


def run_hook(interp: Interpreter, out: HttpRequest, hook: Value, place: Place) -> None:
    """Let an interceptor or hook change a request."""
    config = interp.new("object", place=place)
    headers = interp.new("map", place=place)
    headers.fields = dict(out.headers)
    config.fields = {"headers": value_of(headers), "url": out.url, "method": out.method}
    if out.params is not None:
        config.fields["params"] = out.params
    if out.body is not None:
        config.fields["data"] = out.body
        config.fields["body"] = out.body
    # Some hand over what they change as a part of their argument.
    config.fields["request"] = config.fields["options"] = value_of(config)
    functions = Value(tuple(pair for pair in hook.alts if isinstance(pair[0], Fn | NativeFn | Obj)))
    if not functions.alts:
        return
    returned = calls.call(
        interp, functions, Arguments(positional=[value_of(config), value_of(config)]), place, awaited=True
    )
    for result in [config, *interp.settle(returned).only(Obj)]:
        if "headers" in result.fields:
            out.headers = {}
            merge_headers(interp, out, result.fields["headers"])
            if result is not config:
                break


def perform(
    interp: Interpreter, args: Arguments, place: Place, settings: Mapping[str, Any], client_obj: Obj | None
) -> Value:
    """Make a request and return its answer."""
    from cybrid_audit.models import platform

    out = assemble(interp, args, place, settings, client_obj)
    if client_obj is not None and client_obj.cls is not None and client_obj.cls.method("send") is not None:
        # The library sends through `send`, which the project's class overrides.
        ready = native_object(interp, "request", Prepared(out), place, "request")
        return calls.call_method(
            interp, value_of(client_obj), "send", Arguments(positional=[ready]), place, awaited=True
        )
    return platform.send(interp, out)


class Prepared(Native):
    """A request object that is sent later."""

    __slots__ = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "headers":
            headers = interp.new("map", place=place)
            headers.fields = dict(self.request.headers)
            obj.fields["headers"] = value_of(headers)
            return obj.fields["headers"]
        if name in ("url", "method"):
            return self.request.url if name == "url" else self.request.method
        if name in ("body", "content", "data", "json"):
            return self.request.body
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "url":
            self.request.url = new
        elif name == "method":
            self.request.method = new
        elif name == "get_method":
            self.request.method = calls.call(interp, new, Arguments(), place)
        elif name in ("body", "content", "data", "json"):
            self.request.body = new
        elif name == "params":
            self.request.params = new
        elif name == "auth":
            self.request.auth = new
        else:
            return False
        return True

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("add_header", "add_unredirected_header") and len(args.positional) == 2:
            for key in args.positional[0].atoms():
                self.request.headers[key_text(key).lower()] = args.positional[1]
            return unknown("nothing")
        if name in ("prepare", "clone"):
            return value_of(obj)
        return None


def prepared(
    interp: Interpreter, args: Arguments, place: Place, settings: Mapping[str, Any], client_obj: Obj | None
) -> Value:
    """Return a request object that is sent later: `urllib.request.Request(…)`, `new Request(…)`, `client.build_request(…)`."""
    out = assemble(interp, args, place, settings, client_obj)
    return native_object(interp, "request", Prepared(out), place, "request")


def request_object(call: LibraryCall) -> Value | None:
    """A constructor of request objects."""
    settings = dict(call.settings)
    out = prepared(call.interp, call.args, call.place, settings, None)
    body = call.args.get(int(settings.get("body", -1)), "data")
    native = out.only(Obj)[0].native
    if (
        isinstance(native, Prepared)
        and body is not None
        and option(call.args, 1, "method") is None
        and settings.get("post_with_body")
    ):
        native.request.method = constant("POST")
    return out


def perform_prepared(interp: Interpreter, obj: Obj, place: Place, client_obj: Obj | None) -> Value:
    """Send a request object."""
    from cybrid_audit.models import platform

    if not isinstance(obj.native, Prepared):
        return derived("an answer", value_of(obj))
    # The line on which method and path are fixed is the builder's.
    out = obj.native.request
    merge_headers(interp, out, obj.fields.get("headers"))
    if client_obj is not None:
        held = dict(out.headers)
        merge_headers(interp, out, client_obj.fields.get("headers"))
        out.headers.update(held)
    return platform.send(interp, out)


def send_prepared(call: LibraryCall) -> Value | None:
    """A function that sends a request object or opens a URL: `urllib.request.urlopen(request)`, `fetch(request)`."""
    first = call.args.get(0)
    if first is None:
        return None
    ready = [obj for obj in first.only(Obj) if isinstance(obj.native, Prepared)]
    if ready:
        return join_all(perform_prepared(call.interp, obj, call.place, None) for obj in ready)
    return perform(call.interp, call.args, call.place, {"url": 0, "options": 1, **call.settings}, _default_client(call))


__all__ = ["Atom", "HttpClient", "HttpRequest", "request"]
