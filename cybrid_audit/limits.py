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

MAX_STEPS_PER_ENTRY: Final = 20_000
"""Nodes evaluated for one entry point. Beyond it, the rest of the entry point is not followed and its facts are approximate."""

MAX_STEPS_PER_LIBRARY_ENTRY: Final = 5_000
"""As `MAX_STEPS_PER_ENTRY`, for a function that nobody calls: what it leads to is near, or somebody else's entry point."""

LEAST_STEPS_PER_LIBRARY_ENTRY: Final = 500
"""What such a function has when others have used up most of the next bound."""

MAX_STEPS_FOR_LIBRARY: Final = 100_000
"""As above, for all of them together in one pass; each takes a tenth of what is left at most. Beyond it, the rest is named as
skipped, and there are two passes at most."""

MAX_SECONDS_PER_ENTRY: Final = 10.0
"""Processor time for one entry point or module, whatever its steps cost. Beyond it, the rest is not followed; a file is named as skipped."""

MAX_STEPS_PER_MODULE: Final = 120_000
"""Nodes evaluated while the top level of one module runs. Beyond it, the rest of the module is not followed."""

MAX_CALLED_STEPS_PER_MODULE: Final = 1_000
"""Nodes evaluated in the functions that the top level of one module calls, however many modules there are. Beyond it and the
module's share of the next bound, each of its calls is followed for a few steps, and the file is named as skipped."""

MAX_CALLED_STEPS_FOR_MODULES: Final = 60_000
"""As above, for all modules together, beyond what each has for itself. A module takes half of what is left at most, and those that
name the platform come first."""

MAX_STEPS_PER_LATE_CALL: Final = 100
"""Nodes evaluated for each further call of a top level once these two are used up. Beyond it, calls yield unknown values."""

MAX_UNROLL: Final = 32
"""Items of a known list that a loop visits one by one. Beyond it, or for an unknown list, two rounds stand for all."""

MAX_SURE_ROUNDS: Final = 8
"""Rounds of a loop whose test is known to hold each time. Beyond it, what later rounds do is lost."""

MAX_STRING_PRODUCT: Final = 12
"""Combinations kept when strings of several alternatives are put together. Beyond it, the rest is one unknown."""

MAX_KNOWN_ITEMS: Final = 10_000
"""Items of a list that are told apart when it is spread, joined or put together with others. Beyond it, any may be any."""

MAX_STRING_PARTS: Final = 1_000
"""Parts that a string is built from. Beyond it, it is an unknown made from them."""

MAX_STRING_LENGTH: Final = 1_000_000
"""Characters of the constant parts of a string that is built. Beyond it, it is an unknown made from them."""

MAX_PATTERN_LENGTH: Final = 1_000
"""Characters of a route pattern with a regular expression of the project's own, and of the path it is matched with.

Beyond it, and beyond the two bounds below, the pattern is taken to cover nothing: a guard behind it proves nothing."""

MAX_PATTERN_REPEATS: Final = 3
"""Repetitions in such a pattern. None may stand inside another one."""

MAX_PATTERN_OPTIONS: Final = 16
"""Optional parts of such a pattern."""

MAX_PASSES: Final = 3
"""Rounds over all entry points until what is kept between requests no longer grows. Beyond it, late values are missing."""

MAX_EXPRESSION_DEPTH: Final = 220
"""Nesting of expressions and statements that is evaluated. Beyond it, a value is unknown."""

MAX_TRACE_STEPS: Final = 32
"""Steps kept per trace. Beyond it the middle is dropped; both ends stay."""

# ---------------------------------------------------------------- front-ends

MAX_STACK_FRAMES: Final = 4_000
"""Activations of this tool's own functions inside one another. Beyond it, a module or an entry point is given up and listed."""

MAX_SYNTAX_DEPTH: Final = 180
"""Nesting of syntax that is lowered. Beyond it, an expression or statement is opaque."""

MAX_SYNTAX_ERRORS: Final = 20
"""Syntax errors listed per file. Beyond it, the rest is not listed; what was parsed is still used."""

MAX_PARSER_READS: Final = 100_000_000
"""Bytes that a parser reads of one source, over and over. Beyond it, and beyond the next bound, the file is skipped and listed as such."""

MAX_PARSER_ROUNDS: Final = 50
"""As above, in lengths of the source."""

MAX_PARSER_STEPS: Final = 1_000_000
"""Steps that a parser takes for one source, or for one piece of code in a component. Beyond it, and beyond the next bound, the file is
skipped and listed as such."""

