"""GraphQL: resolvers in maps, in fields of code-first schemas (Pothos, Nexus, graphql-js), and rules around them (graphql-shield)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_FALSE,
    V_TRUE,
    Arguments,
    Atom,
    Const,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Promise,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.chain import ServerContext
from cybrid_audit.models.frameworks.handlers import functions, is_callable, place_for, unwrapped
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

ROOTS: Final = ("Query", "Mutation", "Subscription")
MAX_DEPTH: Final = 5
_TYPE: Final = re.compile(r"\btype\s+(\w+)[^{}]*\{([^{}]*)\}")
_FIELD: Final = re.compile(r"(\w+)\s*(?:\([^()]*\))?\s*:([^\n]*)")


class Resolver(Convention):
    """`resolver(parent, args, context, info)`; what it returns is sent."""

    sends_returned = True

    def __init__(self) -> None:
        self.context: Value | None = None

    def held(self, interp: Interpreter) -> Value:
        """Return the context of this run."""
        if self.context is None:
            self.context = made_context(interp)
        return self.context

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(
            positional=[
                unknown("the parent"),
                value_of(Input("body")),
                self.held(interp),
                unknown("the field's information"),
            ]
        )

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        if step.parameter:
            # Middleware of a field gets the resolver first; that of type-graphql one object.
            return Arguments(positional=[next_fn, *given.positional])
        return given


def made_context(interp: Interpreter) -> Value:
    """Return what the project's own `context` function makes, else a context of which nothing is known."""
    place = interp.no_place(interp.frame.module.path)
    makers: list[Value] = interp.models.memory("graphql contexts", list)
    for maker in makers:
        if not is_callable(maker):
            if maker.only(Obj):
                return maker
            continue
        options = interp.new("object", place=place)
        request, reply = request_object(interp, place), reply_object(interp, place)
        options.fields = {
            "req": request,
            "request": request,
            "res": reply,
            "reply": reply,
            "headers": value_of(Input("header")),
            "event": value_of(Input("body")),
            "connectionParams": value_of(Input("header")),
            "ctx": request,
        }
        held = interp.settle(
            calls.call(interp, maker, Arguments(positional=[value_of(options), reply]), place, awaited=True)
        )
        if held.only(Obj):
            return held
    return native_object(interp, "context", ServerContext(), place, "the context")


# ---------------------------------------------------------------- maps of resolvers


def schema(call: LibraryCall) -> Value | None:
    """A call that is given resolvers, a context, or a schema that holds them."""
    for value in call.args.positional:
        for obj in value.only(Obj):
            read_options(call, obj)
    if call.path.endswith("applyMiddleware"):
        for value in call.args.positional[1:]:
            note_rules(call.interp, call.models, value)
        return call.args.get(0)
    holder = call.interp.new("object", place=call.place)
    holder.label = "a schema"
    holder.native = Schema()
    return value_of(holder)


def policies(call: LibraryCall) -> Value | None:
    """mercurius-auth: `applyPolicy` is asked before the fields that `policy` names, or that carry the directive `authDirective`."""
    table: dict[tuple[str, str], tuple[Value, Place]] = call.models.memory("graphql rules", dict)
    for value in call.args.positional:
        for options in value.only(Obj):
            asked = options.fields.get("applyPolicy")
            if asked is None:
                continue

            def ask(interp: Interpreter, args: Arguments, place: Place, asked: Value = asked) -> Value:
                given = Arguments(positional=[unknown("the policy"), *args.positional])
                return calls.call(interp, asked, given, place, awaited=True)

            guard = native_object(call.interp, "rule", Rule("rule", [value_of(NativeFn("policy", ask))]), call.place)
            named = [
                (kind, name)
                for policy in (options.fields.get("policy") or NOTHING).only(Obj)
                for kind, fields in policy.fields.items()
                for inner in fields.only(Obj)
                for name in inner.fields
            ]
            directives = (options.fields.get("authDirective") or NOTHING).strings()
            named += [row for each in directives for row in marked_fields(call.models, each)]
            for key in named:
                table.setdefault(key, (guard, call.place))
    return V_TRUE


