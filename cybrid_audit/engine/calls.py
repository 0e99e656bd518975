"""Calls: arguments, activations, construction, decorators, context managers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine import attributes, conveyed, dart, decoration, jvm, operators, primitives, swift
from cybrid_audit.engine.state import State, join_states
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NONE,
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Fn,
    Lib,
    Namespace,
    Native,
    Obj,
    Place,
    Promise,
    Proofs,
    Scope,
    Unknown,
    Value,
    derived,
    is_record,
    join_all,
    picked,
    unknown,
    value_of,
)
from cybrid_audit.facts import Approximation
from cybrid_audit.languages import RECEIVERS
from cybrid_audit.limits import MAX_CALL_DEPTH, MAX_EXPRESSION_DEPTH, MAX_RECURSION

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

PLAIN_DECORATORS = frozenset(
    {"property", "staticmethod", "classmethod", "abstractmethod", "override", "cached_property", "final", "overload"}
)
"""Decorators that the kind of the function already tells."""


def eval_call(interp: Interpreter, node: ir.Call, *, awaited: bool = False) -> Value:
    """Return the value of a call expression."""
    place = interp.place(node)
    func = node.func
    if _is_super(func):
        args = eval_args(interp, node.args)
        return _super_call(interp, "constructor", args, place)
    if isinstance(func, ir.Attribute):
        if _is_super(func.object) or (isinstance(func.object, ir.Call) and _is_super(func.object.func)):
            args = eval_args(interp, node.args)
            return _super_call(interp, func.name, args, place, awaited=awaited)
        receiver = interp.eval(func.object)
        if node.is_new:
            return construct(
                interp,
                attributes.get_attribute(interp, receiver, func.name, place),
                eval_args(interp, node.args),
                place,
            )
        if not receiver.alts:
            eval_args(interp, node.args)
            return V_NONE if node.optional or func.optional else unknown("a call on nothing")
        args = eval_args(interp, node.args)
        if interp.state is None:
            return NOTHING
        if func.optional and interp.language in RECEIVERS:
            return jvm.call_optional(interp, receiver, func.name, args, place, awaited=awaited)
        return call_method(interp, receiver, func.name, args, place, awaited=awaited)
    if isinstance(func, ir.Name) and interp.language in RECEIVERS and not node.is_new:
        args = eval_args(interp, node.args)
        return NOTHING if interp.state is None else jvm.call_name(interp, func, args, place, awaited=awaited)
    if isinstance(func, ir.Name) and interp.language in RECEIVERS:
        target = jvm.type_named(interp, func)
    else:
        target = interp.eval(func)
    args = eval_args(interp, node.args)
    if interp.state is None:
        return NOTHING
    if node.is_new:
        return construct(interp, target, args, place)
    return call(interp, target, args, place, awaited=awaited)


def _is_super(node: ir.Expr) -> bool:
    return isinstance(node, ir.Name) and node.id == "super"


def eval_args(interp: Interpreter, nodes: tuple[ir.Arg, ...]) -> Arguments:
    """Return the evaluated arguments of a call."""
    args = Arguments(nodes=nodes)
    for node in nodes:
        if node.spread == "**":
            value = interp.eval(node.value)
            holder = interp.new("object", node)
            attributes.spread_into(interp, holder, value)
            args.keywords.update(holder.fields)
            if holder.rest is not None:
                args.kwrest = holder.rest if args.kwrest is None else args.kwrest.join(holder.rest)
        elif node.spread:
            value = interp.eval(node.value)
            known = operators.known_items(interp, value)
            if known is not None and args.rest is None:
                args.positional.extend(known)
            else:
                element = operators.element_of(interp, value)
                args.rest = element if args.rest is None else args.rest.join(element)
        else:
            value = interp.eval(node.value)
            if any(
                type(atom) is Obj and atom.shared and atom.function is None and is_record(atom)
                for atom, _ in value.alts
            ) and not interp.is_parameter(node.value):
                value = picked(value, interp.frame.id)
            if node.name is not None:
                args.keywords[node.name] = value
            else:
                args.positional.append(value)
    return args


def call(interp: Interpreter, target: Value, args: Arguments, place: Place, *, awaited: bool = False) -> Value:
    """Return the result of calling a value: every callable alternative, on the same paths, joined."""
    if interp.depth > MAX_EXPRESSION_DEPTH:
        # A model may call what it was given; what is made of itself would never end.
        interp.approximations.add(Approximation.DEPTH)
        return derived("a call that is not followed", *args.every())
    interp.depth += 1
    try:
        return _call(interp, target, args, place, awaited=awaited)
    finally:
        interp.depth -= 1


def _call(interp: Interpreter, target: Value, args: Arguments, place: Place, *, awaited: bool) -> Value:
    callable_alts = [(atom, proofs) for atom, proofs in target.alts if atom != NONE]
    if len(callable_alts) > 1 and interp.language in RECEIVERS:
        callable_alts = jvm.fitting(callable_alts, args)
    if len(callable_alts) <= 1:
        if not callable_alts:
            return call_unknown(interp, Unknown("nothing to call"), args, place)
        return _call_one(interp, callable_alts[0][0], args, place, awaited=awaited)
    return _each(interp, [partial(_call_one, interp, atom, args, place, awaited=awaited) for atom, _ in callable_alts])


def _each(interp: Interpreter, runs: list[partial[Value]]) -> Value:
    """Run alternatives from the same paths and join what they leave."""
    from cybrid_audit.engine.interpreter import Flow

    branch = interp.state.branch if interp.state else ()
    before = interp.flow()
    result = NOTHING
    ends: list[Flow] = []
    for run in runs:
        if before.state is None:
            break
        interp.resume(Flow(interp.enter_branch(before.state), dict(before.vars)))
        result = result.join(run())
        ends.append(Flow(interp.state, interp.frame.scope.vars))
    interp.merge(ends, branch)
    return result


def _call_one(interp: Interpreter, atom: Atom, args: Arguments, place: Place, *, awaited: bool) -> Value:
    match atom:
        case Fn():
            return invoke(interp, atom, args, place, awaited=awaited)
        case Native():
            return atom.impl(interp, args, place)
        case ClassInfo():
            return instantiate(interp, atom, args, place)
        case Lib(path=path, sources=sources):
            return interp.models.call_library(interp, path, sources, args, place)
        case Obj():
            if atom.cls is not None:
                # Kotlin's `operator fun invoke`.
                name = "invoke" if atom.cls.module.family == "jvm" else "__call__"
                method = bound_method(interp, atom, name, place)
                if method is not None:
                    return call(interp, method, args, place, awaited=awaited)
            held = interp.models.call_object(interp, atom, args, place)
            return held if held is not None else call_unknown(interp, atom, args, place)
        case Promise(value=inner):
            return call(interp, inner, args, place, awaited=awaited)
        case Namespace(module=module):
            return call(interp, interp.program.member(interp, module, "default"), args, place, awaited=awaited)
        case _:
            return call_unknown(interp, atom, args, place)


def construct(interp: Interpreter, target: Value, args: Arguments, place: Place) -> Value:
    """Return `new target(args)`."""
    result = NOTHING
    for atom in target.atoms():
        match atom:
            case ClassInfo():
                result = result.join(instantiate(interp, atom, args, place))
            case Fn():
                obj = interp.new("instance", place=place)
                obj.label = atom.function.name
                for shape in interp.models.function_attribute(interp, atom, "prototype", place).only(Obj):
                    attributes.spread_into(interp, obj, value_of(shape))
                invoke(interp, atom.bind(value_of(obj)), args, place)
                result = result.join(value_of(obj))
            case Const(value=None):
                continue
            case _:
                result = result.join(_call_one(interp, atom, args, place, awaited=True))
    return result if result.alts else unknown("an instance of nothing known")


def call_unknown(interp: Interpreter, atom: Atom, args: Arguments, place: Place) -> Value:
    """Return what an unknown function gives back: made from its arguments; functions among them may run."""
    told = interp.models.unknown_function(interp, atom, args, place)
    if told is not None:
        return told
    run_callbacks(interp, args, place, derived("what a library passes", value_of(atom)))
    fill_out_parameters(args, atom)
    interp.models.on_unknown_call(interp, atom, args, place)
    return derived("the result of an unknown call", value_of(atom), *args.every())


def fill_out_parameters(args: Arguments, atom: Atom) -> None:
    """Note that code out of sight may fill the empty collections that it is given."""
    for value in args.every():
        for obj in value.only(Obj):
            if obj.kind in ("object", "map") and not obj.fields and obj.rest is None and obj.native is None:
                obj.rest = unknown("what a library puts there", atom)


def run_callbacks(interp: Interpreter, args: Arguments, place: Place, passed: Value) -> Value:
    """Let the functions among the arguments run, maybe, with unknown arguments; return what they give back."""
    from cybrid_audit.engine.interpreter import Flow

    result = NOTHING
    for value in args.every():
        for atom in value.atoms():
            if not isinstance(atom, Fn) or interp.state is None:
                continue
            if not interp.models.may_run_callbacks(interp):
                interp.program.note_deferred(atom)
                continue
            branch = interp.state.branch
            before = interp.flow()
            interp.state = interp.enter_branch(interp.state)
            given = Arguments(positional=[passed] * len(atom.function.params))
            result = result.join(invoke(interp, atom, given, place, awaited=True))
            interp.merge([before, Flow(interp.state, interp.frame.scope.vars)], branch)
    return result


def call_method(
    interp: Interpreter, receiver: Value, name: str, args: Arguments, place: Place, *, awaited: bool = False
) -> Value:
    """Return `receiver.name(args)`."""
    alternatives = [(atom, proofs) for atom, proofs in receiver.alts if atom != NONE]
    is_whole = len(alternatives) == len(receiver.alts)
    if not alternatives:
        return call_unknown(interp, Unknown("nothing"), args, place)
    if len(alternatives) == 1:
        atom, proofs = alternatives[0]
        return _method_one(interp, atom, name, args, place, awaited=awaited).with_proofs(proofs)
    return _each(
        interp,
        [
            partial(_proven_method, interp, atom, proofs, name, args, place, awaited=awaited, is_whole=is_whole)
            for atom, proofs in alternatives
        ],
    )


def _proven_method(
    interp: Interpreter,
    atom: Atom,
    proofs: Proofs,
    name: str,
    args: Arguments,
    place: Place,
    *,
    awaited: bool,
    is_whole: bool,
) -> Value:
    if is_whole:
        # Where this is the receiver, what made it has passed; `a?.b()` may go on without any.
        interp.prove(proofs)
    return _method_one(interp, atom, name, args, place, awaited=awaited).with_proofs(proofs)


def _method_one(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place, *, awaited: bool) -> Value:
    if name in ("then", "catch", "finally") and interp.language == "javascript" and not isinstance(atom, Obj):
        return primitives.promise_method(interp, atom, name, args, place)
    if interp.language in RECEIVERS:
        told = jvm.before_method(interp, atom, name, args, place, awaited=awaited)
        if told is not None:
            return told
    match atom:
        case Native() if name in ("call", "apply", "bind"):
            return _native_method(interp, atom, name, args, place)
        case Promise() if name == "result" and interp.language == "python":
            return interp.settle(value_of(atom))
        case Promise() if (
            name in ("cancel", "done", "add_done_callback", "exception", "cancelled", "set_name")
            and interp.language == "python"
        ):
            return derived(name, *args.every())
        case Promise(value=inner, proofs=proofs):
            return call_method(interp, inner, name, args, place, awaited=awaited).with_proofs(proofs)
        case Lib(path=path, sources=sources):
            return interp.models.call_library(interp, f"{path}.{name}", sources, args, place)
        case Fn() if name in ("call", "apply", "bind"):
            return _function_method(interp, atom, name, args, place, awaited=awaited)
        case Fn() if (known := interp.models.function_method(interp, atom, name, args, place)) is not None:
            return known
        case Obj():
            held = atom.fields.get(name)
            if held is not None and any(isinstance(each, Fn | Native | ClassInfo | Lib | Obj) for each in held.atoms()):
                return call(interp, _called_on(interp, held, atom), args, place, awaited=awaited)
            if atom.cls is not None:
                found = atom.cls.method(name)
                if found is not None and found[0].kind != "getter":
                    method = bound_method(interp, atom, name, place)
                    assert method is not None
                    return call(interp, method, args, place, awaited=awaited)
            native = interp.models.object_method(interp, atom, name, args, place)
            if native is not None:
                return native
            primitive = primitives.collection_method(interp, atom, name, args, place)
            if primitive is not None:
                return primitive
            if atom.rest is not None and any(isinstance(each, Fn) for each in atom.rest.atoms()):
                return call(interp, atom.rest, args, place, awaited=awaited)
            return call(interp, attributes.get_one(interp, atom, name, place), args, place, awaited=awaited)
        case ClassInfo() | Namespace():
            if (
                isinstance(atom, ClassInfo)
                and atom.method(name) is None
                and all(name not in each.statics.fields for each in atom.ancestry())
            ):
                inherited = interp.models.class_method(interp, atom, name, args, place)
                if inherited is not None:
                    return inherited
            return call(interp, attributes.get_one(interp, atom, name, place), args, place, awaited=awaited)
        case _:
            special = interp.models.opaque_method(interp, atom, name, args, place)
            if special is not None:
                return special
            text = primitives.text_method(interp, atom, name, args, place)
            if text is not None:
                return text
            run_callbacks(interp, args, place, derived("an element", value_of(atom)))
            interp.models.on_unknown_call(interp, atom, args, place, name)
            return derived(f"the result of {name}", value_of(atom), *args.every(), hint=name)


def _called_on(interp: Interpreter, method: Value, receiver: Obj) -> Value:
    """Return functions that a field holds, with the object they are called on as their `this`."""
    if interp.language != "javascript" or not any(
        isinstance(each, Fn) and each.this is None for each in method.atoms()
    ):
        return method
    this = value_of(receiver)
    return method.map(
        lambda each: (
            each.bind(this) if isinstance(each, Fn) and each.this is None and each.function.kind != "arrow" else each
        )
    )


def _function_method(interp: Interpreter, fn: Fn, name: str, args: Arguments, place: Place, *, awaited: bool) -> Value:
    this = args.get(0)
    bound = (
        fn.bind(this) if this is not None and fn.function.kind != "arrow" and interp.language == "javascript" else fn
    )
    if name == "bind":
        kept = (*bound.args, *args.positional[1:])
        return value_of(
            Fn(bound.function, bound.scope, bound.module, bound.this, bound.home, kept, bound.keywords, bound.gates)
        )
    if name == "apply":
        given = args.get(1)
        known = operators.known_items(interp, given) if given is not None else []
        passed = (
            Arguments(positional=known)
            if known is not None
            else Arguments(rest=operators.element_of(interp, given or NOTHING))
        )
    else:
        passed = Arguments(positional=args.positional[1:], rest=args.rest)
    return invoke(interp, bound, passed, place, awaited=awaited)


def _native_method(interp: Interpreter, fn: Native, name: str, args: Arguments, place: Place) -> Value:
    if name == "bind":
        return value_of(fn)
    given = args.get(1) if name == "apply" else None
    known = operators.known_items(interp, given) if given is not None else None
    return fn.impl(interp, Arguments(positional=known if known is not None else args.positional[1:]), place)


# ---------------------------------------------------------------- activations


def invoke(interp: Interpreter, fn: Fn, args: Arguments, place: Place | None, *, awaited: bool = False) -> Value:
    """Run a function of the project with these arguments and return what it gives back."""
    function = fn.function
    interp.entered.add(id(function))
    if interp.state is None:
        return NOTHING
    if fn.module.family == "jvm" and "abstract" in function.directives:
        # Native code, or a class that nobody has seen.
        return derived("a function out of sight", *args.every(), hint=function.name)
    own = interp.models.own_call(interp, fn, args, place)
    if own is not None:
        return own
    if len(interp.frames) >= MAX_CALL_DEPTH:
        interp.approximations.add(Approximation.DEPTH)
        return derived("a call that is not followed", *args.every())
    allowance = interp.allowance
    outermost = allowance if len(interp.frames) == 1 else None
    if outermost is not None:
        interp.follow_limit = outermost.begin(interp.steps)
    elif interp.steps >= interp.follow_limit:
        if allowance is not None:
            allowance.is_spent = True
        interp.approximations.add(Approximation.STEPS)
        return derived("a call that is not followed", *args.every())
    if sum(1 for frame in interp.frames if frame.function is function) >= MAX_RECURSION:
        interp.approximations.add(Approximation.RECURSION)
        return derived("a recursive call", *args.every())
    if fn.module.family == "jvm" and fn.home is not None and (function.decorators or fn.home.definition.decorators):
        told = interp.models.advised(interp, fn, args, place)
        going: State | None = interp.state
        if told is not None or going is None:
            return NOTHING if told is None else told
    scope = Scope(fn.scope, fn.module)
    scope.function = function
    given = args
    if fn.args or fn.keywords:
        given = Arguments(
            [*fn.args, *args.positional], {**fn.keywords, **args.keywords}, args.rest, args.kwrest, args.nodes
        )
    if fn.home is not None:
        scope.vars["%home"] = value_of(fn.home)
    if fn.this is not None:
        if fn.module.family == "python":
            if function.kind != "static":
                given = Arguments([fn.this, *given.positional], given.keywords, given.rest, given.kwrest, given.nodes)
        elif function.kind != "arrow" or fn.module.family in RECEIVERS:
            scope.vars["this"] = fn.this
    declared = interp.models.declared(fn, place) if interp.models.declares else NO_PROOFS
    if fn.gates or declared:
        interp.pass_gates(fn.gates | declared)
    before = interp.state
    detached = function.is_async and not awaited
    by_framework = len(interp.frames) == 1 and interp.frame.function is None
    sink: list = []  # type: ignore[type-arg]
    if detached:
        interp.sinks.append(sink)
    frame = interp.push(scope, fn.module, place, fn)
    raised = interp.sinks[-1]
    thrown_before = len(raised)
    try:
        bind_params(interp, fn, given)
        interp.run(function.body)
        if interp.state is not None:
            frame.returns.append((V_NONE, interp.state))
    finally:
        interp.pop()
        if outermost is not None:
            outermost.charge(interp.steps)
        if detached:
            interp.sinks.pop()
    rows = frame.returns
    if place is not None and not by_framework and not detached:
        rows = conveyed.relocate(function.name, place, before, rows, raised, thrown_before)
    interp.state = join_states((state for _, state in rows), before.branch)
    base = before.proven
    result = NOTHING
    for value, state in rows:
        result = result.join(value.with_proofs(state.proven - base))
    if interp.program.memoised and id(function) in interp.program.memoised:
        from cybrid_audit.models import stores

        result = stores.remembered(interp, fn, args, result, interp.program.memoised[id(function)])
    if function.is_generator:
        generator = interp.new("generator", place=place)
        generator.rest = join_all(frame.yields) if frame.yields else unknown("a generator")
        generator.fields["%returned"] = result
        return value_of(generator)
    if declared:
        # A declared decorator guards what it wraps.
        result = result.map(lambda atom: atom.behind(declared) if isinstance(atom, Fn) else atom)
    if detached:
        return _detach(interp, before, base, result, [each.state for each in sink], function.name, place)
    if function.is_async and not awaited:
        return value_of(Promise(result))
    return result


def _detach(
    interp: Interpreter, before: State, base: Proofs, result: Value, raised: list[State], name: str, place: Place | None
) -> Value:
    """Return the promise of an activation nobody waits for yet: what it proves holds only once it is awaited."""
    done = interp.state
    states = [state for state in (done, *raised) if state is not None]
    proofs = (done.proven - base) if done is not None else NO_PROOFS
    performed: Proofs = (
        frozenset().union(*(status.performed for state in states for status in state.statuses)) if states else NO_PROOFS
    )
    if performed and place is not None:
        performed = conveyed.unsettled(before, result, proofs, performed, name, place)
    interp.state = before.after(performed)
    return value_of(Promise(result, proofs))


def bind_params(interp: Interpreter, fn: Fn, args: Arguments) -> None:
    """Store the arguments into the parameters of the activation that just started."""
    function = fn.function
    keywords = dict(args.keywords)
    position = 0
    python = fn.module.family == "python"
    if fn.module.family in RECEIVERS:
        args = jvm.placed(function, args, keywords)
    if python and args.rest is None and args.kwrest is None and interp.models.is_called_from_outside(interp):
        args = _open_ended(function, args)
    defaults = (fn.defaults or interp.program.defaults.get(id(function))) if python else None
    for param in function.params:
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        if param.kind == "implicit":
            # The only parameter of a lambda that declares none: there when the lambda is given something.
            if args.positional or args.rest is not None:
                interp.assign(param.target, args.positional[0] if args.positional else args.rest or NOTHING, "let")
            continue
        if param.kind == "type":
            held = args.keywords.get(jvm.TYPE_ARGUMENT)
            if held is not None:
                interp.set_local(name, held)
            continue
        if param.kind == "rest":
            obj = interp.new("list")
            obj.label = "tuple"
            if args.rest is None and args.open is not None:
                obj.rest = args.open
            elif args.rest is None:
                obj.items = args.positional[position:]
            else:
                obj.rest = join_all([*args.positional[position:], args.rest])
            position = len(args.positional)
            interp.assign(param.target, value_of(obj), "let")
            continue
        if param.kind == "kwrest":
            obj = interp.new("object", param)
            obj.fields = keywords
            obj.rest = args.kwrest if args.kwrest is not None else args.open
            keywords = {}
            interp.assign(param.target, value_of(obj), "let")
            continue
        value: Value | None = None
        if param.kind == "positional" and position < len(args.positional):
            value = args.positional[position]
            position += 1
        elif name in keywords:
            value = keywords.pop(name)
        elif param.kind == "positional" and args.rest is not None:
            value = args.rest
        elif args.kwrest is not None and python:
            value = attributes.out_of_spread(interp, args.kwrest, name, interp.no_place(fn.module.path))
            value = value if param.default is None else value.join(interp.eval(param.default))
        if value is None:
            if param.default is not None:
                value = defaults.get(name) if defaults else None
                value = value if value is not None else interp.eval(param.default)
            elif python:
                value = interp.models.missing_argument(interp, fn, param)
            else:
                value = V_NONE
        elif param.default is not None and not python:
            value = interp.or_default(value, param.default)
        if param.annotation is not None:
            if param.label is not None and args.nodes:
                value = swift.expected(interp, param, args.nodes, value)
            value = interp.models.typed(interp, value, param.annotation)
        interp.assign(param.target, value, "let")
        if param.field is not None and fn.this is not None:
            attributes.set_attribute(interp, fn.this, param.field, value, interp.place(param))


def _open_ended(function: ir.Function, args: Arguments) -> Arguments:
    """Return the arguments of a function whose callers are out of sight: what `*args` and `**kwargs` gather is unknown."""
    kinds = {param.kind for param in function.params}
    if not kinds & {"rest", "kwrest"} or len(args.positional) > 1:
        return args
    unseen = unknown("a parameter that nobody passes")
    given = Arguments(args.positional, args.keywords, None, None, args.nodes)
    given.open = unseen
    return given


# ---------------------------------------------------------------- classes


def instantiate(
    interp: Interpreter, info: ClassInfo, args: Arguments, place: Place | None, *, plain: bool = False
) -> Value:
    """Return a new instance of a class of the project; `plain` leaves its metaclass aside."""
    if info.definition.kind == "interface" and len(args.positional) == 1 and args.positional[0].only(Fn):
        # A lambda in place of an object: `TokenSource { … }`.
        return args.positional[0]
    if operators.is_enum(info):
        members = operators.enum_values(info)
        wanted = args.positional[0].const() if args.positional else None
        fits = [
            held
            for held in members
            if wanted is not None
            and wanted
            in (held.const(), *(each.const() for obj in held.only(Obj) if (each := obj.fields.get("_value_"))))
        ]
        if fits:
            return fits[0]
        return args.positional[0] if args.positional and wanted is not None else join_all(members)
    if info.module.family == "dart":
        made = dart.made(interp, info, args, place)
        if made is not None:
            return made
    python = info.module.family == "python"
    if python and not plain:
        made = _by_metaclass(interp, info, args, place)
        if made is not None:
            return made
    obj = interp.new("instance", place=place)
    obj.cls = info
    obj.label = info.name
    this = value_of(obj)
    if not python:
        for ancestor in reversed(list(info.ancestry())):
            init_fields(interp, ancestor, obj, place)
    maker = info.method("__new__") if python else None
    if maker is not None:
        function, home = maker
        given = Arguments([value_of(info), *args.positional], args.keywords, args.rest, args.kwrest, args.nodes)
        held = invoke(interp, Fn(function, home.scope, home.module, None, home), given, place, awaited=True)
        made_by = [each for each in held.only(Obj) if each.cls is not None]
        if not made_by:
            return held
        this = value_of(*made_by)
        obj = made_by[0]
    interp.models.on_instantiate(interp, obj, info, args, place)
    found = info.method("__init__" if python else "constructor")
    if info.module.family in RECEIVERS:
        found = jvm.overload(interp, info, "constructor", args) or found
    if found is not None:
        function, home = found
        invoke(interp, Fn(function, home.scope, home.module, this, home), args, place, awaited=True)
    elif (
        python
        and (obj.native is None or getattr(obj.native, "plain", False))
        and maker is None
        and not interp.models.made_by_base(interp, info, obj, args)
    ):
        _init_record(interp, info, obj, args, place)
    return this


def _by_metaclass(interp: Interpreter, info: ClassInfo, args: Arguments, place: Place | None) -> Value | None:
    """Return what the `__call__` of a class's own metaclass makes, or None when it has none."""
    for kind in metaclasses(interp, info):
        found = kind.method("__call__")
        if found is not None:
            function, home = found
            return invoke(
                interp, Fn(function, home.scope, home.module, value_of(info), home), args, place, awaited=True
            )
    return None