MAX_PARSER_STEPS_PER_BYTE: Final = 20
"""As above, for each byte of the source. Code that is right takes one or two."""

MAX_COMMENT_LINES: Final = 200
"""Lines of comments in a row that a Python file is parsed with. More of them are left out, which loses nothing but in a string with as
many lines that look like comments."""

MAX_OPERATOR_CHAIN: Final = 60
"""Operators of one precedence in a row that are lowered one by one. Beyond it, a chain of one associative operator becomes
a balanced tree, which loses nothing; any other chain is opaque."""

MAX_ELIF_CHAIN: Final = 60
"""Arms of an `if` that nest. Beyond it, they become a switch of guards, which loses nothing."""

MAX_INTEGER_DIGITS: Final = 300
"""Digits of a numeric literal. Beyond it, the number is opaque."""

MAX_QUOTED_TYPE: Final = 500
"""Bytes of a type annotation written as a string. Beyond it, the annotation is dropped."""

MAX_MARKUP_DEPTH: Final = 40
"""Components and blocks of markup that nest in a Vue, Svelte or Astro file. Beyond it, what one holds counts as beside it."""

MAX_UNCLOSED_BRACES: Final = 16
"""Braces in such markup that nothing closes. Beyond it, the rest of the file has no code in braces."""

# ---------------------------------------------------------------- project

MAX_FILES: Final = 500_000
"""Files listed. Beyond it, the rest is not read, and the run says so."""

MAX_NESTED_REPOSITORIES: Final = 3
"""Repositories inside one another (submodules) that are listed. Beyond it, one is skipped and listed as such."""

MAX_SUBMODULES: Final = 50
"""Submodules beside one another whose files a revision (`--diff`) holds. Beyond it, what is found in one counts as new."""

MAX_WALK_DEPTH: Final = 100
"""Folders inside one another that a walk enters. Beyond it, a folder is skipped and listed as such."""

MAX_SOURCE_BYTES: Final = 2_000_000
"""Size of a source file. Beyond it, the file is skipped and listed as such."""

MAX_TEXT_FILE_BYTES: Final = 1_000_000
"""Size of a manifest or another file read for what it declares. Beyond it, it declares nothing."""

MAX_SEARCHED_TEXT_BYTES: Final = 10_000_000
"""Size of a file that is no source and is searched for credentials. Beyond it, the file is skipped and listed as such."""

MAX_PARSED_TEXT: Final = 2_000_000
"""Characters of a configuration file that is parsed. Beyond it, it is searched as plain text, and what its resources mean is missed."""

MAX_ARCHIVE_BYTES: Final = 50_000_000
"""Size of an archive that is searched for credentials. Beyond it, the archive is skipped and listed as such."""

MAX_ARCHIVE_MEMBERS: Final = 50_000
"""Members of an archive. Beyond it, the rest is not searched, and the run says so."""

MAX_ARCHIVE_DEPTH: Final = 3
"""Archives inside one another that are searched. Deeper ones are not, and the run says so."""

MAX_ARCHIVE_CONTENT: Final = 200_000_000
"""Bytes that one archive unpacks to. Beyond it, the rest is not searched, and the run says so."""

MAX_ARCHIVES_CONTENT: Final = 500_000_000
"""Bytes that all archives of a project unpack to. Beyond it, the rest is not searched, and the run says so."""

MAX_ARCHIVE_RATIO: Final = 500
"""Bytes that a byte of an archive unpacks to, from a megabyte on. Beyond it, the rest is not searched, and the run says so."""

MAX_HISTORIC_SECRETS: Final = 5_000
"""Places of credentials in the git history. Beyond it, the rest of the history is not searched, and the run says so."""

MAX_GENERIC_LINES: Final = 2_000
"""Lines that are searched for secrets of other services. Beyond it, the rest is not."""

MAX_IGNORED_FILES: Final = 2_000
"""Files that are ignored and looked at for credentials in plain text. Beyond it, the rest is not."""

MAX_IGNORE_FILE_BYTES: Final = 200_000
"""Size of an ignore file. Beyond it, it ignores nothing."""

MAX_IGNORE_PATTERN: Final = 1_000
"""Characters of one pattern in an ignore file. Beyond it, the pattern ignores nothing."""

MAX_CONFIG_BYTES: Final = 200_000
"""Size of the configuration file. Beyond it, the run ends with an error."""