def marked_fields(models: Models, directive: str) -> list[tuple[str, str]]:
    """Return the type and name of every field that carries a directive in the schemas known by now."""
    found: list[tuple[str, str]] = []
    for text in models.memory("graphql schemas", list):
        for kind, body in _TYPE.findall(text):
            found += [
                (kind, field.group(1))
                for field in _FIELD.finditer(body)
                if f"@{directive}" in field.group(2).split("#")[0]
            ]
    return found


def read_options(call: LibraryCall, obj: Obj) -> None:
    """Take resolvers, contexts and rules out of an options object."""
    models, interp = call.models, call.interp
    held = obj.fields.get("resolvers")
    if held is not None:
        add_resolvers(interp, models, held, call.place)
    for text in (obj.fields.get("schema") or NOTHING).strings():
        models.memory("graphql schemas", list).append(text)
    for name in ("context", "contextFactory"):
        maker = obj.fields.get(name)
        if maker is not None:
            contexts: list[Value] = models.memory("graphql contexts", list)
            if maker not in contexts:
                contexts.append(maker)
    root = obj.fields.get("rootValue")
    if root is not None:
        add_root(interp, models, root, call.place)
    for name in ("middlewares", "permissions", "plugins"):
        rules = obj.fields.get(name)
        for item in operators.known_items(interp, rules) or [rules] if rules is not None else []:
            note_rules(interp, models, item)
    checker = obj.fields.get("authChecker")
    if checker is not None:
        models.memory("graphql checkers", list).append(checker)
    for name in ("query", "mutation", "subscription"):
        kind = obj.fields.get(name)
        if kind is not None:
            scan(interp, models, kind, name.capitalize(), call.place, 0)


class Schema(Native):
    """A schema or server; its methods give it back."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return (
            value_of(Promise(unknown(f"the result of {name}")))
            if name in ("start", "listen", "stop")
            else value_of(obj)
        )


def add_resolvers(interp: Interpreter, models: Models, value: Value, place: Place) -> None:
    """Register the resolvers of a map, a list of maps, or what a merge of maps is made of."""
    for obj in value.only(Obj):
        if obj.kind == "list":
            for item in operators.known_items(interp, value_of(obj)) or []:
                add_resolvers(interp, models, item, place)
            continue
        for kind, fields in obj.fields.items():
            for inner in fields.only(Obj):
                for name, held in members(interp, inner):
                    add_field(interp, models, kind, name, held, place)


def members(interp: Interpreter, obj: Obj) -> list[tuple[str, Value]]:
    """Return what an object of resolvers holds: its fields, or the methods of its class."""
    found = list(obj.fields.items())
    if obj.cls is not None:
        found += [
            (f.name, attributes.get_one(interp, obj, f.name, interp.no_place(obj.cls.module.path)))
            for f in obj.cls.definition.methods
            if f.name != "constructor"
        ]
    return found


def add_root(interp: Interpreter, models: Models, root: Value, place: Place) -> None:
    """Register the functions of a root value: they get `(args, context)`."""
    for obj in root.only(Obj):
        for name, held in members(interp, obj):
            fn = unwrapped(held)
            if is_callable(fn):
                register(models, Entry(EntryKind.RPC, name, place_for(fn, place), fn, RootField))


class RootField(Resolver):
    """`field(args, context, info)` of a root value."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[value_of(Input("body")), self.held(interp), unknown("the field's information")])


def add_field(
    interp: Interpreter,
    models: Models,
    kind: str,
    name: str,
    held: Value,
    place: Place,
    steps: list[Step] | None = None,
) -> None:
    """Register one field's resolver, behind the rules that name it."""
    fn = unwrapped(held)
    if not is_callable(fn):
        for obj in held.only(Obj):
            for inner in ("resolve", "subscribe"):
                if inner in obj.fields and is_callable(unwrapped(obj.fields[inner])):
                    add_field(interp, models, kind, name, obj.fields[inner], place, steps)
        return
    pending: list[tuple[str, str, Value, Place, list[Step]]] = models.memory("graphql fields", list)
    pending.append((kind, name, fn, place, steps or []))
    on_collect(models, "graphql", lambda inner: collect(inner, models))


