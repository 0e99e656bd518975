"""URLs, forms and paths of Python: urllib.parse, yarl, furl, httpx.URL, os.path, pathlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    Const,
    Obj,
    Place,
    Str,
    Value,
    constant,
    derived,
    join_all,
    parts_of,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.python.builtins import fill, listed, put_pairs

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


# ---------------------------------------------------------------- pieces of text


def split_at(atom: Atom, mark: str) -> tuple[list[Atom], list[Atom]] | None:
    """Return the parts of a text before and after a mark, or None when its constant parts do not hold the mark."""
    parts = list(parts_of(atom))
    for index, part in enumerate(parts):
        if isinstance(part, Const) and isinstance(part.value, str) and mark in part.value:
            head, _, tail = part.value.partition(mark)
            return [*parts[:index], *_piece(head, part)], [*_piece(tail, part), *parts[index + 1 :]]
    return None


def _piece(text: str, origin: Const) -> list[Atom]:
    return [Const(text, origin.place, origin.stamp, origin.encoding, origin.function)] if text else []


def made(parts: list[Atom]) -> Value:
    """Return the text that parts make."""
    return value_of(operators.make_str(parts)) if parts else constant("")


def url_parts(interp: Interpreter, atom: Atom) -> dict[str, Value]:
    """Return scheme, netloc, path, query and fragment of a URL, its holes kept."""
    rest = list(parts_of(atom))
    scheme: list[Atom] = []
    netloc: list[Atom] = []
    query: list[Atom] = []
    fragment: list[Atom] = []
    found = split_at(operators.make_str(rest), "://")
    if found is not None:
        scheme, rest = found
        after = split_at(operators.make_str(rest), "/") if rest else None
        if after is not None:
            netloc, tail = after
            rest = [Const("/", *_origin(tail)), *tail]
        else:
            # The mark of a query may follow the host at once.
            after = split_at(operators.make_str(rest), "?") if rest else None
            netloc, rest = (after[0], [Const("?"), *after[1]]) if after is not None else (rest, [])
    elif rest and not isinstance(rest[0], Const):
        # A base of unknown text: the first piece stands for scheme and host.
        netloc, rest = [rest[0]], rest[1:]
        scheme = [Const("")]
    if rest:
        after = split_at(operators.make_str(rest), "#")
        if after is not None:
            rest, fragment = after
    if rest:
        after = split_at(operators.make_str(rest), "?")
        if after is not None:
            rest, query = after
    return {
        "scheme": made(scheme),
        "netloc": made(netloc),
        "path": made(rest),
        "query": made(query),
        "fragment": made(fragment),
    }


def _origin(parts: list[Atom]) -> tuple[Place | None, int]:
    first = next((part for part in parts if isinstance(part, Const)), None)
    return (first.place, first.stamp) if first is not None else (None, 0)


def whole_url(interp: Interpreter, pieces: dict[str, Value], place: Place) -> Value:
    """Return the URL that its parts make."""
    parts: list[Value] = []
    scheme, netloc, path = pieces.get("scheme", NOTHING), pieces.get("netloc", NOTHING), pieces.get("path", NOTHING)
    if any(text_of(atom) != "" for atom in scheme.atoms()):
        parts.extend([scheme, constant("://")])
    parts.append(netloc if netloc.alts else constant(""))
    texts = [text_of(atom) or "{?}" for atom in path.atoms()]
    if any(text and not text.startswith("/") for text in texts) and any(text_of(atom) != "" for atom in netloc.atoms()):
        parts.append(constant("/"))
    parts.append(path if path.alts else constant(""))
    for name, mark in (("query", "?"), ("fragment", "#")):
        held = pieces.get(name)
        if held is not None and any(text_of(atom) != "" for atom in held.atoms()):
            parts.extend([constant(mark), held])
    return operators.concat(interp, parts, place)


# ---------------------------------------------------------------- urllib.parse


def urljoin(call: LibraryCall) -> Value | None:
    """`urljoin(base, path)`: a path from the root replaces the base's own, another its last segment."""
    base, url = call.args.get(0, "base"), call.args.get(1, "url")
    if base is None:
        return None
    return join(call.interp, base, url if url is not None else constant(""), call.place)


