"""The abstract interpreter: walks the IR of one activation after another and keeps variables, heap and paths.

Variables of the running activation are tracked by flow: a branch works on a copy, and what its sides leave is joined. Objects are
made anew each time their expression is evaluated, so two calls of one wrapper never mix; a write in a branch joins.
Every call into project code is followed with its arguments; library calls go to the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import process_time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, jvm, operators
from cybrid_audit.engine.allowance import Allowance, Pool
from cybrid_audit.engine.state import START, State, join_states
from cybrid_audit.engine.values import (
    FALSE,
    NO_PROOFS,
    NONE,
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Check,
    Claim,
    ClassInfo,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    Native,
    Obj,
    Outcome,
    Place,
    Promise,
    Proofs,
    Scope,
    Stored,
    Str,
    Unknown,
    Value,
    derived,
    join_all,
    key_text,
    picked,
    place_of,
    proofs_if,
    restamp,
    shared_proofs,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.facts import Approximation
from cybrid_audit.languages import RECEIVERS
from cybrid_audit.limits import (
    MAX_EXPRESSION_DEPTH,
    MAX_SECONDS_PER_ENTRY,
    MAX_STEPS_PER_MODULE,
    MAX_SURE_ROUNDS,
    MAX_UNROLL,
)

if TYPE_CHECKING:
    from cybrid_audit.engine.program import LoadedModule, Program
    from cybrid_audit.models import Models


class Exhausted(Exception):  # noqa: N818 - a bound, not an error
    """The step bound of an entry point or module was reached."""


class Flow(NamedTuple):
    """Paths and the variables they have."""

    state: State | None
    vars: dict[str, Value]


class Raised(NamedTuple):
    """An exception on its way out: the paths, what was thrown, the variables of the activation."""

    state: State
    value: Value


class Frame:
    """One activation of a function or module."""

    __slots__ = (
        "breaks",
        "call_place",
        "continues",
        "fn",
        "function",
        "id",
        "module",
        "returns",
        "scope",
        "yields",
    )

    def __init__(
        self, number: int, scope: Scope, module: LoadedModule, call_place: Place | None, fn: Fn | None = None
    ) -> None:
        self.id = number
        self.scope = scope
        self.module = module
        self.call_place = call_place
        self.fn = fn
        self.function = fn.function if fn else None
        self.returns: list[tuple[Value, State]] = []
        self.yields: list[Value] = []
        self.breaks: list[list[Flow]] = []
        self.continues: list[list[Flow]] = []


class Interpreter:
    """Evaluates IR. One instance serves a whole run; `start` resets what belongs to one entry point."""

    def __init__(self, program: Program, models: Models) -> None:
        self.program = program
        self.models = models
        self.state: State | None = START
        self.frames: list[Frame] = []
        self.active: set[int] = set()
        self.sinks: list[list[Raised]] = [[]]
        self.steps = 0
        self.step_limit = 0
        self.follow_limit = 0
        """The step from which no further call is followed."""
        self.allowance: Allowance | None = None
        """How far the calls of the running top level are followed; None while an entry point runs."""
        self.pool = Pool()
        self.deadline = 0.0
        self.depth = 0
        self.frame_count = 0
        self.branch_count = 0
        self.shared_births = 0
        self.epoch = self.epochs = 0
        """The running entry point or module, and how many have been run."""
        self.key_guards = 0
        """How many `try` blocks around the running code take a missing key of a dict."""
        self.approximations: set[Approximation] = set()
        self.entered: set[int] = set()
        self.store_version = 0
        self.statement: Place | None = None
        """The place of the call that the running statement consists of: nothing reads what it gives back."""
        self.tested: Place | None = None
        """Where the test stands that is being made."""
        self.watched: set[int] = set()
        """Functions (by identity) whose returned values a framework sends on, and who is told of them."""
        self.on_return: Callable[[Value, Place, bool], None] | None = None

    # ------------------------------------------------------------ activations

    @property
    def frame(self) -> Frame:
        """The running activation."""
        return self.frames[-1]

    def start(self, step_limit: int) -> None:
        """Forget the paths of the last entry point."""
        self.state = START
        self.frames = []
        self.active = set()
        self.key_guards = 0
        self.epochs += 1
        self.epoch = self.epochs
        self.sinks = [[]]
        self.steps = 0
        self.step_limit = step_limit
        self.follow_limit = step_limit + 1
        self.allowance = None
        self.deadline = process_time() + MAX_SECONDS_PER_ENTRY
        self.depth = 0
        self.approximations = set()

    def run_module(self, module: LoadedModule) -> None:
        """Run the top level of a module on paths of its own; what was running goes on afterwards."""
        outer = self.allowance
        if outer is not None:
            outer.charge(self.steps)
        saved = (
            self.state,
            self.frames,
            self.active,
            self.sinks,
            self.steps,
            self.step_limit,
            self.follow_limit,
            self.depth,
            self.deadline,
        )
        approximations = self.approximations
        births, epoch, guards = self.shared_births, self.epoch, self.key_guards
        self.start(MAX_STEPS_PER_MODULE)
        self.allowance = allowance = Allowance(self.pool)
        self.shared_births = 1
        self.models.enter_module(self, module)
        self.push(module.scope, module, None)
        try:
            self.run(module.tree.body)
        except Exhausted:
            self.models.recorder.skip(
                module.path, f"its top level was followed for {MAX_STEPS_PER_MODULE} steps, not to its end"
            )
        finally:
            self.models.leave_module(self, module)
            if allowance.is_spent:
                self.models.recorder.skip(module.path, "what its top level calls was followed in part, not to its end")
            (
                self.state,
                self.frames,
                self.active,
                self.sinks,
                self.steps,
                self.step_limit,
                self.follow_limit,
                self.depth,
                self.deadline,
            ) = saved
            self.allowance = outer
            if outer is not None:
                self.follow_limit = outer.begin(self.steps)
            self.approximations = approximations
            self.shared_births, self.epoch, self.key_guards = births, epoch, guards

    def no_place(self, path: str) -> Place:
        """Return a place that stands for a whole file."""
        return Place(path, 1, 0, 1, 0)

    def push(self, scope: Scope, module: LoadedModule, call_place: Place | None, fn: Fn | None = None) -> Frame:
        """Start an activation."""
        self.frame_count += 1
        frame = Frame(self.frame_count, scope, module, call_place, fn)
        self.frames.append(frame)
        self.active.add(frame.id)
        return frame

    def pop(self) -> None:
        """End the running activation."""
        self.active.discard(self.frames.pop().id)

    def place(self, node: ir.Node) -> Place:
        """Return where a node of the running module stands."""
        return place_of(self.frame.module.path, node.span)

    @property
    def language(self) -> str:
        """The language family of the running code: a value of `languages.FAMILIES`."""
        if self.frames:
            return self.frames[-1].module.family
        return next((module.family for module in self.program.modules.values()), "python")

    def new(self, kind: str, node: ir.Node | None = None, place: Place | None = None) -> Obj:
        """Return a fresh object, born in the current branch."""
        obj = Obj(
            kind,
            self.place(node) if node is not None else place,
            born=self.state.branch if self.state else (),
            shared=self.shared_births > 0,
        )
        obj.function = self.frame.function if self.frames else None
        obj.epoch = self.epoch
        return obj

    def lasts(self, obj: Obj) -> bool:
        """Whether an object was there before the running entry point started: what it holds by now it may not have held then."""
        return obj.shared or obj.epoch not in (0, self.epoch)

    def tick(self) -> None:
        """Count a step. Raises Exhausted at the bound."""
        self.steps += 1
        if self.steps > self.step_limit or (self.steps & 255 == 0 and process_time() > self.deadline):
            self.approximations.add(Approximation.STEPS)
            raise Exhausted

    # ------------------------------------------------------------ statements

    def run(self, body: Sequence[ir.Stmt]) -> None:
        """Execute statements in order; declarations of functions and classes are known from the start."""
        if self.depth > MAX_EXPRESSION_DEPTH:
            self.approximations.add(Approximation.DEPTH)
            return
        self.depth += 1
        try:
            hoists = self.language != "python"
            if hoists:
                for stmt in body:
                    if type(stmt) is ir.FunctionDef:
                        self.define_function(stmt)
            for stmt in body:
                if self.state is None:
                    return
                self.tick()
                kind = type(stmt)
                if kind is ir.FunctionDef:
                    if not hoists:
                        self.define_function(stmt)  # type: ignore[arg-type]
                    continue
                handler = _STATEMENTS.get(kind)
                if handler is not None:
                    handler(self, stmt)
        finally:
            self.depth -= 1

    def define_function(self, stmt: ir.FunctionDef) -> None:
        """Bind a function declaration, through its decorators."""
        function = stmt.function
        fn = Fn(function, self.frame.scope, self.frame.module)
        fn.defaults = self.defaults_of(function)
        self.program.note_function(fn)
        value = value_of(fn)
        if function.decorators and self.language not in RECEIVERS:
            value = self.decorate(value, function.decorators)
        held = self.frame.scope.vars.get(function.name) if self.language in RECEIVERS else None
        if held is not None and all(isinstance(atom, Fn) for atom in held.atoms()):
            # Overloads: the arguments of a call choose.
            value = held.join(value)
        self.set_local(function.name, value)

    def defaults_of(self, function: ir.Function) -> dict[str, Value] | None:
        """Return the defaults of a function that is being defined, where the language evaluates them now; constants are left out."""
        if self.language != "python":
            return None
        found = {
            param.target.id: self.eval(param.default)
            for param in function.params
            if param.default is not None
            and not isinstance(param.default, ir.Const)
            and isinstance(param.target, ir.Name)
        }
        if found:
            self.program.defaults.setdefault(id(function), found)
        return found or None

    def decorate(self, value: Value, decorators: Sequence[ir.Expr]) -> Value:
        """Return the value after its decorators, the innermost first."""
        for node in reversed(decorators):
            if isinstance(node, ir.Attribute):
                # `@blueprint.before_request`: a method of an object that a model made is called, not read.
                receiver = self.eval(node.object)
                if any(isinstance(atom, Obj) and atom.native is not None for atom in receiver.atoms()):
                    made = calls.call_method(
                        self, receiver, node.name, Arguments(positional=[value]), self.place(node), awaited=True
                    )
                    value = (
                        made if any(isinstance(atom, Fn | Native | ClassInfo | Obj) for atom in made.atoms()) else value
                    )
                    continue
            decorator = self.eval(node)
            value = calls.apply_decorator(self, decorator, value, self.place(node))
        return value

    def exec_expr(self, stmt: ir.ExprStmt) -> None:
        call = stmt.value
        while isinstance(call, ir.Await):
            call = call.value
        self.statement = self.place(call) if isinstance(call, ir.Call) else None
        self.eval(stmt.value)

    def exec_assign(self, stmt: ir.Assign) -> None:
        if stmt.value is None:
            if stmt.annotation is not None and isinstance(stmt.target, ir.Name):
                return
            value = V_NONE
        elif stmt.op:
            value = self.augmented(stmt.target, stmt.value, stmt.op, stmt)
        else:
            value = self.eval(stmt.value)
        if stmt.declared and stmt.annotation is not None:
            value = self.models.typed(self, value, stmt.annotation)
        self.assign(stmt.target, value, stmt.declared)

    def augmented(self, target: ir.Pattern, value: ir.Expr, op: str, node: ir.Node) -> Value:
        """Return what `target op= value` stores."""
        if not isinstance(target, ir.Name | ir.Attribute | ir.Index):
            return self.eval(value)
        if op in ("and", "or", "??"):
            return self.eval_logical(ir.Logical(node.span, op, target, value))
        return operators.binary(self, op, self.eval(target), self.eval(value), self.place(node))

    def exec_if(self, stmt: ir.If) -> None:
        when_true, when_false = self.cond(stmt.test)
        self.fork([(when_true, stmt.body), (when_false, stmt.otherwise)])

    def fork(self, arms: list[tuple[Flow, Sequence[ir.Stmt]]]) -> None:
        """Run each arm on its own flow and join what they leave."""
        reachable = [(flow, body) for flow, body in arms if flow.state is not None]
        if not reachable:
            self.state = None
            return
        scope = self.frame.scope
        base = reachable[0][0].state.branch  # type: ignore[union-attr]
        left: list[Flow] = []
        for flow, body in reachable:
            assert flow.state is not None
            scope.vars = flow.vars
            self.state = flow.state if len(reachable) == 1 else self.enter_branch(flow.state)
            self.run(body)
            left.append(Flow(self.state, scope.vars))
        self.merge(left, base)

    def enter_branch(self, state: State) -> State:
        """Return the state inside a new branch."""
        self.branch_count += 1
        return state.at((*state.branch, self.branch_count))

    def flow(self) -> Flow:
        """Return a copy of the current flow."""
        return Flow(self.state, dict(self.frame.scope.vars))

    def resume(self, flow: Flow) -> None:
        """Go on from a flow."""
        self.state = flow.state
        self.frame.scope.vars = flow.vars

    def merge(self, flows: Sequence[Flow], branch: tuple[int, ...]) -> None:
        """Go on from the join of flows."""
        live = [flow for flow in flows if flow.state is not None]
        self.state = join_states((flow.state for flow in live), branch)
        if not live:
            return
        merged = live[0].vars
        for flow in live[1:]:
            if flow.vars is merged:
                continue
            for name, value in flow.vars.items():
                held = merged.get(name)
                if held is not value:
                    merged[name] = value if held is None else held.join(value)
        self.frame.scope.vars = merged

    def exec_switch(self, stmt: ir.Switch) -> None:
        subject = self.eval(stmt.subject)
        if self.state is None:
            return
        frame = self.frame
        base = self.state.branch
        frame.breaks.append([])
        ends: list[Flow] = []
        falling: Flow | None = None
        rest = self.flow()
        has_default = False
        variable = stmt.subject.id if isinstance(stmt.subject, ir.Name) and stmt.subject.id in frame.scope.vars else ""
        for case in stmt.cases:
            if rest.state is None and falling is None:
                break
            entry: list[Flow] = []
            entering, remaining = self.narrow_case(subject, case)
            if rest.state is not None:
                self.resume(Flow(rest.state, dict(rest.vars)))
                if variable and len(entering.alts) < len(subject.alts):
                    frame.scope.vars[variable] = entering
                if not case.tests and case.guard is None:
                    has_default = True
                    entry.append(self.flow())
                    matched_everything = True
                else:
                    sides = [self.case_sides(subject, test, case) for test in case.tests] or [
                        (self.flow(), self.flow())
                    ]
                    entry.extend(side[0] for side in sides)
                    matched_everything = any(side[1].state is None for side in sides)
                    if not matched_everything:
                        rest = Flow(join_states((s[1].state for s in sides), base), rest.vars)
                if matched_everything and (case.tests or stmt.falls_through or not case.guard):
                    rest = Flow(None, rest.vars) if not (stmt.falls_through and not case.tests) else rest
            if falling is not None:
                entry.append(falling)
                falling = None
            self.merge(entry, base)
            if self.state is None:
                continue
            self.state = self.enter_branch(self.state)
            if case.pattern is not None:
                self.assign(case.pattern, self.captured(entering, case), "let")
            if not stmt.falls_through and case.guard is None and remaining.alts:
                subject = remaining
                if (
                    variable
                    and rest.state is not None
                    and len(remaining.alts) < len(rest.vars.get(variable, NOTHING).alts)
                ):
                    rest.vars[variable] = remaining
            if case.guard is not None:
                yes, no = self.cond(case.guard)
                rest = Flow(join_states((rest.state, no.state), base), rest.vars)
                self.resume(yes)
            if self.state is None:
                continue
            self.run(case.body)
            end = Flow(self.state, frame.scope.vars)
            frame.scope.vars = dict(frame.scope.vars)
            if stmt.falls_through:
                falling = end if end.state is not None else None
            else:
                ends.append(end)
        if falling is not None:
            ends.append(falling)
        if rest.state is not None and not has_default:
            ends.append(rest)
        ends.extend(frame.breaks.pop())
        self.merge(ends, base)

    def captured(self, subject: Value, case: ir.Case) -> Value:
        """Return what the captures of a case are taken from: of `case Ok(value)`, what the class holds at each position."""
        taken = [test for test in case.tests if isinstance(test, ir.Opaque) and test.kind == "class_pattern"]
        if not taken or not isinstance(case.pattern, ir.ListPattern):
            return subject
        result = NOTHING
        for atom, proofs in subject.alts:
            result = result.join(self.models.positional(self, atom).with_proofs(proofs))
        return result

    def case_sides(self, subject: Value, test: ir.Expr, case: ir.Case) -> tuple[Flow, Flow]:
        """Return the flows on which a case's test matches and does not."""
        if isinstance(test, ir.Opaque):
            verdicts = [(self.fits(atom, test, case), proofs) for atom, proofs in subject.alts] or [(None, NO_PROOFS)]
            variables = self.frame.scope.vars
            sides = []
            for other in (False, True):
                fitting = [proofs for verdict, proofs in verdicts if verdict is not other]
                state = self.state.prove(shared_proofs(fitting)) if fitting and self.state is not None else None
                sides.append(Flow(state, dict(variables)))
            return sides[0], sides[1]
        result = operators.compare(self, "==", subject, self.eval(test), self.place(case))
        return self.split(result, None)

    def narrow_case(self, subject: Value, case: ir.Case) -> tuple[Value, Value]:
        """Return the alternatives of a subject that may fit a case, and those that may not."""
        if len(subject.alts) < 2 or not case.tests or self.state is None:
            return subject, subject
        sides: list[list[tuple[Atom, Proofs]]] = [[], []]
        for atom, proofs in subject.alts:
            verdicts: set[bool | None] = set()
            for test in case.tests:
                if isinstance(test, ir.Opaque):
                    verdicts.add(self.fits(atom, test, case))
                elif isinstance(test, ir.Const):
                    verdicts.add(atom.value == test.value if isinstance(atom, Const) else None)
                else:
                    verdicts.add(None)
            if verdicts != {False}:
                sides[0].append((atom, proofs))
            if True not in verdicts:
                sides[1].append((atom, proofs))
        return Value(tuple(sides[0])), Value(tuple(sides[1]))

    def fits(self, atom: Atom, test: ir.Opaque, case: ir.Case) -> bool | None:
        """Whether a value fits a pattern of Python's `match`, or None when that cannot be told."""
        literals = test.children
        if test.kind in ("list_pattern", "tuple_pattern"):
            if isinstance(atom, Const) or not isinstance(atom, Obj):
                return False if isinstance(atom, Const | Str) else None
            items = operators.known_items(self, value_of(atom)) if atom.kind == "list" else None
            if items is None:
                return None
            named = case.pattern if isinstance(case.pattern, ir.ListPattern) else None
            if named is not None and named.span != test.span:
                named = None
            slots = [item is None for item in named.items] if named is not None else [True] * len(literals)
            star = named.rest if named is not None else -1
            if (star < 0 and len(items) != len(slots)) or len(items) < len(slots) - 1:
                return False
            fixed = [index for index, is_literal in enumerate(slots) if is_literal]
            if star >= 0 or len(fixed) != len(literals):
                # Which literal stands where is not told any more.
                return None
            return _all_equal((items[index], literal) for index, literal in zip(fixed, literals, strict=True))
        if test.kind == "class_pattern" and literals:
            kind = self.eval(literals[0])
            told = self.models.is_instance(self, atom, kind, self.place(case))
            return told if told is not True or len(literals) == 1 else None
        if (
            test.kind == "dict_pattern"
            and isinstance(atom, Obj)
            and operators.is_exact_dict(self, atom)
            and isinstance(case.pattern, ir.ObjectPattern)
        ):
            wanted = [key.value for key, _ in case.pattern.entries if isinstance(key, ir.Const)]
            return False if any(str(name) not in atom.fields for name in wanted) else None
        return None

    def exec_loop(self, stmt: ir.Loop) -> None:
        if self.state is None:
            return
        frame = self.frame
        base = self.state.branch
        frame.breaks.append([])
        if stmt.kind == "each" and stmt.iterable is not None:
            iterable = self.eval(stmt.iterable)
            known = operators.known_items(self, iterable)
            if known is not None and len(known) <= MAX_UNROLL:
                for item in known:
                    if self.state is None:
                        break
                    self.round(stmt, item)
            else:
                element = operators.element_of(self, iterable)
                self.rounds(stmt, element, base)
        else:
            self.rounds(stmt, None, base)
        if stmt.otherwise and self.state is not None:
            self.run(stmt.otherwise)
        ends = [Flow(self.state, frame.scope.vars), *frame.breaks.pop()]
        self.merge(ends, base)

    def rounds(self, stmt: ir.Loop, element: Value | None, base: tuple[int, ...]) -> None:
        """Run a loop of unknown length: none (unless `do`), one or two rounds."""
        exits: list[Flow] = []
        limit = 2
        for index in range(MAX_UNROLL):
            if self.state is None or index >= limit:
                break
            skip: Flow | None = None
            if stmt.kind == "do" and index == 0:
                pass
            elif stmt.test is not None:
                enter, skip = self.cond(stmt.test)
                self.resume(enter)
                if skip.state is None and not isinstance(stmt.test, ir.Const):
                    # The test is known to hold: the loop goes on for sure.
                    limit = min(limit + 1, MAX_SURE_ROUNDS)
            elif stmt.kind == "each":
                skip = self.flow()
            if skip is not None:
                exits.append(Flow(skip.state, dict(skip.vars)))
            if self.state is None:
                break
            self.state = self.enter_branch(self.state)
            self.round(stmt, element)
        if self.state is not None and not (
            stmt.kind != "each" and (stmt.test is None or (isinstance(stmt.test, ir.Const) and stmt.test.value))
        ):
            exits.append(self.flow())
        self.merge(exits, base)

    def round(self, stmt: ir.Loop, element: Value | None) -> None:
        """Run the body once."""
        frame = self.frame
        frame.continues.append([])
        if stmt.target is not None and element is not None:
            self.assign(stmt.target, element, "let")
        branch = self.state.branch if self.state else ()
        self.run(stmt.body)
        flows = frame.continues.pop()
        if flows:
            self.merge([Flow(self.state, frame.scope.vars), *flows], branch)
        if stmt.update and self.state is not None:
            self.run(stmt.update)

    def exec_try(self, stmt: ir.Try) -> None:
        if self.state is None:
            return
        base = self.state.branch
        before = self.flow()
        sink: list[Raised] = []
        self.sinks.append(sink)
        guards = self.language == "python" and any(_takes_missing_keys(handler) for handler in stmt.handlers)
        self.key_guards += guards
        self.run(stmt.body)
        self.key_guards -= guards
        self.sinks.pop()
        ends: list[Flow] = []
        after = Flow(self.state, self.frame.scope.vars)
        raised = sink
        if not raised:
            states = [before.state, after.state]
            silent = join_states(states, base)
            raised = [Raised(silent, unknown("an exception"))] if silent is not None else []
        if after.state is not None and stmt.otherwise:
            self.run(stmt.otherwise)
            after = Flow(self.state, self.frame.scope.vars)
        ends.append(after)
        escaped = list(sink)
        held_before = before.state.any_performed if before.state is not None else NO_PROOFS
        begun = frozenset().union(*(each.state.any_performed for each in sink)) - held_before
        for handler in stmt.handlers:
            taken = [each for each in raised if self.catches(handler, each.value)]
            if handler.types or handler is stmt.handlers[-1]:
                escaped = [each for each in escaped if not self.catches(handler, each.value, surely=True)]
            if not taken:
                silent = join_states((before.state, after.state), base)
                if silent is None or sink:
                    continue
                taken = [Raised(silent, unknown("an exception"))]
            variables = dict(before.vars)
            for name, value in after.vars.items():
                held = variables.get(name)
                if held is not value:
                    variables[name] = value if held is None else held.join(value)
            self.frame.scope.vars = variables
            self.state = join_states((each.state for each in taken), base)
            if self.state is None:
                continue
            # A verification that was begun and whose failure is caught here has happened, however early it failed.
            self.state = self.enter_branch(self.state.perform(begun))
            if handler.target is not None:
                self.assign(handler.target, join_all(each.value for each in taken), "let")
            self.run(handler.body)
            ends.append(Flow(self.state, self.frame.scope.vars))
        if not stmt.handlers:
            escaped = list(sink)
        self.sinks[-1].extend(escaped)
        self.merge(ends, base)
        self.prefer_project(stmt.body)
        if stmt.final:
            reachable = self.state
            if reachable is None:
                self.state = before.state
                self.frame.scope.vars = before.vars
            self.run(stmt.final)
            if reachable is None:
                self.state = None

    def prefer_project(self, body: Sequence[ir.Stmt]) -> None:
        """Keep the project's own definition of a name that an import, or its fallback, takes from a library that may be absent."""
        for stmt in body:
            if not isinstance(stmt, ir.Import):
                return
            for _, local in stmt.names:
                held = self.frame.scope.vars.get(local)
                if held is None or len(held.alts) < 2 or not any(isinstance(atom, Lib) for atom in held.atoms()):
                    continue
                own = Value(tuple(pair for pair in held.alts if not isinstance(pair[0], Lib)))
                if not own.alts:
                    # Of several libraries, those that a model explains: the others are their former names.
                    own = Value(
                        tuple(
                            pair
                            for pair in held.alts
                            if isinstance(pair[0], Lib) and self.models.explains(self, pair[0].path)
                        )
                    )
                if own.alts:
                    self.frame.scope.vars[local] = own

    def catches(self, handler: ir.Handler, value: Value, *, surely: bool = False) -> bool:
        """Whether a handler may take (or surely takes) what was thrown."""
        if not handler.types:
            return True
        thrown = calls.type_names(value)
        for node in handler.types:
            name = node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""
            if name in ("Exception", "BaseException", "Error", "Throwable"):
                return True
            if thrown is None or name in thrown:
                return not surely or thrown is not None
        return False

    def exec_return(self, stmt: ir.Return) -> None:
        value = V_NONE if stmt.value is None else self.eval_awaited(stmt.value)
        if stmt.levels and self.leave_outer(value, stmt.levels):
            return
        if self.on_return is not None and stmt.value is not None and id(self.frame.function) in self.watched:
            self.on_return(value, self.place(stmt.value), isinstance(stmt.value, ir.Call | ir.Await))
        self.leave(value)

    def leave(self, value: Value) -> None:
        """End the running activation's path with a value."""
        if self.state is not None:
            self.frame.returns.append((value, self.state))
        self.state = None

    def leave_outer(self, value: Value, levels: int) -> bool:
        """End the path of a function around the running one with a value; False when none of them runs any more."""
        scope: Scope | None = self.frame.scope
        for _ in range(levels):
            scope = scope.parent if scope is not None else None
            while scope is not None and scope.function is None:
                scope = scope.parent
        frame = next((each for each in reversed(self.frames) if each.scope is scope), None)
        if frame is None or scope is None:
            return False
        if self.state is not None:
            frame.returns.append((value, self.state))
        self.state = None
        return True

    def exec_raise(self, stmt: ir.Raise) -> None:
        value = unknown("re-raised") if stmt.value is None else self.eval(stmt.value)
        if stmt.value is not None:
            self.models.on_raise(self, value, self.place(stmt))
        self.throw(value)

    def raises(self, value: Value) -> None:
        """Note that an exception leaves here on one alternative, while others go on."""
        if self.state is not None:
            self.sinks[-1].append(Raised(self.state, value))

    def throw(self, value: Value) -> None:
        """End the path with an exception."""
        if self.state is not None:
            self.sinks[-1].append(Raised(self.state, value))
        self.state = None

    def exec_break(self, stmt: ir.Break) -> None:
        if self.frame.breaks and self.state is not None:
            self.frame.breaks[-1].append(self.flow())
        self.state = None

    def exec_continue(self, stmt: ir.Continue) -> None:
        if self.frame.continues and self.state is not None:
            self.frame.continues[-1].append(self.flow())
        self.state = None

    def exec_with(self, stmt: ir.With) -> None:
        exits: list[tuple[Value, Place]] = []
        swallows = False
        for node, target in stmt.items:
            manager = self.eval_awaited(node)
            swallows = swallows or any(atom.path.endswith("suppress()") for atom in manager.only(Lib))
            place = self.place(node)
            entered = calls.enter_context(self, manager, place)
            exits.append((manager, place))
            if target is not None:
                self.assign(target, entered, "let")
        if swallows:
            self.exec_try(ir.Try(stmt.span, stmt.body, (ir.Handler(stmt.span, (), None, ()),)))
        else:
            self.run(stmt.body)
        for manager, place in reversed(exits):
            if self.state is not None:
                calls.exit_context(self, manager, place)

    def exec_assert(self, stmt: ir.Assert) -> None:
        when_true, when_false = self.cond(stmt.test)
        if when_false.state is not None:
            self.sinks[-1].append(Raised(when_false.state, unknown("AssertionError")))
        self.resume(when_true)

    def exec_scope(self, stmt: ir.Scope) -> None:
        for name in stmt.names:
            self.frame.scope.outer_names[name] = stmt.kind

    def exec_class(self, stmt: ir.ClassDef) -> None:
        value = self.define_class(stmt.definition)
        self.set_local(stmt.definition.name, value)

    def define_class(self, definition: ir.Class) -> Value:
        """Return a class as a value, its static part evaluated and its decorators applied."""
        bases = tuple(self.eval(base) for base in definition.bases)
        scope = Scope(self.frame.scope, self.frame.module, shared=True)
        info = ClassInfo(definition, self.frame.module, scope, bases)
        value = value_of(info)
        scope.vars["%class"] = value
        if definition.name:
            scope.vars[definition.name] = value
        self.program.note_class(info)
        outer = self.frame.scope
        self.frame.scope = scope
        self.shared_births += 1
        try:
            javascript = self.language == "javascript"
            python = self.language == "python"
            if python:
                # The class's own body may refer to its methods: `get = partialmethod(request, "GET")`.
                for function in definition.methods:
                    scope.vars.setdefault(function.name, value_of(Fn(function, scope, self.frame.module, None, info)))
            if definition.body and not javascript:
                self.run(definition.body)
            if javascript:
                scope.vars["this"] = value
            for field in definition.fields:
                if field.is_static and field.value is not None:
                    held = self.eval(field.value)
                    scope.vars[field.name] = held
                    info.statics.fields[field.name] = held
            if javascript:
                # Static blocks; they see the static fields through the class.
                self.run(definition.body)
                del scope.vars["this"]
            if python:
                for function in definition.methods:
                    self.defaults_of(function)
                    held = scope.vars.get(function.name, NOTHING)
                    if any(isinstance(atom, Fn) and atom.function is function for atom in held.atoms()):
                        del scope.vars[function.name]
            for name, held in scope.vars.items():
                if name not in ("%class", definition.name) and name not in info.statics.fields:
                    info.statics.fields[name] = held
            if not python:
                for name in info.statics.fields:
                    scope.vars.pop(name, None)
        finally:
            self.shared_births -= 1
            self.frame.scope = outer
        decorators: list[tuple[Value, ir.Expr]] = []
        for node in reversed(definition.decorators):
            decorator = self.eval(node)
            decorators.append((decorator, node))
            value = calls.apply_decorator(self, decorator, value, self.place(node))
        info.decorators = tuple(reversed(decorators))
        self.models.on_class(self, info)
        return value

    def exec_import(self, stmt: ir.Import) -> None:
        self.program.bind_import(self, stmt)

    def exec_block(self, stmt: ir.Block) -> None:
        self.run(stmt.body)

    def exec_delete(self, stmt: ir.Delete) -> None:
        for target in stmt.targets:
            if isinstance(target, ir.Name):
                self.frame.scope.vars.pop(target.id, None)

    # ------------------------------------------------------------ variables

    def set_local(self, name: str, value: Value) -> None:
        """Set a variable of the running activation."""
        self.frame.scope.vars[name] = value

    def set_name(self, name: str, value: Value, declared: str, node: ir.Node) -> None:
        """Assign to a name: its own scope by flow, an outer one by joining."""
        scope = self.frame.scope
        if self.language == "python":
            kind = scope.outer_names.get(name)
            if kind is None or scope.parent is None:
                scope.vars[name] = value
                return
            target = self.module_scope() if kind == "global" else (scope.parent.find(name) or scope.parent)
        else:
            if declared or name in scope.vars:
                scope.vars[name] = value
                return
            if self.language in RECEIVERS:
                jvm.assign(self, name, value, node)
                return
            target = scope.find(name) or self.module_scope()
        self.store_outer(target, name, value, node)

    def store_outer(self, target: Scope, name: str, value: Value, node: ir.Node) -> None:
        """Join a value into a variable that outlives the activation."""
        held = target.vars.get(name, NOTHING)
        joined, grown = (
            attributes.absorb(held, value.without_proofs())
            if target.shared
            else (held.join(value.without_proofs()), False)
        )
        if joined is not held or grown:
            target.vars[name] = joined
            self.store_version += 1
        if target.shared:
            self.models.on_store(self, f"module variable {name}", None, value, self.place(node))

    def module_scope(self) -> Scope:
        """The scope of the running module."""
        return self.frame.module.scope

    def lookup(self, name: str, node: ir.Node) -> Value:
        """Return what a name holds: a variable, an import, else a global of the language."""
        if self.language in RECEIVERS:
            return jvm.lookup(self, name, node)
        scope: Scope | None = self.frame.scope
        while scope is not None:
            value = scope.vars.get(name)
            if value is not None and (scope is self.frame.scope or not self.hides(scope, name)):
                return self.program.resolve(self, scope, name, value)
            scope = scope.parent
        return self.models.global_name(self, name, node)

    def hides(self, scope: Scope, name: str) -> bool:
        """Whether a scope's names are not seen from inside: a method of Python does not see its class's names."""
        holder = scope.vars.get("%class")
        if holder is None or self.language != "python" or name.startswith("%"):
            return False
        return any(isinstance(atom, ClassInfo) and name in atom.statics.fields for atom in holder.atoms())

    def assign(self, target: ir.Pattern, value: Value, declared: str = "") -> None:
        """Store a value into a pattern."""
        match target:
            case ir.Name(id=name):
                self.set_name(name, value, declared, target)
            case ir.Attribute(object=obj, name=name):
                attributes.set_attribute(self, self.eval(obj), name, value, self.place(target))
            case ir.Index(object=obj, index=index):
                attributes.set_item(self, self.eval(obj), self.eval(index), value, self.place(target))
            case ir.DefaultPattern(target=inner, default=default):
                self.assign(inner, self.or_default(value, default), declared)
            case ir.ListPattern(items=items, rest=rest):
                self.assign_list(items, rest, value, declared)
            case ir.ObjectPattern(entries=entries, rest=remainder):
                taken: list[str] = []
                for key, inner in entries:
                    key_value = self.eval(key)
                    name = key_text(next(key_value.atoms(), NONE))
                    taken.append(name)
                    if isinstance(key, ir.Const):
                        held = attributes.get_attribute(self, value, name, self.place(key))
                    else:
                        held = attributes.get_item(self, value, key_value, self.place(key))
                    self.assign(inner, held, declared)
                if remainder is not None:
                    self.assign(remainder, attributes.without(self, value, taken, self.place(target)), declared)
            case _:
                pass

    def or_default(self, value: Value, default: ir.Expr) -> Value:
        """Return the value, with the default in place of an absent one."""
        present = Value(tuple((atom, proofs) for atom, proofs in value.alts if atom != NONE))
        if (
            present.alts
            and len(present.alts) == len(value.alts)
            and not any(isinstance(atom, Unknown | Input | Env | Stored) for atom in present.atoms())
        ):
            return value
        return present.join(self.eval(default))

    def assign_list(self, items: tuple[ir.Pattern | None, ...], rest: int, value: Value, declared: str) -> None:
        """Unpack a sequence."""
        known = operators.known_items(self, value)
        after = len(items) - rest - 1 if rest >= 0 else 0
        for position, target in enumerate(items):
            if target is None:
                continue
            if known is not None:
                if rest < 0 or position < rest:
                    held = known[position] if position < len(known) else V_NONE
                elif position == rest:
                    obj = self.new("list", target)
                    obj.items = known[rest : len(known) - after if after else None]
                    held = value_of(obj)
                else:
                    offset = position - len(items)
                    held = known[offset] if -offset <= len(known) else V_NONE
            elif position == rest:
                obj = self.new("list", target)
                obj.rest = operators.element_of(self, value)
                held = value_of(obj)
            else:
                held = operators.element_at(self, value, position)
            self.assign(target, held, declared)

    # ------------------------------------------------------------ conditions

    def cond(self, test: ir.Expr) -> tuple[Flow, Flow]:
        """Return the flows on which a test holds and does not hold."""
        kind = type(test)
        if kind is ir.Unary and test.op == "not":  # type: ignore[attr-defined]
            when_true, when_false = self.cond(test.operand)  # type: ignore[attr-defined]
            return when_false, when_true
        if kind is ir.Logical and test.op in ("and", "or"):  # type: ignore[attr-defined]
            assert isinstance(test, ir.Logical)
            first_true, first_false = self.cond(test.left)
            on, off = (first_true, first_false) if test.op == "and" else (first_false, first_true)
            branch = self.state.branch if self.state else ()
            if on.state is None:
                return (on, off) if test.op == "and" else (off, on)
            self.resume(on)
            second_true, second_false = self.cond(test.right)
            same, other = (second_true, second_false) if test.op == "and" else (second_false, second_true)
            self.merge([Flow(off.state, dict(off.vars)), Flow(other.state, dict(other.vars))], branch)
            joined = Flow(self.state, self.frame.scope.vars)
            return (same, joined) if test.op == "and" else (joined, same)
        if kind is ir.BlockExpr:
            # Swift's `if let x = y`: the test of what was bound.
            assert isinstance(test, ir.BlockExpr)
            self.run(test.body)
            if self.state is None:
                nowhere = Flow(None, self.frame.scope.vars)
                return nowhere, nowhere
            return self.cond(test.value)
        if kind is ir.Compare:
            assert isinstance(test, ir.Compare)
            narrowed = self.narrow_compare(test)
            if narrowed is not None:
                return narrowed
        if kind is ir.Call:
            assert isinstance(test, ir.Call)
            narrowed = self.narrow_call(test)
            if narrowed is not None:
                return narrowed
        self.tested = place = self.place(test)
        value = self.eval(test)
        self.tested = place
        name = test
        while isinstance(name, ir.Await):
            name = name.value
        if isinstance(name, ir.AssignExpr):
            name = name.target if isinstance(name.target, ir.Name) else name
        return self.split(value, name if isinstance(name, ir.Name) else None)

    def narrow_compare(self, test: ir.Compare) -> tuple[Flow, Flow] | None:
        """Split on a comparison of a variable with a constant, keeping on each side the alternatives that fit."""
        left = test.left.target if isinstance(test.left, ir.AssignExpr) else test.left
        if test.op == "instanceof" and isinstance(left, ir.Name) and self.language in RECEIVERS:
            return self.narrow_instance(test, left)
        if test.op not in ("==", "!=", "is", "is-not") or not isinstance(left, ir.Name):
            return None
        if not isinstance(test.right, ir.Const):
            return None
        value = self.eval(test.left)
        if len(value.alts) < 2:
            return None
        place = self.place(test)
        right = self.eval(test.right)
        sides: list[list[tuple[Atom, Proofs]]] = [[], []]
        proofs: list[list[Proofs]] = [[], []]
        for atom, held in value.alts:
            outcome = operators.compare(self, test.op, Value(((atom, held),)), right, place)
            for index, side in enumerate((True, False)):
                fits = [p | self.proofs_if(a, side) for a, p in outcome.alts if truth(a) is not (not side)]
                if fits:
                    sides[index].append((atom, held))
                    proofs[index].append(shared_proofs(fits))
        flows = []
        for index in range(2):
            variables = dict(self.frame.scope.vars)
            if sides[index]:
                if left.id in variables:
                    variables[left.id] = Value(tuple(sides[index]))
                state = self.state.prove(shared_proofs(proofs[index])) if self.state else None
            else:
                state = None
            flows.append(Flow(state, variables))
        return flows[0], flows[1]

    def narrow_instance(self, test: ir.Compare, left: ir.Name) -> tuple[Flow, Flow] | None:
        """Split on `variable is T`, keeping on each side the alternatives that fit."""
        value = self.eval(left)
        if len(value.alts) < 2 or left.id not in self.frame.scope.vars:
            return None
        kind = self.eval(test.right)
        place = self.place(test)
        verdicts = [self.models.is_instance(self, atom, kind, place) for atom in value.atoms()]
        flows = []
        for side in (True, False):
            kept = tuple(pair for pair, verdict in zip(value.alts, verdicts, strict=True) if verdict is not (not side))
            variables = dict(self.frame.scope.vars)
            if kept:
                variables[left.id] = Value(kept)
            flows.append(Flow(self.state if kept else None, variables))
        return flows[0], flows[1]

    def narrow_call(self, test: ir.Call) -> tuple[Flow, Flow] | None:
        """Split on `isinstance(variable, T)`, keeping on each side the alternatives that fit."""
        if not isinstance(test.func, ir.Name) or test.func.id not in ("isinstance", "callable") or not test.args:
            return None
        name = test.args[0].value
        if not isinstance(name, ir.Name) or name.id not in self.frame.scope.vars:
            return None
        value = self.eval(name)
        if len(value.alts) < 2:
            return None
        target = self.eval(test.func)
        rest = [self.eval(arg.value) for arg in test.args[1:]]
        sides: list[list[tuple[Atom, Proofs]]] = [[], []]
        for atom, held in value.alts:
            outcome = calls.call(self, target, Arguments(positional=[Value(((atom, held),)), *rest]), self.place(test))
            for index, side in enumerate((True, False)):
                if any(truth(each) is not (not side) for each in outcome.atoms()):
                    sides[index].append((atom, held))
        flows = []
        for kept in sides:
            variables = dict(self.frame.scope.vars)
            if kept:
                variables[name.id] = Value(tuple(kept))
            flows.append(Flow(self.state if kept else None, variables))
        return flows[0], flows[1]

    def split(self, value: Value, name: ir.Name | None) -> tuple[Flow, Flow]:
        """Return the flows on which a value is truthy and falsy; a variable keeps the alternatives that fit."""
        flows: list[Flow] = []
        variables = self.frame.scope.vars
        for side in (True, False):
            fits = [(atom, proofs) for atom, proofs in value.alts if truth(atom) is not (not side)]
            if not fits and value.alts:
                flows.append(Flow(None, dict(variables)))
                continue
            state = self.state
            proven = [proofs | self.proofs_if(atom, side) for atom, proofs in fits]
            if state is not None and proven:
                state = state.prove(shared_proofs(proven))
            copy = dict(variables)
            if name is not None and len(fits) < len(value.alts) and name.id in copy:
                copy[name.id] = Value(tuple(fits))
            flows.append(Flow(state, copy))
        return flows[0], flows[1]

    def proofs_if(self, atom: Atom, side: bool) -> Proofs:
        """Return the checks proven when an atom is truthy (or falsy), flags and stored proofs included."""
        if isinstance(atom, Claim | Stored | Lib | Unknown) or (type(atom) is Obj and atom.kind == "database"):
            return self.models.flag_proofs(self, atom) if side else NO_PROOFS
        return proofs_if(atom, side)

    def pass_gates(self, gates: Proofs) -> None:
        """Go on only where these checks pass, as a library's decorator or middleware sees to."""
        if self.state is not None:
            self.sinks[-1].append(Raised(self.state.perform(gates), unknown("a refused request")))
            self.state = self.state.prove(gates)

    def perform(self, check: Check) -> None:
        """Note that a verification is called here."""
        if self.state is not None:
            self.state = self.state.perform(frozenset((check,)))

    def prove(self, proofs: Proofs) -> None:
        """Note that checks have passed on the current paths."""
        if self.state is not None:
            self.state = self.state.prove(proofs)

    # ------------------------------------------------------------ expressions

    def eval(self, node: ir.Expr) -> Value:
        """Return the value of an expression."""
        self.tick()
        if self.state is None:
            return NOTHING
        if self.depth > MAX_EXPRESSION_DEPTH:
            self.approximations.add(Approximation.DEPTH)
            return unknown("nested too deeply")
        self.depth += 1
        try:
            return _EXPRESSIONS[type(node)](self, node)
        finally:
            self.depth -= 1

    def eval_awaited(self, node: ir.Expr) -> Value:
        """Return the value of an expression whose promise the context waits for or passes on."""
        if type(node) is ir.Call:
            self.tick()
            if self.state is None:
                return NOTHING
            return self.eval_call(node, awaited=True)
        return self.eval(node)

    def eval_const(self, node: ir.Const) -> Value:
        if isinstance(node.value, str | bytes):
            frame = self.frame
            return value_of(Const(node.value, self.place(node), frame.id, "", frame.function))
        return value_of(Const(node.value))

    def eval_regex(self, node: ir.Regex) -> Value:
        return value_of(Lib("RegExp()"))

    def eval_template(self, node: ir.Template) -> Value:
        if node.tag is not None:
            return self.tagged(node, node.tag)
        return operators.concat(self, [self.eval(part) for part in node.parts], self.place(node))

    def tagged(self, node: ir.Template, tag: ir.Expr) -> Value:
        """Return a tagged template: its tag is called with the texts between the values, then the values."""
        target = self.eval(tag)
        if any(isinstance(atom, Lib) for atom in target.atoms()):
            parts = [self.eval(part) for part in node.parts]
            return calls.call(self, target, Arguments(positional=parts), self.place(node))
        texts = self.new("list", node)
        texts.items = []
        values: list[Value] = []
        pending: Value | None = None
        for part in node.parts:
            if isinstance(part, ir.Const):
                pending = self.eval(part)
                continue
            texts.items.append(pending if pending is not None else value_of(Const("")))
            pending = None
            values.append(self.eval(part))
        texts.items.append(pending if pending is not None else value_of(Const("")))
        raw = value_of(texts)
        texts.fields["raw"] = raw
        return calls.call(self, target, Arguments(positional=[raw, *values]), self.place(node), awaited=True)

    def eval_name(self, node: ir.Name) -> Value:
        value = self.lookup(node.id, node)
        if len(value.alts) == 1 and type(value.alts[0][0]) is Lib:
            value = self.models.read_name(self, value, self.place(node))
        return self.fresh(value, node.id)

    def fresh(self, value: Value, name: str = "") -> Value:
        """Return the value with the strings that no running activation supplied stamped by this one.

        What a closure keeps from an activation that is over was chosen by whoever calls the closure."""
        for atom, _ in value.alts:
            if type(atom) is Str or (type(atom) is Const and type(atom.value) is str and atom.stamp not in self.active):
                stamp = self.chooser(name) if name else self.frame.id
                return value.map(partial(restamp, stamp=stamp, active=self.active))
        return value

    def chooser(self, name: str) -> int:
        """Return the activation that called the closure which keeps a variable; the running one for any other variable."""
        top = self.frame
        if name in top.scope.vars:
            return top.id
        scope = top.scope.find(name)
        if scope is None or scope.function is None:
            return top.id
        running = {id(frame.scope) for frame in self.frames}
        for index in range(len(self.frames) - 1, 0, -1):
            # The activation of the closure itself: nothing between it and the variable still runs.
            outer = self.frames[index].scope.parent
            while outer is not None and outer is not scope and id(outer) not in running:
                outer = outer.parent
            if outer is scope:
                return self.frames[index - 1].id
        return top.id

    def eval_attribute(self, node: ir.Attribute) -> Value:
        value = attributes.get_attribute(self, self.eval(node.object), node.name, self.place(node))
        if type(node.object) is ir.Name and node.object.id in ("this", "self", "cls"):
            value = self.of_receiver(value)
        return self.fresh(value)

    def of_receiver(self, value: Value) -> Value:
        """Return a field read through the receiver, stamped by whoever chose the receiver when the running class does not fix it.

        `Trades().list()` picks the operation where `list` is inherited and only the class or instance says which path it means."""
        fn = self.frame.fn
        if (
            fn is None
            or fn.home is None
            or fn.this is None
            or not any(type(atom) is Str or (type(atom) is Const and type(atom.value) is str) for atom, _ in value.alts)
        ):
            return value
        receivers = set(fn.this.atoms())

        def chosen_by(atom: Atom) -> Atom:
            if type(atom) is Str:
                return Str(tuple(chosen_by(part) for part in atom.parts))
            if type(atom) is not Const or atom.stamp in self.active:
                return atom
            for index in range(len(self.frames) - 1, -1, -1):
                frame = self.frames[index]
                held = frame.fn
                chooses = held is None or held.this is None or not receivers & set(held.this.atoms())
                if chooses or (held is not None and held.home is not None and stands_in(atom, held.home)):
                    return atom if index == len(self.frames) - 1 else picked(value_of(atom), frame.id).alts[0][0]
            return atom

        return value.map(chosen_by)

    def eval_index(self, node: ir.Index) -> Value:
        obj = self.eval(node.object)
        if isinstance(node.index, ir.Slice):
            return operators.slice_of(self, obj, node.index, self.place(node))
        held = attributes.get_item(
            self, obj, self.eval(node.index), self.place(node), picks=not self.is_parameter(node.object)
        )
        return self.fresh(held)

    def is_parameter(self, node: ir.Expr) -> bool:
        """Whether an expression is a parameter of the running function: what it holds was chosen by the caller."""
        function = self.frame.function
        return (
            isinstance(node, ir.Name)
            and function is not None
            and any(isinstance(param.target, ir.Name) and param.target.id == node.id for param in function.params)
        )

    def eval_slice(self, node: ir.Slice) -> Value:
        return unknown("a slice")

    def eval_call(self, node: ir.Call, *, awaited: bool = False) -> Value:
        return calls.eval_call(self, node, awaited=awaited)

    def eval_object(self, node: ir.Object) -> Value:
        obj = self.new("object", node)
        for entry in node.entries:
            if entry.key is None:
                attributes.spread_into(self, obj, self.eval(entry.value))
                continue
            if entry.kind == "set":
                continue
            value = self.eval(entry.value)
            if entry.kind == "get":
                value = self.models.accessor(value)
            if isinstance(entry.value, ir.Lambda):
                value = value.map(
                    lambda atom: (
                        atom.bind(value_of(obj)) if isinstance(atom, Fn) and atom.function.kind != "arrow" else atom
                    )
                )
            if isinstance(entry.key, ir.Const):
                obj.fields[key_text(Const(entry.key.value))] = value
                continue
            for atom in self.eval(entry.key).atoms():
                text = key_text(atom)
                if "{?}" in text:
                    obj.rest = value if obj.rest is None else obj.rest.join(value)
                else:
                    held = obj.fields.get(text)
                    obj.fields[text] = value if held is None else held.join(value)
        return value_of(obj)

    def eval_list(self, node: ir.List) -> Value:
        obj = self.new("list", node)
        obj.label = node.kind
        items: list[Value] | None = []
        for item in node.items:
            if isinstance(item, ir.Spread):
                spread = self.eval(item.value)
                known = operators.known_items(self, spread)
                if known is None or items is None:
                    element = operators.element_of(self, spread)
                    obj.rest = join_all([*(items or []), obj.rest or NOTHING, element])
                    items = None
                else:
                    items.extend(known)
            else:
                value = self.eval(item)
                if items is None:
                    obj.rest = (obj.rest or NOTHING).join(value)
                else:
                    items.append(value)
        obj.items = items
        return value_of(obj)

    def eval_spread(self, node: ir.Spread) -> Value:
        return operators.element_of(self, self.eval(node.value))

    def eval_comprehension(self, node: ir.Comprehension) -> Value:
        return operators.comprehension(self, node)

    def eval_lambda(self, node: ir.Lambda) -> Value:
        fn = Fn(node.function, self.frame.scope, self.frame.module)
        fn.defaults = self.defaults_of(node.function)
        self.program.note_function(fn)
        return value_of(fn)

    def eval_class(self, node: ir.ClassExpr) -> Value:
        return self.define_class(node.definition)

    def eval_unary(self, node: ir.Unary) -> Value:
        if node.op == "not":
            return operators.negate(self, self.eval(node.operand))
        value = self.eval(node.operand)
        return operators.unary(node.op, value)

    def eval_binary(self, node: ir.Binary) -> Value:
        return operators.binary(self, node.op, self.eval(node.left), self.eval(node.right), self.place(node))

    def eval_logical(self, node: ir.Logical) -> Value:
        left = self.eval(node.left)
        if self.state is None:
            return left
        branch = self.state.branch
        proven_before = self.state.proven
        name = node.left if isinstance(node.left, ir.Name) else None
        if node.op == "??":
            kept = Value(tuple(pair for pair in left.alts if operators.nullish(pair[0]) is not True))
            if all(operators.nullish(atom) is False for atom in left.atoms()) and left.alts:
                return left
            before = self.flow()
            right = self.eval(node.right)
            self.merge([self.flow(), before], branch)
            return kept.join(right)
        when_true, when_false = self.split(left, name)
        side = node.op == "or"
        keep, go = (when_true, when_false) if side else (when_false, when_true)
        fits = Value(
            tuple(
                (atom, proofs | self.proofs_if(atom, side))
                for atom, proofs in left.alts
                if truth(atom) is not (not side)
            )
        )
        if go.state is None:
            self.resume(keep)
            return fits
        if not side:
            # What `and` gives back of its left side is falsy.
            fits = fits.map(lambda atom: FALSE if truth(atom) is None else atom)
        entered = go.state.proven - proven_before
        self.resume(Flow(go.state, dict(go.vars)))
        right = self.eval(node.right).with_proofs(entered)
        self.merge([keep, Flow(self.state, self.frame.scope.vars)] if keep.state is not None else [self.flow()], branch)
        return fits.join(right) if keep.state is not None else right

    def eval_compare(self, node: ir.Compare) -> Value:
        if (
            isinstance(node.right, ir.Const)
            and node.right.value is None
            and node.right.span.end - node.right.span.start == len("undefined")
        ):
            # A verification that gives back null when it fails is not tested by a comparison with undefined.
            left = self.eval(node.left)
            if any(isinstance(atom, Outcome) and atom.kind == "non_null" for atom in left.atoms()):
                return unknown("a comparison with undefined")
            return operators.compare(self, node.op, left, self.eval(node.right), self.place(node))
        return operators.compare(self, node.op, self.eval(node.left), self.eval(node.right), self.place(node))

    def eval_conditional(self, node: ir.Conditional) -> Value:
        before = self.state.proven if self.state else NO_PROOFS
        when_true, when_false = self.cond(node.test)
        result = NOTHING
        ends: list[Flow] = []
        branch = self.state.branch if self.state else ()
        for flow, arm in ((when_true, node.then), (when_false, node.otherwise)):
            if flow.state is None:
                continue
            self.resume(flow)
            value = self.eval(arm)
            entered = (self.state.proven if self.state else NO_PROOFS) - before
            result = result.join(value.with_proofs(entered))
            ends.append(Flow(self.state, self.frame.scope.vars))
        self.merge(ends, branch)
        return result

    def eval_block(self, node: ir.BlockExpr) -> Value:
        self.run(node.body)
        return NOTHING if self.state is None else self.eval(node.value)

    def eval_await(self, node: ir.Await) -> Value:
        value = self.eval_awaited(node.value)
        return self.settle(value)

    def settle(self, value: Value) -> Value:
        """Return what promises resolve to; the checks they carry have passed from here on."""
        value = self.acted(value)
        if not any(isinstance(atom, Promise) for atom in value.atoms()):
            return value
        result = NOTHING
        proven: list[Proofs] = []
        for atom, proofs in value.alts:
            if isinstance(atom, Promise):
                proven.append(atom.proofs | proofs)
                result = result.join(self.acted(atom.value).with_proofs(proofs))
            else:
                proven.append(proofs)
                result = result.join(Value(((atom, proofs),)))
        passed = shared_proofs(proven)
        if passed and self.state is not None:
            self.sinks[-1].append(Raised(self.state, unknown("a rejected promise")))
            self.state = self.state.prove(passed)
        return result

    def acted(self, value: Value) -> Value:
        """Return a value with objects that act once they are waited for (requests under construction) by what they give."""
        if not any(isinstance(atom, Obj) and atom.native is not None for atom in value.atoms()):
            return value
        result = NOTHING
        for atom, proofs in value.alts:
            held = self.models.awaited(self, atom) if isinstance(atom, Obj) else None
            result = result.join(Value(((atom, proofs),)) if held is None else held.with_proofs(proofs))
        return result

    def eval_yield(self, node: ir.Yield) -> Value:
        value = V_NONE if node.value is None else self.eval(node.value)
        answer = self.models.yielded(self, value, self.place(node))
        if node.delegate and answer is None:
            value = operators.element_of(self, value)
            answer = self.models.yielded(self, value, self.place(node))
        self.frame.yields.append(value)
        return answer if answer is not None else unknown("what the caller sends")

    def eval_assign(self, node: ir.AssignExpr) -> Value:
        value = self.augmented(node.target, node.value, node.op, node) if node.op else self.eval(node.value)
        self.assign(node.target, value)
        return value

    def eval_element(self, node: ir.Element) -> Value:
        return self.models.element(self, node)

    def eval_opaque(self, node: ir.Opaque) -> Value:
        if node.kind == "method_reference":
            from cybrid_audit.engine import java

            return java.reference(self, node)
        return derived("code that is not understood", *(self.eval(child) for child in node.children))


