"""HTTP clients of Python that are used unlike the others: urllib, http.client, OAuth sessions, TLS contexts, transport adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Lib,
    Obj,
    Place,
    Response,
    Value,
    constant,
    join_all,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.models import http
from cybrid_audit.models.http import HttpClient, HttpRequest, Prepared
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def present(value: Value | None) -> Value | None:
    """Return a value without None among its alternatives; None when nothing else is left."""
    if value is None:
        return None
    kept = Value(tuple(pair for pair in value.alts if not (isinstance(pair[0], Const) and pair[0].value is None)))
    return kept if kept.alts else None


def with_names(args: Arguments, names: tuple[str, ...]) -> Arguments:
    """Return the arguments with positional ones under their names; those beyond the names stay positional."""
    keywords = dict(args.keywords)
    for name, value in zip(names, args.positional, strict=False):
        keywords.setdefault(name, value)
    return Arguments(args.positional[len(names) :], keywords, args.rest, args.kwrest, args.nodes)


# ---------------------------------------------------------------- urllib


def urllib_request(call: LibraryCall) -> Value | None:
    """`urllib.request.Request(url, data, headers, …)`: GET, or POST with data."""
    args = with_names(call.args, ("url", "data", "headers", "origin_req_host", "unverifiable", "method"))
    given = present(args.keywords.get("method"))
    return http.prepared(call.interp, args, call.place, {"method": -1 if given is not None else _verb(args)}, None)


def _verb(args: Arguments) -> str:
    return "POST" if present(args.keywords.get("data")) is not None else "GET"


def urlopen(call: LibraryCall) -> Value | None:
    """`urllib.request.urlopen(url or request, data, context=…)`."""
    return opened(call.interp, call.args, call.place, None)


def opened(interp: Interpreter, args: Arguments, place: Place, client: Obj | None) -> Value:
    """Return the answer to a URL or request object that is opened."""
    args = with_names(args, ("url", "data", "timeout"))
    url = args.keywords.get("url") or args.keywords.get("fullurl") or NOTHING
    result = NOTHING
    plain = NOTHING
    for atom, proofs in url.alts:
        if isinstance(atom, Obj) and isinstance(atom.native, Prepared):
            for name in ("context", "cafile"):
                if name in args.keywords:
                    atom.native.request.verify.append((args.keywords[name], place, name))
            result = result.join(http.perform_prepared(interp, atom, place, client))
        else:
            plain = plain.join(Value(((atom, proofs),)))
    if plain.alts:
        args.keywords["url"] = plain
        result = result.join(http.perform(interp, args, place, {"method": _verb(args)}, client))
    return result


class Opener(HttpClient):
    """`urllib.request.build_opener(…)`: its `addheaders` go with every request."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "open":
            return opened(interp, args, place, obj)
        return unknown(f"the result of {name}")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "addheaders":
            listed = interp.new("list", place=place)
            listed.items = []
            obj.fields["addheaders"] = value_of(listed)
            return obj.fields["addheaders"]
        return super().attribute(interp, obj, name, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name != "addheaders":
            return super().set(interp, obj, name, new, place)
        fresh = HttpRequest(constant("GET"), constant(""), place)
        http.merge_headers(interp, fresh, new)
        headers = attributes.get_one(interp, obj, "headers", place)
        for key, held in fresh.headers.items():
            attributes.set_item(interp, headers, constant(key), held, place)
        return True


def opener(call: LibraryCall) -> Value | None:
    """`urllib.request.build_opener(handlers…)`."""
    native = Opener("keywords", {})
    for value in call.args.positional:
        context = field_of(value, "context")
        if context is not None:
            native.verify.append((context, call.place, "context"))
    return native_object(call.interp, "client", native, call.place, "opener")


def options_object(call: LibraryCall) -> Value | None:
    """A constructor whose arguments are kept by name, positional ones by the names in the settings: `HTTPSHandler(context=…)`."""
    names = tuple(call.settings.get("names", ()))
    made = call.interp.new("object", place=call.place)
    made.label = call.path.rsplit(".", 1)[-1]
    for name, value in with_names(call.args, names).keywords.items():
        made.fields[str(name)] = value
    return value_of(made)


def connector(call: LibraryCall) -> Value | None:
    """`aiohttp.TCPConnector(ssl=False)`: an object that tells whether certificates are checked."""
    made = call.interp.new("object", place=call.place)
    made.label = "connector"
    for name in ("ssl", "verify_ssl", "ssl_context"):
        held = call.args.keywords.get(name)
        if held is not None:
            made.fields["tls" if any(isinstance(atom, Obj) for atom in held.atoms()) else "verify_ssl"] = held
    return value_of(made)


# ---------------------------------------------------------------- http.client


class Connection(HttpClient):
    """`http.client.HTTPSConnection(host)`: a request, then its answer; or a request that is put together call by call."""

    __slots__ = ("answer", "pending")

    def __init__(self, base: Value) -> None:
        super().__init__("keywords", {})
        self.base = base
        self.answer: Value = NOTHING
        self.pending: HttpRequest | None = None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "request":
            args = with_names(args, ("method", "url", "body", "headers"))
            self.answer = http.perform(interp, args, place, {"method": -1}, obj)
            return V_NONE
        if name == "putrequest":
            args = with_names(args, ("method", "url"))
            self.pending = http.assemble(interp, args, place, {"method": -1}, obj)
            return V_NONE
        if name == "putheader" and self.pending is not None and len(args.positional) >= 2:
            for key in args.positional[0].strings():
                self.pending.headers[key.lower()] = args.positional[1]
            return V_NONE
        if name in ("endheaders", "send") and self.pending is not None:
            if args.positional:
                self.pending.body = args.positional[0]
            return V_NONE
        if name == "getresponse":
            if self.pending is not None:
                from cybrid_audit.models import platform

                self.answer = platform.send(interp, self.pending)
                self.pending = None
            return self.answer if self.answer.alts else unknown("an answer")
        return V_NONE


def connection(call: LibraryCall) -> Value | None:
    """`http.client.HTTPSConnection(host, port, context=…)`; `scheme` in the settings."""
    args = with_names(call.args, ("host", "port"))
    host = args.keywords.get("host") or unknown("a host that nobody gives")
    base = operators.concat(call.interp, [constant(f"{call.settings.get('scheme', 'https')}://"), host], call.place)
    native = Connection(base)
    context = args.keywords.get("context")
    if context is not None:
        native.verify.append((context, call.place, "context"))
    return native_object(call.interp, "client", native, call.place, "connection")


def host_pool(call: LibraryCall) -> Value | None:
    """`urllib3.HTTPSConnectionPool(host)`: a client for one host."""
    args = with_names(call.args, ("host", "port"))
    native = HttpClient("keywords", call.settings)
    host = args.keywords.pop("host", None) or unknown("a host that nobody gives")
    native.base = operators.concat(
        call.interp, [constant(f"{call.settings.get('scheme', 'https')}://"), host], call.place
    )
    value = native_object(call.interp, "client", native, call.place, "pool")
    http.configure(call.interp, value.only(Obj)[0], native, args, 0, {})
    return value


# ---------------------------------------------------------------- credentials


def basic_header(call: LibraryCall) -> Value | None:
    """A function that makes a Basic header's value of id and secret: `aiohttp.encode_basic_auth`, `basic_auth_header`."""
    args = with_names(call.args, ("login", "password"))
    pair = [args.keywords.get("login") or NOTHING, args.keywords.get("password") or NOTHING]
    return operators.concat(call.interp, [constant("Basic "), pair[0], constant(":"), pair[1]], call.place)


class Credentials(Native):
    """`aiohttp.BasicAuth(login, password)`: a pair that can be encoded."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "encode":
            return operators.concat(
                interp, [constant("Basic "), obj.fields["login"], constant(":"), obj.fields["password"]], place
            )
        return None


def credentials(call: LibraryCall) -> Value | None:
    """`HTTPBasicAuth(user, password)`, `httpx.BasicAuth(…)`, `aiohttp.BasicAuth(…)`."""
    args = with_names(call.args, ("login", "password"))
    names = args.keywords
    value = native_object(call.interp, "object", Credentials(), call.place, "credentials")
    made = value.only(Obj)[0]
    made.fields["login"] = names.get("username") or names.get("login") or constant("")
    made.fields["password"] = names.get("password") or constant("")
    return value


# ---------------------------------------------------------------- TLS


class TlsContext(Native):
    """An `ssl.SSLContext`; a switch that turns certificate checks off is kept with its place."""

    __slots__ = ()

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        off = any(
            isinstance(atom, Const) and atom.value in (False, 0) and atom.value is not None for atom in new.atoms()
        ) or any(isinstance(atom, Lib) and atom.path.endswith("CERT_NONE") for atom in new.atoms())
        if name in ("check_hostname", "verify_mode") and off and "%verification off" not in obj.fields:
            obj.fields["%verification off"] = value_of(Const(False, place))
        return True

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown(f"the {name} of a TLS context")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return unknown(f"the result of {name}")


def tls_context(call: LibraryCall) -> Value | None:
    """`ssl.create_default_context()`, `ssl.SSLContext()`, `ssl._create_unverified_context()`; `unverified` in the settings."""
    value = native_object(call.interp, "object", TlsContext(), call.place, "TLS context")
    weak = call.settings.get("unverified") or any(
        (isinstance(atom, Lib) and atom.path.endswith("CERT_NONE")) or atom == Const("CERT_NONE")
        for name in ("cert_reqs", "verify_mode")
        for atom in (call.args.keywords.get(name) or NOTHING).atoms()
    )
    if weak:
        value.only(Obj)[0].fields["%verification off"] = value_of(Const(False, call.place))
    return value


class Adapter(Native):
    """A transport adapter of requests: what its project class tells the pool about certificates is kept."""

    __slots__ = ("verify",)

    def __init__(self) -> None:
        self.verify: list[tuple[Value, Place, str]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        for key in http.VERIFY_KEYS:
            held = args.keywords.get(key)
            if held is not None:
                self.verify.append((held, place, key))
        if name == "cert_verify" and len(args.positional) > 2:
            self.verify.append((args.positional[2], place, "verify"))
        return unknown(f"the result of {name}")


def adapter_base(call: LibraryCall) -> Value | None:
    """An instance of a project class that derives from a transport adapter."""
    for obj in call.sources:
        if isinstance(obj, Obj):
            obj.native = Adapter()
            for name, held in call.args.keywords.items():
                if name in http.VERIFY_KEYS:
                    obj.native.verify.append((held, call.place, name))
    return None


def adapter_switches(interp: Interpreter, value: Value, place: Place) -> list[tuple[Value, Place, str]]:
    """Return what an adapter that is mounted says about certificate checks, by running its own methods once."""
    found: list[tuple[Value, Place, str]] = []
    for obj in value.only(Obj):
        if not isinstance(obj.native, Adapter):
            continue
        if obj.cls is not None and not obj.native.verify:
            for name in (
                "init_poolmanager",
                "cert_verify",
                "send",
                "build_connection_pool_key_attributes",
                "proxy_manager_for",
            ):
                if obj.cls.method(name) is not None:
                    given = Arguments(
                        positional=[
                            unknown("what the session passes")
                            for _ in range(0 if name == "init_poolmanager" else 4 if name == "cert_verify" else 1)
                        ]
                    )
                    calls.call_method(interp, value_of(obj), name, given, place)
        found.extend(obj.native.verify)
    return found


# ---------------------------------------------------------------- OAuth sessions


class OAuthSession(HttpClient):
    """`OAuth2Session`: fetches a token and sends it with every request from then on."""

    __slots__ = ("given",)

    def __init__(self, given: dict[str, Value]) -> None:
        super().__init__("keywords", {})
        self.given = given

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("token", "access_token"):
            held = self.given.get("token")
            return held if held is not None else unknown("a token that was not fetched")
        return super().attribute(interp, obj, name, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "token":
            self.keep(interp, obj, new, place)
            return True
        return super().set(interp, obj, name, new, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("fetch_token", "fetch_access_token", "refresh_token", "ensure_active_token"):
            return self.fetch(interp, obj, args, place)
        sends = name in http.VERBS or name in ("request", "send")
        known = {key.lower() for held in (obj.fields.get("headers") or NOTHING).only(Obj) for key in held.fields}
        if sends and "authorization" not in known and "token_endpoint" in self.given and "client_secret" in self.given:
            # The client fetches a token by itself before its first request.
            self.fetch(interp, obj, Arguments(), place)
        return super().method(interp, obj, name, args, place)

    def fetch(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value:
        """Return the answer of the token request that the session makes."""
        names = dict(self.given) | with_names(args, ("token_url",)).keywords
        url = (
            names.get("token_url")
            or names.get("url")
            or names.get("token_endpoint")
            or unknown("a token URL that nobody gives")
        )
        out = HttpRequest(constant("POST"), url, place)
        body = interp.new("object", place=place)
        body.fields["grant_type"] = names.get("grant_type") or constant("client_credentials")
        for key in ("client_id", "client_secret", "scope"):
            held = present(names.get(key))
            if held is not None:
                body.fields[key] = held
        for key in ("body", "data"):
            attributes.spread_into(interp, body, names.get(key) or NOTHING)
        out.body = value_of(body)
        out.auth = present(names.get("auth"))
        for key in ("verify", "ssl"):
            if key in names:
                out.verify.append((names[key], place, key))
        out.verify.extend(self.verify)
        from cybrid_audit.models import platform

        answer = join_all(
            atom.body if isinstance(atom, Response) else value_of(atom) for atom in platform.send(interp, out).atoms()
        )
        self.keep(interp, obj, answer, place)
        return answer

    def keep(self, interp: Interpreter, obj: Obj, token: Value, place: Place) -> None:
        """Let a token go with every request from now on."""
        self.given["token"] = token
        held = attributes.get_attribute(interp, token, "access_token", place)
        header = operators.concat(interp, [constant("Bearer "), held], place)
        attributes.set_item(
            interp, attributes.get_one(interp, obj, "headers", place), constant("Authorization"), header, place
        )


_OAUTH_NAMES: Final = ("client_id", "client_secret")


def oauth_session(call: LibraryCall) -> Value | None:
    """`OAuth2Session(client=BackendApplicationClient(client_id))`, `OAuth2Session(client_id, client_secret, scope=…)`."""
    args = with_names(call.args, tuple(call.settings.get("names", _OAUTH_NAMES)))
    given: dict[str, Value] = {}
    client = args.keywords.get("client")
    if client is not None:
        for name in ("client_id", "scope"):
            held = field_of(client, name)
            if held is not None:
                given[name] = held
    given |= {name: value for name, value in args.keywords.items() if name != "client"}
    token = given.pop("token", None)
    native = OAuthSession(given)
    value = native_object(call.interp, "client", native, call.place, "OAuth session")
    obj = value.only(Obj)[0]
    http.configure(call.interp, obj, native, Arguments(keywords=args.keywords), -1, {})
    if present(token) is not None:
        native.keep(call.interp, obj, token or NOTHING, call.place)
    return value


def bearer_auth(call: LibraryCall) -> Value | None:
    """An authentication object that sends a token: `requests_oauthlib.OAuth2(token=…)`, `authlib` token auth."""
    held = call.args.keywords.get("token") or call.args.get(int(call.settings.get("token", 0)))
    if held is None:
        return None
    token = join_all(field_of(value_of(atom), "access_token") or value_of(atom) for atom in held.atoms())
    return operators.concat(call.interp, [constant("Bearer "), token], call.place)


# ---------------------------------------------------------------- others


def fetch_request(call: LibraryCall) -> Value | None:
    """A client's method that takes a URL or a request object: `AsyncHTTPClient().fetch(request)`."""
    first = call.args.get(0, "request")
    if first is None:
        return None
    ready = [obj for obj in first.only(Obj) if isinstance(obj.native, Prepared)]
    if ready:
        return join_all(http.perform_prepared(call.interp, obj, call.place, None) for obj in ready)
    args = with_names(call.args, ("url", *call.settings.get("names", ())))
    return http.perform(call.interp, args, call.place, {"method": -1}, None)


def request_object(call: LibraryCall) -> Value | None:
    """A constructor of request objects, its positional arguments by the names in the settings."""
    args = with_names(call.args, tuple(call.settings.get("names", ("url",))))
    return http.prepared(call.interp, args, call.place, {"method": -1}, None)


class Form(Native):
    """`aiohttp.FormData()`: fields that are added one by one."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "add_field" and len(args.positional) + len(args.keywords) >= 2:
            given = with_names(args, ("name", "value")).keywords
            for atom in (given.get("name") or NOTHING).atoms():
                obj.fields[text_of(atom) or "{?}"] = given.get("value") or NOTHING
            return V_NONE
        if name == "add_fields":
            for value in args.positional:
                attributes.spread_into(interp, obj, value)
            return V_NONE
        return value_of(obj) if name in ("__call__", "to_string") else None


def form(call: LibraryCall) -> Value | None:
    """`aiohttp.FormData(fields)`, `MultipartEncoder(fields=…)`."""
    value = native_object(call.interp, "object", Form(), call.place, "form")
    fields = call.args.get(0, "fields")
    if fields is not None:
        attributes.spread_into(call.interp, value.only(Obj)[0], fields)
    return value


def verb(call: LibraryCall) -> Value | None:
    """`http.HTTPMethod.GET`."""
    return value_of(Const(call.path.rsplit(".", 1)[-1], call.place, call.interp.frame.id))


class Curl(Native):
    """`pycurl.Curl()`: a handle whose options make the request."""

    __slots__ = ("request",)

    def __init__(self, place: Place) -> None:
        self.request = HttpRequest(constant("GET"), unknown("a URL that nobody gives"), place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(Lib(f"pycurl.{name}")) if name.isupper() else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "setopt" and len(args.positional) >= 2:
            options = [atom.path.rsplit(".", 1)[-1] for atom in args.positional[0].only(Lib)]
            for each in options:
                self.take(interp, each, args.positional[1], place)
            return V_NONE
        if name in ("perform", "perform_rs", "perform_rb"):
            from cybrid_audit.models import platform

            return platform.send(interp, self.request)
        return unknown(f"the result of {name}")

    def take(self, interp: Interpreter, name: str, value: Value, place: Place) -> None:
        """Take one option."""
        request = self.request
        if name == "URL":
            request.url, request.place = value, place
        elif name in ("POSTFIELDS", "COPYPOSTFIELDS", "READDATA", "HTTPPOST"):
            request.body = value
            if request.method.const() == "GET":
                request.method = constant("POST")
        elif name in ("POST", "PUT", "UPLOAD") and value.const():
            request.method = constant("POST" if name == "POST" else "PUT")
        elif name == "CUSTOMREQUEST":
            request.method = value
        elif name == "HTTPHEADER":
            for item in operators.known_items(interp, value) or []:
                for atom in item.atoms():
                    self.header(atom)
        elif name == "USERPWD":
            request.headers["authorization"] = operators.concat(interp, [constant("Basic "), value], place)
        elif name == "SSL_VERIFYPEER":
            request.verify.append((value, place, "cert_reqs"))

    def header(self, atom: Atom) -> None:
        """Take one line of the header."""
        from cybrid_audit.engine.values import parts_of

        parts = list(parts_of(atom))
        head = text_of(parts[0]) if parts else None
        if head is None or ":" not in head:
            return
        key, _, rest = head.partition(":")
        first = parts[0]
        kept = [
            Const(rest.lstrip(), first.place, first.stamp) if isinstance(first, Const) else Const(rest.lstrip()),
            *parts[1:],
        ]
        self.request.headers[key.strip().lower()] = value_of(operators.make_str(kept))


def curl(call: LibraryCall) -> Value | None:
    """`pycurl.Curl()`."""
    return native_object(call.interp, "client", Curl(call.place), call.place, "curl")
