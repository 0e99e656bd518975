"""Spring Security's rules of paths: `authorizeHttpRequests(rules -> rules.requestMatchers(…).hasAuthority(…))`.

The first rule that covers a request is the one that counts. A rule guards with a further factor when the authority that it wants is,
by its name, one that only somebody has who has given one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Check,
    ClassInfo,
    Fn,
    Lib,
    Obj,
    Place,
    Scope,
    Value,
    place_of,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.handlers import texts
from cybrid_audit.models.jvm.aspects import FACTOR
from cybrid_audit.models.jvm.spring import Covers, argument, filter_steps
from cybrid_audit.models.native import Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

CHAINS = frozenset({"SecurityFilterChain", "SecurityWebFilterChain"})
_MATCHERS = frozenset({"requestMatchers", "antMatchers", "mvcMatchers", "pathMatchers", "regexMatchers"})
_RULES = frozenset({"authorizeHttpRequests", "authorizeRequests", "authorizeExchange"})
_ADDS_FILTER = frozenset({"addFilter", "addFilterBefore", "addFilterAfter", "addFilterAt"})
_ANY = frozenset({"hasAnyAuthority", "hasAnyRole"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What requests have to fulfil: `check` is None where no further factor is asked for."""

    covers: Covers
    verb: str
    check: Check | None


class Chain(Native):
    """`HttpSecurity` while a bean sets its chain up."""

    __slots__ = ("filters", "rules", "scope")

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.filters: list[Step] = []
        self.scope: Covers | None = None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in _RULES:
            rules = native_object(interp, "rules", Rules(self), place, "rules")
            for value in args.positional:
                calls.call(interp, value, Arguments(positional=[rules]), place, awaited=True)
            return value_of(obj) if args.positional else rules
        if name in _ADDS_FILTER and args.positional:
            self.filters += filter_steps(args.positional[0], place)
        if name in ("securityMatcher", "antMatcher", "requestMatcher"):
            self.scope = Covers([text for value in args.positional for text in texts(interp, value)])
        return value_of(obj)


class Rules(Native):
    """The registry of rules."""

    __slots__ = ("chain",)

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in _MATCHERS or name in ("anyRequest", "anyExchange"):
            verb = ""
            patterns: list[str] = []
            for value in args.positional:
                found = texts(interp, value)
                verbs = [atom.path.rsplit(".", 1)[-1] for atom in value.only(Lib) if "HttpMethod." in atom.path]
                if verbs or (found and found[0] in ("GET", "POST", "PUT", "PATCH", "DELETE")):
                    verb = verbs[0] if verbs else found[0]
                else:
                    patterns += found
            return native_object(interp, "rule", Wanted(self, Covers(patterns), verb, value_of(obj)), place, "rule")
        return value_of(self_of(interp, self.chain, place)) if name == "and" else value_of(obj)


def self_of(interp: Interpreter, chain: Chain, place: Place) -> Obj:
    """Return the chain as an object again: `rules.and()` goes back to it."""
    found: Obj = native_object(interp, "security", chain, place, "security").only(Obj)[0]
    return found


class Wanted(Native):
    """What comes after a matcher: the rule itself."""

    __slots__ = ("covers", "registry", "rules", "verb")

    def __init__(self, rules: Rules, covers: Covers, verb: str, registry: Value) -> None:
        self.rules = rules
        self.covers = covers
        self.verb = verb
        self.registry = registry

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        words = [text for value in args.positional for text in texts(interp, value)]
        fits = [FACTOR.search(word) is not None for word in words]
        asks = bool(fits) and (all(fits) if name in _ANY else any(fits))
        check = Check("mfa", place, f"{name}({', '.join(words)})") if asks else None
        self.rules.chain.rules.append(Rule(self.covers, self.verb, check))
        return self.registry


def chains(interp: Interpreter, held: Sequence[ClassInfo]) -> list[Chain]:
    """Return the chains that beans set up."""
    from cybrid_audit.models.types import singleton

    found: list[Chain] = []
    for info in held:
        for function in info.definition.methods:
            if jvm.type_name(function.returns) not in CHAINS or interp.state is None:
                continue
            place = place_of(info.module.path, function.span)
            chain = Chain()
            security = native_object(interp, "security", chain, place, "security")
            given = [
                security if jvm.type_name(param.annotation).endswith("HttpSecurity") else argument(interp, info, param)
                for param in function.params
            ]
            this = singleton(interp, info) if function.kind != "static" else None
            interp.push(Scope(None, info.module), info.module, None)
            try:
                fn = Fn(function, info.scope, info.module, this, info)
                calls.call(interp, value_of(fn), Arguments(positional=given), place, awaited=True)
            finally:
                interp.pop()
            found.append(chain)
    return found


def step_of(found: Sequence[Chain], path: str, verb: str) -> list[Step]:
    """Return what the first chain that covers a route puts before it: its filters, and what its rules ask for."""
    for chain in found:
        if chain.scope is not None and not chain.scope(path):
            continue
        for rule in chain.rules:
            if rule.covers(path) and rule.verb in ("", verb):
                return [*chain.filters, *([_gate(rule.check)] if rule.check is not None else [])]
        if chain.rules or chain.filters:
            return [*chain.filters]
    return []


def _gate(check: Check) -> Step:
    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        interp.pass_gates(frozenset((check,)))
        return V_NONE

    return Step(value_of(NativeFn("rule", run)), "raise", check.place)