def stands_in(literal: Const, home: ClassInfo) -> bool:
    """Whether a literal stands in the definition of a class."""
    span, place = home.definition.span, literal.place
    return place is None or (place.path == home.module.path and span.line <= place.line <= span.end_line)


def _all_equal(pairs: Iterable[tuple[Value, ir.Expr]]) -> bool | None:
    """Whether values equal the literals beside them; None when one of them cannot be told."""
    sure = True
    for value, literal in pairs:
        if not isinstance(literal, ir.Const):
            return None
        held = [atom.value if isinstance(atom, Const) else _OPEN for atom in value.atoms()]
        if all(each is not _OPEN and each != literal.value for each in held):
            return False
        sure = sure and held == [literal.value]
    return True if sure else None


_OPEN: Final = object()


def _takes_missing_keys(handler: ir.Handler) -> bool:
    """Whether a handler is there for a key that is not in a dict."""
    return any(
        (node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else "")
        in ("KeyError", "LookupError")
        for node in handler.types
    )


_STATEMENTS: dict[type, Callable[[Interpreter, Any], None]] = {
    ir.ExprStmt: Interpreter.exec_expr,
    ir.Assign: Interpreter.exec_assign,
    ir.If: Interpreter.exec_if,
    ir.Switch: Interpreter.exec_switch,
    ir.Loop: Interpreter.exec_loop,
    ir.Try: Interpreter.exec_try,
    ir.Return: Interpreter.exec_return,
    ir.Raise: Interpreter.exec_raise,
    ir.Break: Interpreter.exec_break,
    ir.Continue: Interpreter.exec_continue,
    ir.With: Interpreter.exec_with,
    ir.Assert: Interpreter.exec_assert,
    ir.Scope: Interpreter.exec_scope,
    ir.ClassDef: Interpreter.exec_class,
    ir.Import: Interpreter.exec_import,
    ir.Block: Interpreter.exec_block,
    ir.Delete: Interpreter.exec_delete,
}