def join(interp: Interpreter, base: Value, url: Value, place: Place) -> Value:
    """Return the URLs that relative ones are, seen from a base."""
    result = NOTHING
    for url_atom, proofs in url.alts:
        text = text_of(url_atom)
        if text is not None and "://" in text[:12]:
            result = result.join(Value(((url_atom, proofs),)))
            continue
        for base_atom in base.atoms():
            rendered = (
                next(iter((interp.models.as_texts(interp, base_atom) or NOTHING).atoms()), base_atom)
                if isinstance(base_atom, Obj)
                else base_atom
            )
            pieces = url_parts(interp, rendered)
            path = pieces["path"]
            if text is None or not text.startswith("/"):
                folder = NOTHING
                for atom in path.atoms():
                    folder = folder.join(_folder(atom))
                path = operators.concat(interp, [folder if folder.alts else constant("/"), value_of(url_atom)], place)
            else:
                path = value_of(url_atom)
            held = whole_url(interp, {"scheme": pieces["scheme"], "netloc": pieces["netloc"], "path": path}, place)
            result = result.join(held.with_proofs(proofs))
    return result


def _folder(atom: Atom) -> Value:
    parts = list(parts_of(atom))
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        if isinstance(part, Const) and isinstance(part.value, str) and "/" in part.value:
            head = part.value.rpartition("/")[0] + "/"
            return made([*parts[:index], *_piece(head, part)])
    return constant("/")


class UrlParts(Native):
    """What `urlsplit(url)` and `urlparse(url)` give: a named tuple."""

    __slots__ = ("has_params",)

    def __init__(self, *, has_params: bool) -> None:
        self.has_params = has_params

    def names(self) -> tuple[str, ...]:
        """Return the names of the parts in order."""
        return (
            ("scheme", "netloc", "path", "params", "query", "fragment")
            if self.has_params
            else ("scheme", "netloc", "path", "query", "fragment")
        )

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        return listed(interp, [obj.fields.get(name) or constant("") for name in self.names()], None, None, "tuple")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("hostname", "host", "authority"):
            return obj.fields["netloc"]
        if name.isdigit() and int(name) < len(self.names()):
            return obj.fields.get(self.names()[int(name)]) or constant("")
        if name in ("port", "username", "password", "params"):
            return derived(name, obj.fields["netloc"])
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "geturl":
            return whole_url(interp, obj.fields, place)
        if name == "_replace":
            copy = interp.new("object", place=place)
            copy.native, copy.fields = obj.native, {**obj.fields, **args.keywords}
            return value_of(copy)
        return None

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return whole_url(interp, obj.fields, obj.place or Place("", 0, 0, 0, 0))


def split(call: LibraryCall) -> Value | None:
    """`urlsplit(url)`, `urlparse(url)`."""
    first = call.args.get(0, "url")
    if first is None:
        return None
    result = NOTHING
    for atom in first.atoms():
        held = native_object(
            call.interp, "object", UrlParts(has_params=call.path.endswith("urlparse")), call.place, "URL parts"
        )
        held.only(Obj)[0].fields = url_parts(call.interp, atom)
        result = result.join(held)
    return result


def unsplit(call: LibraryCall) -> Value | None:
    """`urlunsplit(parts)`, `urlunparse(parts)`."""
    first = call.args.get(0)
    known = operators.known_items(call.interp, first) if first is not None else None
    if known is None:
        return derived("a URL", *call.args.every())
    names = (
        ("scheme", "netloc", "path", "params", "query", "fragment")
        if len(known) == 6
        else ("scheme", "netloc", "path", "query", "fragment")
    )
    return whole_url(
        call.interp, {name: held for name, held in zip(names, known, strict=False) if name != "params"}, call.place
    )


def urlencode(call: LibraryCall) -> Value | None:
    """`urlencode(fields)`: as text `key=value&…`, its values kept."""
    interp = call.interp
    first = call.args.get(0, "query")
    if first is None:
        return None
    holder = interp.new("object", place=call.place)
    for atom in first.atoms():
        if isinstance(atom, Obj) and atom.kind == "list":
            put_pairs(interp, holder, value_of(atom))
        else:
            attributes.spread_into(interp, holder, value_of(atom))
    if holder.rest is not None or not holder.fields:
        return first
    pieces: list[Value] = []
    for index, (name, held) in enumerate(holder.fields.items()):
        pieces.append(constant(("&" if index else "") + name + "="))
        known = operators.known_items(interp, held) if any(isinstance(atom, Obj) for atom in held.atoms()) else None
        pieces.append(known[0] if known else held)
    if any(len(piece.alts) > 3 for piece in pieces):
        return first
    return operators.concat(interp, pieces, call.place)


