"""Python, through libcst: it keeps every byte that an edit does not mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, ParentNodeProvider

from cybrid_audit.fixes.editors import MASK, Edits
from cybrid_audit.fixes.edits import Edit, Span, without_elements
from cybrid_audit.fixes.words import WITHOUT_ENCRYPTION, is_switch, without_words

_READS_ENVIRONMENT: Final = re.compile(r"(?:^|\.)(?:environ\.get|getenv|config|env(?:\.\w+)?)$")
"""The end of what is called to read a variable with a default beside it."""

_SAFER: Final = {
    "ssl.CERT_NONE": "ssl.CERT_REQUIRED",
    "CERT_NONE": "CERT_REQUIRED",
    "ssl._create_unverified_context": "ssl.create_default_context",
}
"""Names that switch verification off, and those that switch it on."""

_STRINGS: Final = (cst.SimpleString, cst.ConcatenatedString)
_VALUES: Final = (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.Await, cst.BinaryOperation, cst.IfExp)


class PythonEditor:
    """Implements `Editor`."""

    @classmethod
    def of(cls, source: bytes, language: str) -> PythonEditor | None:
        """Return the editor of a module; None when it does not parse or is not UTF-8."""
        try:
            source.decode()
            module = cst.parse_module(source)
        except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError, ValueError, LookupError):
            return None
        if source.startswith(b"\xef\xbb\xbf") or module.encoding.lower().replace("_", "-") not in ("utf-8", "ascii"):
            return None
        return cls(source, module)

    def __init__(self, source: bytes, module: cst.Module) -> None:
        self.source = source
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self.module = wrapper.module
        self._spans: Any = wrapper.resolve(ByteSpanPositionProvider)
        self._parents: Any = wrapper.resolve(ParentNodeProvider)

    # ------------------------------------------------------------ what can be done

    def from_environment(self, literal: Span, variable: str) -> list[Edits]:
        """See `Editor`."""
        node = next((each for each in self._inside(literal) if isinstance(each, _STRINGS)), None)
        if node is None or self._span(node) != literal:
            return []
        parent = self._parents.get(node)
        if isinstance(parent, cst.BooleanOperation) and isinstance(parent.operator, cst.Or) and parent.right is node:
            return [(self._replaced(parent, self._source(parent.left)),)]
        call = self._parents.get(parent) if isinstance(parent, cst.Arg) else None
        if (
            isinstance(call, cst.Call)
            and len(call.args) == 2
            and call.args[1] is parent
            and _READS_ENVIRONMENT.search(self.module.code_for_node(call.func))
        ):
            return [(Edit(self._span(call.args[0].value).end, literal.end, b""),)]
        is_bytes = isinstance(node, cst.SimpleString) and "b" in node.prefix.lower()
        read = f'os.environ["{variable}"]' + (".encode()" if is_bytes else "")
        return [(self._replaced(node, read), *self._import_os())]

    def without_scopes(self, within: Span, excess: Collection[str]) -> list[Edits]:
        """See `Editor`."""
        edits: list[Edit] = []
        within = self._list_around(within)
        emptied: dict[cst.List | cst.Tuple | cst.Set, set[Span]] = {}
        for node in self._inside(within):
            if not isinstance(node, cst.SimpleString):
                continue
            kept = without_words(node.raw_value, excess)
            if kept == node.raw_value:
                continue
            element = self._parents.get(node)
            holder = self._parents.get(element) if isinstance(element, cst.Element) else None
            if not kept.strip() and isinstance(holder, cst.List | cst.Tuple | cst.Set):
                emptied.setdefault(holder, set()).add(self._span(node))
            elif kept.strip():
                edits.append(self._replaced(node, f"{node.prefix}{node.quote}{kept}{node.quote}"))
            else:
                return []
        for holder, gone in emptied.items():
            removing = without_elements([self._span(each.value) for each in holder.elements], gone)
            if removing is None or (isinstance(holder, cst.Tuple) and len(holder.elements) - len(gone) == 1):
                return []
            edits += removing
        return [tuple(edits)] if edits else []

    def verifying(self, within: Span) -> list[Edits]:
        """See `Editor`."""
        named: list[Edit] = []
        others: list[Edit] = []
        assignment = self._assignment_of(within)
        for node in (each for span in (assignment, *self._context_beside(assignment)) for each in self._inside(span)):
            code = self.module.code_for_node(node) if isinstance(node, cst.Name | cst.Attribute) else ""
            if code in _SAFER and not isinstance(self._parents.get(node), cst.Attribute):
                named.append(self._replaced(node, _SAFER[code]))
            elif isinstance(node, cst.SimpleString) and node.raw_value in _SAFER:
                named.append(self._replaced(node, f"{node.prefix}{node.quote}{_SAFER[node.raw_value]}{node.quote}"))
            elif code == "False" and isinstance(node, cst.Name):
                (named if is_switch(self._key(node)) else others).append(self._replaced(node, "True"))
        return [*([tuple(named)] if named else []), *((each,) for each in (*named[1:], *others))]

    def encrypted(self, within: Span) -> list[Edits]:
        """See `Editor`."""
        found: list[Edits] = []
        for node in self._inside(within, also_around=True):
            if isinstance(node, cst.SimpleString | cst.FormattedStringText):
                start = self._span(node).start
                text = self.source[start : self._span(node).end]
                found += [
                    (Edit(start + match.start(), start + match.end(), b"https"),)
                    for match in WITHOUT_ENCRYPTION.finditer(text)
                ]
        return found

    def masking(self, within: Span) -> list[Edits]:
        """See `Editor`."""
        found: list[Edits] = []
        for node in self._inside(within):
            parent = self._parents.get(node)
            if isinstance(node, cst.FormattedStringExpression):
                span = self._span(node)
                found.append((Edit(span.start, span.end, MASK),))
            elif isinstance(node, _VALUES) and (
                isinstance(parent, cst.Arg | cst.DictElement | cst.Element)
                or (isinstance(parent, cst.BinaryOperation) and not isinstance(node, cst.BinaryOperation))
            ):
                found.append((self._replaced(node, f'"{MASK.decode()}"'),))
        return found

    def parses(self, source: bytes) -> bool:
        """See `Editor`."""
        try:
            cst.parse_module(source)
        except (cst.ParserSyntaxError, RecursionError, ValueError):
            return False
        return True

    # ------------------------------------------------------------ nodes

    def _span(self, node: cst.CSTNode) -> Span:
        found = self._spans[node]
        return Span(found.start, found.start + found.length)

    def _inside(self, within: Span, *, also_around: bool = False) -> Iterator[cst.CSTNode]:
        """Yield the nodes in a span, outer ones first; with `also_around`, the smallest text that holds it too."""
        around: list[cst.CSTNode] = []
        for node, span in self._spans.items():
            if within.holds(span.start, span.start + span.length) and span.length:
                yield node
            elif also_around and span.start <= within.start and within.end <= span.start + span.length:
                around.append(node)
        yield from (each for each in around if isinstance(each, cst.SimpleString | cst.FormattedStringText))

    def _assignment_of(self, target: Span) -> Span:
        """Return the span of the assignment whose target has this span, else the span itself."""
        for node in self._inside(target):
            parent = self._parents.get(node)
            if isinstance(parent, cst.AssignTarget) and self._span(node) == target:
                return self._span(self._parents[parent])
        return target

    def _context_beside(self, assignment: Span) -> list[Span]:
        """Return the other assignments of a block that switch off checks of the same `ssl` context: one needs the others."""
        at = next(
            (
                each
                for each in self._inside(assignment)
                if isinstance(each, cst.Assign) and self._span(each) == assignment
            ),
            None,
        )
        context = self._context_of(at)
        if at is None or not context:
            return []
        block = self._parents.get(self._parents.get(at))
        return [
            self._span(small)
            for line in getattr(block, "body", ())
            for small in (line.body if isinstance(line, cst.SimpleStatementLine) else ())
            if small is not at and self._context_of(small) == context
        ]

    def _context_of(self, node: cst.CSTNode | None) -> str:
        """Return what an assignment sets `check_hostname` or `verify_mode` of, else an empty text."""
        target = node.targets[0].target if isinstance(node, cst.Assign) else None
        if isinstance(target, cst.Attribute) and target.attr.value in ("check_hostname", "verify_mode"):
            return self.module.code_for_node(target.value)
        return ""

    def _list_around(self, text: Span) -> Span:
        """Return the span of the list that a text is an element of, else its own."""
        for node in self._inside(text):
            element = self._parents.get(node)
            if isinstance(node, cst.SimpleString) and isinstance(element, cst.Element):
                holder = self._parents.get(element)
                return self._span(holder) if isinstance(holder, cst.List | cst.Tuple | cst.Set) else text
        return text

    def _source(self, node: cst.CSTNode) -> str:
        span = self._span(node)
        return self.source[span.start : span.end].decode()

    def _replaced(self, node: cst.CSTNode, code: str) -> Edit:
        span = self._span(node)
        return Edit(span.start, span.end, code.encode())

    def _key(self, node: cst.CSTNode) -> str:
        """Return what a value is given to: the keyword, key, or target of an assignment."""
        parent = self._parents.get(node)
        if isinstance(parent, cst.Arg):
            return parent.keyword.value if parent.keyword is not None else ""
        if isinstance(parent, cst.DictElement):
            return self.module.code_for_node(parent.key)
        if isinstance(parent, cst.Assign):
            return self.module.code_for_node(parent.targets[0].target)
        return ""

    def _import_os(self) -> tuple[Edit, ...]:
        """Return the edit that imports `os`, none when the module does already."""
        first: cst.CSTNode | None = None
        for number, statement in enumerate(self.module.body):
            small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
            if isinstance(small, cst.Import) and any(
                isinstance(alias.name, cst.Name) and alias.name.value == "os" and alias.asname is None
                for alias in small.names
            ):
                return ()
            is_docstring = number == 0 and isinstance(small, cst.Expr) and isinstance(small.value, _STRINGS)
            is_future = isinstance(small, cst.ImportFrom) and (
                isinstance(small.module, cst.Name) and small.module.value == "__future__"
            )
            if first is None and not is_docstring and not is_future:
                first = statement
        if first is None:
            return ()
        at = self._span(first).start
        return (Edit(at, at, f"import os{self.module.default_newline}".encode()),)