def collect(interp: Interpreter, models: Models) -> None:
    """Register every field's resolver behind the rules that are known by now."""
    for kind, name, fn, place, steps in models.memory("graphql fields", list):
        rules = [Step(passing(rule), "truthy", at) for rule, at in rules_for(models, kind, name)]
        called = f"{kind}.{name}" if kind else name
        register(models, Entry(EntryKind.RPC, called, place_for(fn, place), fn, Resolver, [*rules, *steps]))


def resolver_composition(call: LibraryCall) -> Value | None:
    """`composeResolvers(resolvers, {"Mutation.*": [guard]})`: each guard wraps the resolvers that its key names."""
    interp = call.interp
    resolvers, rules = call.args.get(0), call.args.get(1)
    if resolvers is None or rules is None:
        return resolvers
    made = interp.new("object", place=call.place)
    for obj in resolvers.only(Obj):
        for kind, fields in obj.fields.items():
            inner_made = interp.new("object", place=call.place)
            for inner in fields.only(Obj):
                for name, held in members(interp, inner):
                    wrapped = held
                    for table in rules.only(Obj):
                        for key, guards in table.fields.items():
                            head, _, tail = key.partition(".")
                            if head in (kind, "*") and tail in (name, "*", ""):
                                for guard in reversed(functions(interp, [guards])):
                                    wrapped = calls.call(
                                        interp, guard, Arguments(positional=[wrapped]), call.place, awaited=True
                                    )
                    inner_made.fields[name] = wrapped
            made.fields[kind] = value_of(inner_made)
    return value_of(made)


def merged(call: LibraryCall) -> Value | None:
    """`mergeResolvers([a, b])`: as a list of maps."""
    return call.args.get(0)


# ---------------------------------------------------------------- rules of graphql-shield


class Rule(Native):
    """A rule: `kind` is rule, and, or, not, allow, deny."""

    __slots__ = ("inner", "kind")

    def __init__(self, kind: str, inner: list[Value]) -> None:
        self.kind = kind
        self.inner = inner


def rule(call: LibraryCall) -> Value | None:
    """`rule(name?, options?)(fn)`, `inputRule`."""

    def make(interp: Interpreter, args: Arguments, place: Place) -> Value:
        return native_object(interp, "rule", Rule("rule", args.positional[:1]), place, "a rule")

    return value_of(NativeFn("rule", make))


def combined(call: LibraryCall) -> Value | None:
    """`and(a, b)`, `or(a, b)`, `not(a)`."""
    return native_object(
        call.interp, "rule", Rule(str(call.settings["kind"]), list(call.args.positional)), call.place, "a rule"
    )


def shield(call: LibraryCall) -> Value | None:
    """`shield({Mutation: {pay: rule}})`: remembered wherever it is applied."""
    note_rules(call.interp, call.models, call.args.get(0) or NOTHING)
    holder = call.interp.new("object", place=call.place)
    holder.label = "permissions"
    return value_of(holder)


def note_rules(interp: Interpreter, models: Models, value: Value) -> None:
    """Remember the rules of a map by type and field, `*` for every one."""
    table: dict[tuple[str, str], tuple[Value, Place]] = models.memory("graphql rules", dict)
    for obj in value.only(Obj):
        for kind, fields in obj.fields.items():
            place = obj.place or interp.no_place("")
            for inner in fields.only(Obj):
                if isinstance(inner.native, Rule):
                    table.setdefault((kind, "*"), (value_of(inner), place))
                else:
                    for name, held in inner.fields.items():
                        if held.only(Obj) and any(isinstance(each.native, Rule) for each in held.only(Obj)):
                            table.setdefault((kind, name), (held, inner.place or place))


def rules_for(models: Models, kind: str, name: str) -> list[tuple[Value, Place]]:
    """Return the rule of a field: its own, else the one for every field of its type."""
    table: dict[tuple[str, str], tuple[Value, Place]] = models.memory("graphql rules", dict)
    for key in ((kind, name), (kind, "*"), ("*", "*")):
        if key in table:
            return [table[key]]
    return []