def metaclasses(interp: Interpreter, info: ClassInfo) -> list[ClassInfo]:
    """Return the project's own metaclasses of a class."""
    found: list[ClassInfo] = []
    for ancestor in info.ancestry() if interp.state is not None else ():
        for keyword in ancestor.definition.keywords:
            if keyword.name == "metaclass":
                interp.push(ancestor.scope, ancestor.module, None)
                try:
                    found.extend(interp.eval(keyword.value).only(ClassInfo))
                finally:
                    interp.pop()
    return found


def init_fields(interp: Interpreter, info: ClassInfo, obj: Obj, place: Place | None) -> None:
    """Give an instance the fields that the definition of one of its classes sets."""
    fields = [field for field in info.definition.fields if not field.is_static]
    if not fields or interp.state is None:
        return
    if len(interp.frames) >= MAX_CALL_DEPTH:
        # A field may hold another instance of its own class.
        interp.approximations.add(Approximation.DEPTH)
        return
    scope = Scope(info.scope, info.module)
    scope.vars["this"] = value_of(obj)
    interp.push(scope, info.module, place)
    try:
        for field in fields:
            if field.value is not None:
                value = interp.eval(field.value)
                if field.decorators and info.module.family == "javascript":
                    value = interp.models.given_field(value, field)
            elif (field.decorators or info.module.family == "jvm") and (
                held := interp.models.injected_field(interp, info, field)
            ) is not None:
                value = held
            elif field.annotation is not None:
                continue
            else:
                value = V_NONE
            if field.annotation is not None:
                value = interp.models.typed(interp, value, field.annotation)
            obj.fields[field.name] = value
    finally:
        interp.pop()