MAX_POLICY_COMMENTS: Final = 2_000
"""Comments of one file that suppress findings. Beyond it, the rest is not read."""

MAX_BASELINE_BYTES: Final = 20_000_000
"""Size of a baseline. Beyond it, the run ends with an error."""

BINARY_PROBE_BYTES: Final = 1024
"""Bytes at the start of a file in which a NUL tells that it is no text. A NUL behind them is left to the parser."""

MAX_SEARCHED_PACKAGE: Final = 600
"""Files of a package that are searched for code of identity and sessions. In a larger one, only those whose path names such a thing
are: a guard elsewhere is still found where a call imports it, but a login elsewhere is not judged."""

GIT_TIMEOUT_SECONDS: Final = 120
"""Time git has to list a repository. Beyond it, the target is walked instead, so that what git tracks but an ignore file names is missing."""

MAX_TSCONFIG_CHAIN: Final = 12
"""Configurations that extend one another. Beyond it, the path aliases of the rest are unknown."""

MAX_RESOLVED_LINKS: Final = 200
"""Symlinks inside the tree through which imports are followed. Beyond it, an import through a link is external."""

MAX_MOUNT_DEPTH: Final = 8
"""Routers inside routers (and included lists of patterns) that are followed. Routes of deeper ones are not entry points."""

MAX_MOUNTS: Final = 32
"""Places at which one router is mounted that are followed: routers may mount each other. At further places its routes are not
entry points of their own."""

MAX_DEPENDENCY_DEPTH: Final = 8
"""Dependencies of dependencies of a FastAPI route that are followed. Deeper ones get no arguments."""

MAX_PROPERTY_FILES: Final = 20
"""Files like `application.yml` of a project on the JVM that are read. What further ones say of a property is not known."""

MAX_PROPERTY_NESTING: Final = 6
"""Placeholders inside the values of properties, and classes inside classes that hold properties, that are followed. Deeper ones stay
as they are written."""

MAX_TEMPLATE_BYTES: Final = 200_000
"""Length of a component's template that is read. What stands beyond it is not known to be called or shown."""

MAX_TEMPLATES: Final = 300
"""Templates that are looked at for what they show of a variable. What further ones show is not known."""

MAX_TEMPLATE_NAMES: Final = 400
"""Members of a component that its template is seen to name. Beyond it, methods count as called by nobody."""

MAX_ROUTE_NESTING: Final = 6
"""Children of a client's routes in each other. Guards of deeper ones count as functions that nobody calls."""

MAX_CLIENT_ENTRIES: Final = 200
"""Pages, manifests of extensions and configurations of bundlers that are read for the files that browsers start with. A file that only
further ones name has its side told by what is in it."""

MAX_CLIENT_FILES: Final = 3_000
"""Sources that are searched for the name under which a server hands a credential over. In further ones it is not seen to be read, and
the finding stands where it is handed over."""

# ---------------------------------------------------------------- semgrep

MAX_PATTERN_SECONDS: Final = 300
"""Time semgrep has for a run. Beyond it, it is ended, none of its matches count, and the run says so."""

MAX_PATTERN_RULE_SECONDS: Final = 10
"""Time it has for one rule in one file. Beyond it, that rule's matches there are missing, and the run says so."""

MAX_PATTERN_MEGABYTES: Final = 2_000
"""Memory it has for one rule in one file. Beyond it, that rule's matches there are missing, and the run says so."""

MAX_PATTERN_TARGETS: Final = 10_000
"""Files it looks at. Beyond it, it does not look at the rest, and the run says so."""

MAX_PATTERN_TARGET_BYTES: Final = 200_000_000
"""Size of all these together. Beyond it, it does not look at the rest, and the run says so."""

MAX_PATTERN_ANSWER_BYTES: Final = 100_000_000
"""Size of its answer. Beyond it, none of its matches count, and the run says so."""

MAX_PATTERN_MATCHES: Final = 5_000
"""Matches that become findings. Beyond it, the rest is dropped, and the run says so."""

MAX_PATTERN_FILES: Final = 500
"""Files of pattern rules. Beyond it, the run ends with an error."""

MAX_PATTERN_FILE_BYTES: Final = 1_000_000
"""Size of a file of pattern rules. Beyond it, the run ends with an error."""

MAX_PATTERN_MESSAGE: Final = 600
"""Characters of a pattern rule's message. Beyond it, it is cut."""