def passing(value: Value) -> Value:
    """Return a function that tells whether a rule lets a call pass."""
    return value_of(NativeFn("rule", lambda interp, args, place: judged(interp, value, args, place, 0)))


def is_error(atom: Atom) -> bool:
    """Whether this is an error: one of the language, of a library, or of a class of the project that derives from one."""
    if isinstance(atom, Lib):
        return atom.path.endswith("Error()")
    derives = isinstance(atom, Obj) and atom.cls is not None and atom.cls.library_bases()
    return isinstance(atom, Obj) and (atom.kind == "error" or any(base.endswith("Error") for base in derives or ()))


def judged(interp: Interpreter, value: Value, args: Arguments, place: Place, depth: int) -> Value:
    """Return what a rule says: an error or false stops."""
    result = NOTHING
    for obj in value.only(Obj):
        if not isinstance(obj.native, Rule) or depth > MAX_DEPTH:
            continue
        kind, inner = obj.native.kind, obj.native.inner
        if kind == "rule":
            for fn in inner:
                answer = interp.settle(calls.call(interp, fn, args, place, awaited=True))
                for atom, proofs in answer.alts:
                    fails = is_error(atom) or (isinstance(atom, Const) and isinstance(atom.value, str))
                    result = result.join(V_FALSE if fails else Value(((atom, proofs),)))
        elif kind == "and":
            last = V_TRUE
            for each in inner:
                answer = judged(interp, each, args, place, depth + 1)
                when_true, when_false = interp.split(answer, None)
                result = result.join(V_FALSE) if when_false.state is not None else result
                interp.resume(when_true)
                last = V_TRUE
            result = result.join(last) if interp.state is not None else result
        elif kind == "or":
            for each in inner:
                result = result.join(judged(interp, each, args, place, depth + 1))
        elif kind == "deny":
            result = result.join(V_FALSE)
        else:
            result = result.join(V_TRUE)
    return result if result.alts else V_TRUE


# ---------------------------------------------------------------- fields in code


def scan(interp: Interpreter, models: Models, value: Value, kind: str, place: Place, depth: int) -> None:
    """Register every `resolve` in an object type: `{fields: {pay: {type, args, resolve}}}`, also behind functions."""
    if depth > MAX_DEPTH:
        return
    for atom in value.atoms():
        if isinstance(atom, Fn) and depth > 0:
            held = interp.settle(
                calls.call(
                    interp,
                    value_of(atom),
                    Arguments(positional=[native_object(interp, "fields", Fields(kind), place)]),
                    place,
                    awaited=True,
                )
            )
            scan(interp, models, held, kind, place, depth + 1)
        elif isinstance(atom, Obj):
            named = next(iter((atom.fields.get("name") or NOTHING).strings()), "")
            inner = atom.fields.get("fields")
            if inner is not None:
                scan(interp, models, inner, named or kind, place, depth + 1)
            for name, held in atom.fields.items():
                for field in held.only(Obj):
                    if "resolve" in field.fields:
                        add_options(interp, models, kind, name, field, place)


def add_options(interp: Interpreter, models: Models, kind: str, name: str, options: Obj, place: Place) -> None:
    """Register a field that an options object describes, behind its `authorize` and its scopes."""
    steps: list[Step] = []
    before = options.fields.get("authorize")
    if before is not None:
        steps += [Step(fn, "truthy", place) for fn in functions(interp, [before])]
    scopes = options.fields.get("authScopes")
    if scopes is not None:
        steps.append(Step(scoped(scopes), "truthy", place))
    add_field(interp, models, kind, name, options.fields["resolve"], place, steps)


