"""Every bound of the tool in one place. Each says what is lost when it is reached."""

from __future__ import annotations

from typing import Final

# ---------------------------------------------------------------- engine

MAX_ALTERNATIVES: Final = 24
"""Alternatives per value. Beyond it, tokens, credentials, functions and objects stay and the rest becomes one unknown."""

MAX_REACH: Final = 512
"""Atoms looked at when the sources of a value are collected. Beyond it, sources are missing."""

MAX_PATH_STATUSES: Final = 16
"""Groups of paths told apart at one point. Beyond it, paths that prove the same kinds of check are merged."""

MAX_CALL_DEPTH: Final = 40
"""Calls followed into one another. Beyond it, a call yields an unknown value and its effects are lost."""

MAX_RECURSION: Final = 2
"""Activations of one function at a time. Beyond it, the call yields an unknown value."""

MAX_STEPS_PER_ENTRY: Final = 60_000
"""Nodes evaluated for one entry point. Beyond it, the rest of the entry point is not followed and its facts are approximate."""

MAX_STEPS_PER_MODULE: Final = 120_000
"""Nodes evaluated while the top level of one module runs. Beyond it, the rest of the module is not followed."""

MAX_UNROLL: Final = 32
"""Items of a known list that a loop visits one by one. Beyond it, or for an unknown list, two rounds stand for all."""

MAX_STRING_PRODUCT: Final = 12
"""Combinations kept when strings of several alternatives are put together. Beyond it, the rest is one unknown."""

MAX_PASSES: Final = 3
"""Rounds over all entry points until what is kept between requests no longer grows. Beyond it, late values are missing."""

MAX_EXPRESSION_DEPTH: Final = 220
"""Nesting of expressions and statements that is evaluated. Beyond it, a value is unknown."""

MAX_TRACE_STEPS: Final = 32
"""Steps kept per trace. Beyond it the middle is dropped; both ends stay."""

# ---------------------------------------------------------------- front-ends

MAX_SYNTAX_DEPTH: Final = 180
"""Nesting of syntax that is lowered. Beyond it, an expression or statement is opaque."""

MAX_SYNTAX_ERRORS: Final = 20
"""Syntax errors listed per file. Beyond it, the rest is not listed; what was parsed is still used."""

MAX_OPERATOR_CHAIN: Final = 60
"""Operators of one precedence in a row that are lowered one by one. Beyond it, a chain of one associative operator becomes
a balanced tree, which loses nothing; any other chain is opaque."""

MAX_ELIF_CHAIN: Final = 60
"""Arms of an `if` that nest. Beyond it, they become a switch of guards, which loses nothing."""

MAX_INTEGER_DIGITS: Final = 300
"""Digits of a numeric literal. Beyond it, the number is opaque."""

MAX_QUOTED_TYPE: Final = 500
"""Bytes of a type annotation written as a string. Beyond it, the annotation is dropped."""