def parse_query(call: LibraryCall) -> Value | None:
    """`parse_qs(query)`, `parse_qsl(query)`: made from the text."""
    first = call.args.get(0)
    if first is None:
        return None
    from cybrid_audit.models.platform import text_fields

    interp = call.interp
    made_of = interp.new("object", place=call.place)
    for atom in first.atoms():
        if isinstance(atom, Const | Str):
            for name, held in text_fields(atom).items():
                made_of.fields[name] = listed(interp, [held], None) if call.path.endswith("parse_qs") else held
        else:
            made_of.rest = (made_of.rest or NOTHING).join(value_of(atom))
    if call.path.endswith("parse_qsl"):
        from cybrid_audit.engine import primitives

        return primitives.listing(interp, made_of, "items")
    return value_of(made_of)


# ---------------------------------------------------------------- URL objects


class Url(Native):
    """A URL object (`httpx.URL`, `yarl.URL`, `furl`): joined and changed part by part."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def _like(self, interp: Interpreter, value: Value, place: Place) -> Value:
        return native_object(interp, "url", Url(value), place, "URL")

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.value

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        return next(iter(self.value.atoms()), None)

    def binary(self, interp: Interpreter, obj: Obj, op: str, other: Value, place: Place) -> Value | None:
        if op == "/":
            return self._like(interp, with_segment(interp, self.value, other, place), place)
        if op == "%":
            return self._like(interp, with_query(interp, self.value, Arguments(positional=[other]), place), place)
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("url", "raw", "human_repr"):
            return self.value
        pieces = [url_parts(interp, atom) for atom in self.value.atoms()]
        key = {
            "host": "netloc",
            "hostname": "netloc",
            "authority": "netloc",
            "raw_path": "path",
            "query_string": "query",
        }.get(name, name)
        if pieces and key in pieces[0]:
            return join_all(row[key] for row in pieces)
        if name == "parent":
            return value_of(obj)
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if name in ("join", "join_url") and first is not None:
            return self._like(interp, join(interp, self.value, first, place), place)
        if name in ("joinpath", "add_path_segments") or (name == "add" and "path" in args.keywords):
            held = self.value
            for each in args.positional or [args.keywords.get("path", NOTHING)]:
                held = with_segment(interp, held, each, place)
            return self._like(interp, held, place)
        if name in ("with_path", "set") and (first is not None or "path" in args.keywords):
            path = first if first is not None else args.keywords["path"]
            return self._like(interp, join(interp, self.value, path, place), place)
        if name in (
            "with_query",
            "update_query",
            "extend_query",
            "copy_merge_params",
            "copy_set_param",
            "copy_add_param",
            "add",
            "set",
        ):
            return self._like(interp, with_query(interp, self.value, args, place), place)
        if name == "copy_with":
            held = self.value
            if "path" in args.keywords:
                held = join(interp, held, args.keywords["path"], place)
            return self._like(interp, held, place)
        if name in ("human_repr", "tostr", "__str__", "geturl"):
            return self.value
        if name in ("copy", "with_fragment", "with_scheme", "with_host", "build", "origin", "parent"):
            return value_of(obj)
        return None


def with_segment(interp: Interpreter, base: Value, segment: Value, place: Place) -> Value:
    """Return a URL or path with a further segment."""
    result = NOTHING
    for atom, proofs in base.alts:
        text = text_of(atom)
        lead = text_of(next(iter(segment.atoms()), Const(""))) or ""
        glue = "" if (text or "").endswith("/") or lead.startswith("/") else "/"
        result = result.join(
            operators.concat(interp, [value_of(atom), constant(glue), segment], place).with_proofs(proofs)
        )
    return result


def with_query(interp: Interpreter, base: Value, args: Arguments, place: Place) -> Value:
    """Return a URL with a query."""
    holder = interp.new("object", place=place)
    fill(interp, holder, args.positional[:1] if args.positional and args.positional[0].only(Obj) else (), args)
    if len(args.positional) == 2:
        for name in args.positional[0].strings():
            holder.fields[name] = args.positional[1]
    pieces: list[Value] = [base]
    for name, held in holder.fields.items():
        pieces.extend([constant(("?" if len(pieces) == 1 else "&") + name + "="), held])
    return operators.concat(interp, pieces, place)


def url_object(call: LibraryCall) -> Value | None:
    """`httpx.URL(text, path=…)`, `yarl.URL(text)`, `furl(text)`."""
    first = call.args.get(0, "url")
    if call.path.endswith(".build"):
        names = call.args.keywords
        host = names.get("host") or names.get("authority") or unknown("a host that nobody gives")
        first = whole_url(
            call.interp,
            {
                "scheme": names.get("scheme") or constant("https"),
                "netloc": host,
                "path": names.get("path") or constant(""),
            },
            call.place,
        )
    if first is None:
        return None
    held = join_all(
        (call.interp.models.as_texts(call.interp, atom) or value_of(atom)) if isinstance(atom, Obj) else value_of(atom)
        for atom in first.atoms()
    )
    path = call.args.keywords.get("path")
    if path is not None and not call.path.endswith(".build"):
        held = join(call.interp, held, path, call.place)
    return native_object(call.interp, "url", Url(held), call.place, "URL")


# ---------------------------------------------------------------- paths of files


KEEPS: Final = frozenset(
    {"resolve", "absolute", "expanduser", "with_suffix", "as_posix", "rename", "samefile", "relative_to"}
)


class FilePath(Native):
    """A `pathlib.Path`: text with holes for what is not known."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.value

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        return next(iter(self.value.atoms()), None)

    def binary(self, interp: Interpreter, obj: Obj, op: str, other: Value, place: Place) -> Value | None:
        return path_of(interp, with_segment(interp, self.value, other, place), place) if op == "/" else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("parent", "parents"):
            return path_of(interp, join_all(parent(atom) for atom in self.value.atoms()), place)
        if name in ("name", "stem", "suffix"):
            return derived(name, self.value)
        return None

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return value_of(obj)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("read_text", "read_bytes", "open", "write_text", "write_bytes", "read"):
            from cybrid_audit.models.python import files as python_files

            if name.startswith("write"):
                return unknown("a number")
            if name == "open":
                return python_files.opened(interp, self.value, place)
            return python_files.content(interp, self.value, place)
        if name in ("joinpath", "with_name", "with_stem"):
            held = self.value if name == "joinpath" else join_all(parent(atom) for atom in self.value.atoms())
            for each in args.positional:
                held = with_segment(interp, held, each, place)
            return path_of(interp, held, place)
        if name in KEEPS or name == "__enter__":
            return value_of(obj)
        if name in ("exists", "is_file", "is_dir", "stat", "mkdir", "unlink", "touch", "chmod"):
            return unknown(f"the result of {name}")
        if name in ("glob", "rglob", "iterdir"):
            return listed(
                interp,
                None,
                path_of(interp, operators.concat(interp, [self.value, constant("/"), unknown("a name")], place), place),
            )
        return None