def _init_record(interp: Interpreter, info: ClassInfo, obj: Obj, args: Arguments, place: Place | None) -> None:
    """Fill a dataclass, named tuple or model from its arguments, in the order of its annotated fields."""
    names: list[tuple[str, ClassInfo, ir.Field]] = []
    for ancestor in reversed(list(info.ancestry())):
        for field in ancestor.definition.fields:
            if field.annotation is not None:
                names = [row for row in names if row[0] != field.name]
                names.append((field.name, ancestor, field))
    if not names:
        if args.keywords:
            obj.fields.update(args.keywords)
        return
    positional = list(args.positional)
    for name, ancestor, field in names:
        if positional:
            obj.fields[name] = positional.pop(0)
        elif name in args.keywords:
            obj.fields[name] = args.keywords[name]
        elif (alias := interp.models.field_alias(interp, ancestor, name)) is not None and alias in args.keywords:
            obj.fields[name] = args.keywords[alias]
        elif args.kwrest is not None:
            where = obj.place if obj.place is not None else interp.no_place(info.module.path)
            obj.fields[name] = attributes.out_of_spread(interp, args.kwrest, name, where)
        elif args.rest is not None:
            obj.fields[name] = args.rest
        elif name in ancestor.statics.fields:
            held = interp.program.resolve_held(interp, ancestor.statics.fields[name])
            obj.fields[name] = interp.models.field_default(interp, info, held, field)
        else:
            obj.fields[name] = interp.models.missing_record_field(interp, info, obj, field)
    for name, value in args.keywords.items():
        obj.fields.setdefault(name, value)
    for name in ("__post_init__", "__attrs_post_init__", "model_post_init"):
        found = info.method(name)
        if found is not None:
            function, home = found
            invoke(interp, Fn(function, home.scope, home.module, value_of(obj), home), Arguments(), place, awaited=True)