_EXPRESSIONS: dict[type, Callable[[Interpreter, Any], Value]] = {
    ir.Const: Interpreter.eval_const,
    ir.Regex: Interpreter.eval_regex,
    ir.Template: Interpreter.eval_template,
    ir.Name: Interpreter.eval_name,
    ir.Attribute: Interpreter.eval_attribute,
    ir.Index: Interpreter.eval_index,
    ir.Slice: Interpreter.eval_slice,
    ir.Call: Interpreter.eval_call,
    ir.Object: Interpreter.eval_object,
    ir.List: Interpreter.eval_list,
    ir.Spread: Interpreter.eval_spread,
    ir.Comprehension: Interpreter.eval_comprehension,
    ir.Lambda: Interpreter.eval_lambda,
    ir.ClassExpr: Interpreter.eval_class,
    ir.Unary: Interpreter.eval_unary,
    ir.Binary: Interpreter.eval_binary,
    ir.Logical: Interpreter.eval_logical,
    ir.Compare: Interpreter.eval_compare,
    ir.Conditional: Interpreter.eval_conditional,
    ir.BlockExpr: Interpreter.eval_block,
    ir.Await: Interpreter.eval_await,
    ir.Yield: Interpreter.eval_yield,
    ir.AssignExpr: Interpreter.eval_assign,
    ir.Element: Interpreter.eval_element,
    ir.Opaque: Interpreter.eval_opaque,
}