def parent(atom: Atom) -> Value:
    """Return the folder of a path."""
    held = _folder(atom)
    text = text_of(next(iter(held.atoms())))
    if text == "/" and text_of(atom) and "/" not in (text_of(atom) or ""):
        return constant(".")
    return held.map(
        lambda each: (
            Const(str(each.value).rstrip("/"), each.place, each.stamp)
            if isinstance(each, Const) and len(str(each.value)) > 1
            else each
        )
    )


def path_of(interp: Interpreter, value: Value, place: Place) -> Value:
    """Return a path object for text."""
    return native_object(interp, "path", FilePath(value), place, "path")


def file_path(call: LibraryCall) -> Value | None:
    """`Path(a, b)`, `Path.cwd()`, `Path.home()`."""
    interp = call.interp
    if call.path.rsplit(".", 1)[-1] in ("cwd", "home"):
        return path_of(interp, unknown("a folder") if call.path.endswith("home") else constant("."), call.place)
    held: Value | None = None
    for each in call.args.positional:
        texts = join_all(
            (interp.models.as_texts(interp, atom) or value_of(atom)) if isinstance(atom, Obj) else value_of(atom)
            for atom in each.atoms()
        )
        held = texts if held is None else with_segment(interp, held, texts, call.place)
    return path_of(interp, held if held is not None else constant("."), call.place)


def this_file(call: LibraryCall) -> Value | None:
    """`__file__`: the path of the running module, seen from the project's root."""
    return value_of(Const("/" + call.interp.frame.module.path, call.place))


def folder_of(call: LibraryCall) -> Value | None:
    """`os.path.dirname(path)`, `os.getcwd()`."""
    first = call.args.get(0)
    if first is None:
        return constant(".")
    return join_all(
        parent(atom) if isinstance(atom, Const | Str) else derived("a folder", value_of(atom)) for atom in first.atoms()
    )