def scoped(scopes: Value) -> Value:
    """Return a function that asks the project's scopes whether one of those named holds."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        context = args.get(2) or unknown("the context")
        result = NOTHING
        for maker in interp.models.memory("graphql scopes", list):
            table = interp.settle(calls.call(interp, maker, Arguments(positional=[context]), place, awaited=True))
            wanted = scopes
            if is_callable(scopes):
                wanted = interp.settle(calls.call(interp, scopes, args, place, awaited=True))
            for obj in wanted.only(Obj):
                for name in obj.fields:
                    held = attributes.get_attribute(interp, table, name, place)
                    if is_callable(held):
                        held = interp.settle(
                            calls.call(interp, held, Arguments(positional=[obj.fields[name]]), place, awaited=True)
                        )
                    result = result.join(held)
        return result if result.alts else unknown("whether a scope holds")

    return value_of(NativeFn("scopes", run))


def object_type(call: LibraryCall) -> Value | None:
    """`new GraphQLObjectType({name, fields})`: kept as it is; its fields are entry points whatever the schema is called."""
    for value in call.args.positional[:1]:
        scan(call.interp, call.models, value, "", call.place, 0)
    return call.args.get(0)


class Fields(Native):
    """`t` of code-first schemas: each call with options that resolve is a field."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        called = next((text for value in args.positional for text in value.strings()), "")
        for value in args.positional:
            for options in value.only(Obj):
                if "resolve" in options.fields and called:
                    add_options(interp, interp.models, self.kind, called, options, place)
        return args.positional[-1] if args.positional else unknown("a field")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj)


class Builder(Native):
    """`builder` of Pothos."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        kind = next((root for root in ROOTS if name.startswith(root.lower())), "")
        if name.endswith("Field") and len(args.positional) > 1:
            for text in args.positional[0].strings():
                self.field(interp, kind, text, args.positional[-1], place)
        elif name.endswith(("Fields", "Type")) and args.positional:
            for value in args.positional:
                maker = value if is_callable(value) else field_of(value, "fields")
                if maker is None or not is_callable(maker):
                    continue
                fields = native_object(interp, "fields", Fields(kind), place)
                made = interp.settle(calls.call(interp, maker, Arguments(positional=[fields]), place, awaited=True))
                for each in made.only(Obj):
                    for inner, held in each.fields.items():
                        for options in held.only(Obj):
                            if "resolve" in options.fields:
                                add_options(interp, interp.models, kind or "a type", inner, options, place)
        return native_object(interp, "schema", Schema(), place, "a schema") if name == "toSchema" else value_of(obj)

    def field(self, interp: Interpreter, kind: str, name: str, maker: Value, place: Place) -> None:
        """One field: what its function gives is its options."""
        fields = native_object(interp, "fields", Fields(kind), place)
        made = (
            interp.settle(calls.call(interp, maker, Arguments(positional=[fields]), place, awaited=True))
            if is_callable(maker)
            else maker
        )
        for options in made.only(Obj):
            if "resolve" in options.fields:
                add_options(interp, interp.models, kind, name, options, place)


def builder(call: LibraryCall) -> Value | None:
    """`new SchemaBuilder({scopeAuth: {authScopes}})`."""
    for value in call.args.positional[:1]:
        for held in (field_of(value, "authScopes"), field_of(field_of(value, "scopeAuth"), "authScopes")):
            if held is not None and is_callable(held):
                call.models.memory("graphql scopes", list).append(held)
    return native_object(call.interp, "builder", Builder(), call.place, "a builder of schemas")


def nexus_field(call: LibraryCall) -> Value | None:
    """`mutationField(name, options)` of Nexus."""
    kind = str(call.settings["kind"])
    names = call.args.positional[0].strings() if call.args.positional else []
    for value in call.args.positional[1:]:
        options = value
        if is_callable(value):
            options = call.interp.settle(
                calls.call(call.interp, value, Arguments(positional=[unknown("a builder")]), call.place, awaited=True)
            )
        for obj in options.only(Obj):
            if "resolve" in obj.fields:
                for name in names or [""]:
                    add_options(call.interp, call.models, kind, name, obj, call.place)
    return unknown("a field")


def nexus_type(call: LibraryCall) -> Value | None:
    """`extendType({type, definition(t)})`, `mutationType({definition})`."""
    for value in call.args.positional[:1]:
        kind = next(iter((field_of(value, "type", "name") or NOTHING).strings()), str(call.settings.get("kind", "")))
        maker = field_of(value, "definition")
        if maker is not None and is_callable(maker):
            fields = native_object(call.interp, "fields", Fields(kind), call.place)
            calls.call(call.interp, maker, Arguments(positional=[fields]), call.place, awaited=True)
    return unknown("a type")


__all__ = ["constant", "schema"]
