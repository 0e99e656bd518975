"""Shows the IR as text that no language owns, so that one expectation fits a scenario written in several."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from cybrid_audit import ir
from cybrid_audit.languages import lower

Show = Callable[[str, str | bytes], str]


@pytest.fixture(scope="session")
def show() -> Show:
    """Lower a source in a language (by suffix) and return its statements as text, `;` between them."""

    def shown(suffix: str, source: str | bytes) -> str:
        module = lower(f"main.{suffix}", source.encode() if isinstance(source, str) else source)
        return statements(module.body)

    return shown


def statements(body: Iterable[ir.Stmt]) -> str:
    return "; ".join(map(statement, body))


def block(body: Iterable[ir.Stmt]) -> str:
    return "{" + statements(body) + "}"


def statement(node: ir.Stmt) -> str:
    match node:
        case ir.ExprStmt(value=value):
            return expr(value)
        case ir.Assign(target=target, value=value, declared=declared, op=op, annotation=annotation):
            word = f"{declared} " if declared else ""
            kind = f": {expr(annotation)}" if annotation is not None else ""
            return f"{word}{pattern(target)}{kind}" + (f" {op}= {expr(value)}" if value is not None else "")
        case ir.If(test=test, body=body, otherwise=otherwise):
            return f"if {expr(test)} {block(body)}" + (f" else {block(otherwise)}" if otherwise else "")
        case ir.Switch(subject=subject, cases=cases, falls_through=falls):
            return f"switch{'↓' if falls else ''} {expr(subject)} {{{'; '.join(map(case_, cases))}}}"
        case ir.Loop():
            return loop(node)
        case ir.Try(body=body, handlers=handlers, otherwise=otherwise, final=final):
            parts = [f"try {block(body)}", *map(handler, handlers)]
            parts += [f"else {block(otherwise)}"] if otherwise else []
            return " ".join(parts + ([f"finally {block(final)}"] if final else []))
        case ir.Return(value=value, levels=levels):
            return "return" + "^" * levels + (f" {expr(value)}" if value is not None else "")
        case ir.Raise(value=value):
            return "raise" + (f" {expr(value)}" if value is not None else "")
        case ir.Break(label=label) | ir.Continue(label=label):
            return type(node).__name__.lower() + (f" {label}" if label else "")
        case ir.With(items=items, body=body, is_async=is_async):
            heads = ", ".join(
                expr(value) + (f" as {pattern(name)}" if name is not None else "") for value, name in items
            )
            return f"{'async ' if is_async else ''}with {heads} {block(body)}"
        case ir.Assert(test=test):
            return f"assert {expr(test)}"
        case ir.Scope(kind=kind, names=names):
            return f"{kind} {', '.join(names)}"
        case ir.Delete(targets=targets):
            return f"delete {', '.join(map(pattern, targets))}"
        case ir.FunctionDef(function=function):
            return function_(function)
        case ir.ClassDef(definition=definition):
            return class_(definition)
        case ir.Import(module=module, names=names, binds_root=root, is_type=is_type):
            marks = ("root " if root else "") + ("type " if is_type else "")
            return f"import {marks}{module}({pairs(names)})"
        case ir.Export(names=names, module=module):
            return f"export {module or ''}({pairs(names)})"
        case ir.Block(body=body):
            return block(body)
        case _:
            raise AssertionError(node)


def pairs(names: Iterable[tuple[str, str]]) -> str:
    return ", ".join(a if a == b else f"{a}>{b}" for a, b in names)


def case_(node: ir.Case) -> str:
    head = " | ".join(map(expr, node.tests)) or "_"
    head += f" as {pattern(node.pattern)}" if node.pattern is not None else ""
    head += f" if {expr(node.guard)}" if node.guard is not None else ""
    return f"{head}: {block(node.body)}"


def handler(node: ir.Handler) -> str:
    head = " ".join(["catch", *map(expr, node.types)])
    return f"{head}{f' as {pattern(node.target)}' if node.target is not None else ''} {block(node.body)}"


def loop(node: ir.Loop) -> str:
    head = ("async " if node.is_async else "") + node.kind
    if node.target is not None and node.iterable is not None:
        head += f" {pattern(node.target)} in {expr(node.iterable)}"
    head += f" {expr(node.test)}" if node.test is not None else ""
    tail = f" then {block(node.update)}" if node.update else ""
    tail += f" else {block(node.otherwise)}" if node.otherwise else ""
    return f"{head} {block(node.body)}{tail}"


def params(function: ir.Function) -> str:
    return ", ".join(map(param, function.params))


def param(node: ir.Param) -> str:
    marks = {"rest": "*", "kwrest": "**", "keyword": "="}.get(node.kind, "")
    text = "".join(f"@{expr(each)} " for each in node.decorators) + marks + pattern(node.target)
    text += f": {expr(node.annotation)}" if node.annotation is not None else ""
    text += f" ~ {expr(node.default)}" if node.default is not None else ""
    return text + (f" (field {node.field})" if node.field else "")


def function_(node: ir.Function) -> str:
    marks = "".join(f"@{expr(each)} " for each in node.decorators)
    marks += ("async " if node.is_async else "") + node.kind + ("*" if node.is_generator else "")
    returns = f" -> {expr(node.returns)}" if node.returns is not None else ""
    directives = "".join(f"!{each!r} " for each in node.directives)
    return f"{marks} {node.name}({params(node)}){returns} {directives}{block(node.body)}"


def class_(node: ir.Class) -> str:
    bases = ", ".join([*map(expr, node.bases), *map(argument, node.keywords)])
    inner = []
    for field in node.fields:
        text = (
            "".join(f"@{expr(each)} " for each in field.decorators)
            + ("static " if field.is_static else "")
            + field.name
        )
        text += f": {expr(field.annotation)}" if field.annotation is not None else ""
        inner.append(text + (f" = {expr(field.value)}" if field.value is not None else ""))
    inner += [*map(function_, node.methods), *map(statement, node.body)]
    return f"{''.join(f'@{expr(each)} ' for each in node.decorators)}{node.kind} {node.name}({bases}) {{{'; '.join(inner)}}}"


def argument(node: ir.Arg) -> str:
    return node.spread + (f"{node.name}=" if node.name else "") + expr(node.value)


def expr(node: ir.Expr) -> str:
    match node:
        case ir.Const(value=value):
            return repr(value)
        case ir.Regex(pattern=text):
            return f"/{text}/"
        case ir.Template(parts=parts, tag=tag):
            inner = "".join(
                part.value if isinstance(part, ir.Const) and isinstance(part.value, str) else f"{{{expr(part)}}}"
                for part in parts
            )
            return f"{expr(tag) if tag is not None else ''}`{inner}`"
        case ir.Name(id=name):
            return name
        case ir.Attribute(object=held, name=name, optional=optional):
            return f"{expr(held)}{'?' if optional else ''}.{name}"
        case ir.Index(object=held, index=index, optional=optional):
            return f"{expr(held)}{'?' if optional else ''}[{expr(index)}]"
        case ir.Slice(lower=lower, upper=upper):
            return f"{expr(lower) if lower is not None else ''}:{expr(upper) if upper is not None else ''}"
        case ir.Call(func=func, args=args, optional=optional, is_new=is_new):
            return f"{'new ' if is_new else ''}{expr(func)}{'?' if optional else ''}({', '.join(map(argument, args))})"
        case ir.Object(entries=entries):
            return "{" + ", ".join(map(entry, entries)) + "}"
        case ir.Spread(value=value):
            return f"*{expr(value)}"
        case ir.List(items=items, kind=kind):
            return f"{kind if kind != 'list' else ''}[{', '.join(map(expr, items))}]"
        case ir.Comprehension(kind=kind, element=element, key=key, clauses=clauses):
            head = (f"{expr(key)}: " if key is not None else "") + expr(element)
            return f"{kind}[{head}{''.join(map(clause, clauses))}]"
        case ir.Lambda(function=function):
            return f"({function_(function)})"
        case ir.ClassExpr(definition=definition):
            return f"({class_(definition)})"
        case ir.Unary(op=op, operand=operand):
            return f"({op} {expr(operand)})"
        case (
            ir.Binary(op=op, left=left, right=right)
            | ir.Logical(op=op, left=left, right=right)
            | ir.Compare(op=op, left=left, right=right)
        ):
            return f"({expr(left)} {op} {expr(right)})"
        case ir.Conditional(test=test, then=then, otherwise=otherwise):
            return f"({expr(test)} ? {expr(then)} : {expr(otherwise)})"
        case ir.BlockExpr(body=body, value=value):
            return f"({block(body)} {expr(value)})"
        case ir.Await(value=value):
            return f"await {expr(value)}"
        case ir.Yield(value=value, delegate=delegate):
            return f"(yield{'*' if delegate else ''}{f' {expr(value)}' if value is not None else ''})"
        case ir.AssignExpr(target=target, value=value, op=op):
            return f"({pattern(target)} {op}:= {expr(value)})"
        case ir.Element(tag=tag, attributes=attributes, children=children):
            return f"<{' '.join([expr(tag), *map(entry, attributes)])}>[{', '.join(map(expr, children))}]"
        case ir.Opaque(kind=kind, children=children):
            return f"?{kind}({', '.join(map(expr, children))})"
        case _:
            raise AssertionError(node)


def clause(node: ir.Clause) -> str:
    return f" for {pattern(node.target)} in {expr(node.iterable)}" + "".join(
        f" if {expr(each)}" for each in node.conditions
    )


def entry(node: ir.Entry) -> str:
    kind = f"{node.kind} " if node.kind else ""
    return f"*{expr(node.value)}" if node.key is None else f"{kind}{expr(node.key)}: {expr(node.value)}"


def pattern(node: ir.Pattern) -> str:
    match node:
        case ir.ListPattern(items=items, rest=rest):
            inner = [
                "" if item is None else ("*" if index == rest else "") + pattern(item)
                for index, item in enumerate(items)
            ]
            return f"[{', '.join(inner)}]"
        case ir.ObjectPattern(entries=entries, rest=rest_target):
            inner = [f"{expr(key)}: {pattern(target)}" for key, target in entries]
            return "{" + ", ".join([*inner, *([f"*{pattern(rest_target)}"] if rest_target is not None else [])]) + "}"
        case ir.DefaultPattern(target=target, default=default):
            return f"{pattern(target)} ~ {expr(default)}"
        case _:
            return expr(node)