def bound_method(interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
    """Return a method of an instance bound to it, the value of a property, or None when its class has no such method."""
    if obj.cls is None:
        return None
    found = obj.cls.method(name)
    if found is None:
        return None
    function, home = found
    this = value_of(obj)
    if function.kind == "getter":
        return invoke(interp, Fn(function, home.scope, home.module, this, home), Arguments(), place, awaited=True)
    if function.kind == "static":
        return decorated_method(interp, function, home, None)
    if function.kind == "classmethod":
        return decorated_method(interp, function, home, value_of(obj.cls))
    method = decorated_method(interp, function, home, this)
    gates = interp.models.class_gates(interp, obj.cls)
    return method.map(lambda atom: atom.behind(gates) if isinstance(atom, Fn) else atom) if gates else method


def decorated_method(interp: Interpreter, function: ir.Function, home: ClassInfo, this: Value | None) -> Value:
    """Return a method through its decorators, bound to `this` when given."""
    plain = Fn(function, home.scope, home.module, this, home)
    decorators = [node for node in function.decorators if _decorator_name(node) not in PLAIN_DECORATORS]
    if not decorators or home.module.family in RECEIVERS:
        return value_of(plain)
    if home.module.family != "python":
        held = decoration.decorated(interp, function, home)
        # An inner function that a decorator made takes `this` from its call, like any function of the language.
        return held.map(
            lambda atom: (
                atom.bind(this) if isinstance(atom, Fn) and this is not None and atom.function.kind != "arrow" else atom
            )
        )
    cached = interp.program.decorated.get(id(function))
    if cached is None:
        interp.program.decorated[id(function)] = value_of(Fn(function, home.scope, home.module, None, home))
        scope = home.scope
        interp.push(scope, home.module, None)
        try:
            cached = interp.decorate(value_of(Fn(function, home.scope, home.module, None, home)), decorators)
        finally:
            interp.pop()
        interp.program.decorated[id(function)] = cached
    if this is None:
        return cached
    result = NOTHING
    for atom, proofs in cached.alts:
        bound = None
        if isinstance(atom, Obj):
            for instance in this.only(Obj):
                bound = interp.models.bound_to(interp, atom, instance, interp.no_place(home.module.path))
        result = result.join(bound if bound is not None else Value(((_bind(atom, this), proofs),)))
    return result


def _bind(atom: Atom, this: Value) -> Atom:
    if isinstance(atom, Fn):
        return atom.bind(this)
    if isinstance(atom, Native):
        inner = atom
        return Native(
            inner.name,
            lambda interp, args, place: inner.impl(
                interp, Arguments([this, *args.positional], args.keywords, args.rest, args.kwrest, args.nodes), place
            ),
        )
    return atom


def _decorator_name(node: ir.Expr) -> str:
    if isinstance(node, ir.Call):
        node = node.func
    if isinstance(node, ir.Attribute):
        return node.name
    return node.id if isinstance(node, ir.Name) else ""


def apply_decorator(interp: Interpreter, decorator: Value, value: Value, place: Place) -> Value:
    """Return what a decorator makes of a value; one that is not understood leaves it as it is."""
    result = NOTHING
    for atom in decorator.atoms():
        if interp.language == "jvm" and not isinstance(atom, Lib):
            # An annotation of the project's own changes nothing by itself.
            result = result.join(value)
            continue
        match atom:
            case Fn() | Native() | ClassInfo():
                result = result.join(call(interp, value_of(atom), Arguments(positional=[value]), place, awaited=True))
            case Obj() if atom.cls is not None and atom.cls.method("__call__") is not None:
                result = result.join(call(interp, value_of(atom), Arguments(positional=[value]), place, awaited=True))
            case Lib(path=path):
                result = result.join(interp.models.library_decorator(interp, path, value, place))
            case _:
                result = result.join(value)
    useful = Value(tuple(pair for pair in result.alts if not isinstance(pair[0], Unknown) and pair[0] != NONE))
    return useful if useful.alts else value


def _super_call(interp: Interpreter, name: str, args: Arguments, place: Place, *, awaited: bool = False) -> Value:
    holder = interp.frame.scope.find("%home")
    this_holder = interp.frame.scope.find("this")
    fn = interp.frame.fn
    home = next(iter(holder.vars["%home"].only(ClassInfo)), None) if holder else None
    python = interp.language == "python"
    if python:
        this = fn.this if fn is not None and fn.this is not None else None
        if this is None and fn is not None and fn.function.params:
            first = fn.function.params[0].target
            this = interp.frame.scope.vars.get(first.id) if isinstance(first, ir.Name) else None
    else:
        this = this_holder.vars["this"] if this_holder else None
    if home is None or this is None:
        return call_unknown(interp, Unknown("super"), args, place)
    wanted = "__init__" if python and name == "constructor" else name
    cooperates = python and any(instance.cls is not None and instance.cls is not home for instance in this.only(Obj))
    for base in home.bases if not cooperates else ():
        for atom in base.atoms():
            if isinstance(atom, ClassInfo):
                found = atom.method(wanted)
                if found is not None:
                    function, owner = found
                    return invoke(
                        interp, Fn(function, owner.scope, owner.module, this, owner), args, place, awaited=awaited
                    )
    if python:
        special = _super_special(interp, wanted, this, args, place)
        if special is not None:
            return special
        for instance in this.only(Obj):
            # Classes that cooperate: the next one in the order of the instance's own class.
            order = list(instance.cls.reached(wanted)) if instance.cls is not None else []
            for info in order[order.index(home) + 1 :] if home in order else ():
                if isinstance(info, Lib):
                    continue
                own = next(
                    (each for each in info.definition.methods if each.name == wanted and each.kind != "setter"), None
                )
                if own is not None:
                    return invoke(interp, Fn(own, info.scope, info.module, this, info), args, place, awaited=awaited)
    instance = next(iter(this.only(Obj)), None)
    if instance is not None:
        nearest = home if home.library_bases() or instance.cls is None or not python else instance.cls
        held = interp.models.super_method(interp, instance, nearest, wanted, args, place)
        if held is not None:
            return held
        if wanted == "__init__" and not home.library_bases():
            return V_NONE
    if wanted in ("__init__", "constructor"):
        return V_NONE
    return call_unknown(interp, Unknown(f"super().{name}"), args, place)


def _super_special(interp: Interpreter, name: str, this: Value, args: Arguments, place: Place) -> Value | None:
    """Return what `super().__new__(cls)` and a metaclass's `super().__call__(…)` make."""
    if name == "__new__":
        result = NOTHING
        for info in (args.positional[0] if args.positional else this).only(ClassInfo):
            obj = interp.new("instance", place=place)
            obj.cls, obj.label = info, info.name
            result = result.join(value_of(obj))
        return result if result.alts else None
    if name == "__call__" and this.only(ClassInfo):
        return join_all(instantiate(interp, info, args, place, plain=True) for info in this.only(ClassInfo))
    return None


def enter_context(interp: Interpreter, manager: Value, place: Place) -> Value:
    """Return what `with manager as x` binds."""
    result = NOTHING
    for atom, proofs in interp.settle(manager).alts:
        held: Value | None = None
        if isinstance(atom, Obj):
            if atom.kind == "generator":
                held = atom.rest
            elif atom.cls is not None:
                for name in ("__enter__", "__aenter__"):
                    method = bound_method(interp, atom, name, place)
                    if method is not None:
                        held = call(interp, method, Arguments(), place, awaited=True)
                        break
        result = result.join((held if held is not None else value_of(atom)).with_proofs(proofs))
    return result


def exit_context(interp: Interpreter, manager: Value, place: Place) -> None:
    """End a `with`: what managers of the project and of models do then."""
    nothing = [V_NONE, V_NONE, V_NONE]
    for atom in manager.only(Obj):
        if atom.cls is not None and atom.cls.module.family == "python":
            for name in ("__exit__", "__aexit__"):
                method = bound_method(interp, atom, name, place)
                if method is not None:
                    call(interp, method, Arguments(positional=nothing), place, awaited=True)
        elif atom.kind == "environment":
            interp.models.object_method(interp, atom, "__exit__", Arguments(positional=nothing), place)


def type_names(value: Value) -> frozenset[str] | None:
    """Return the names of the classes that a thrown value may have, or None when unknown."""
    names: set[str] = set()
    for atom in value.atoms():
        match atom:
            case Obj(cls=ClassInfo()) | ClassInfo():
                info = atom.cls if isinstance(atom, Obj) else atom
                assert info is not None
                names.update(each.name for each in info.ancestry())
                names.update(path.rsplit(".", 1)[-1] for path in info.library_bases())
            case Lib(path=path):
                names.add(path.removesuffix("()").rsplit(".", 1)[-1])
            case _:
                return None
    return frozenset(names)
