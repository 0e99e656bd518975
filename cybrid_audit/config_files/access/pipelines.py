"""Pipelines that hand a credential to every job, or leave it in an artifact: GitLab, CircleCI, Jenkins, and jobs of any system."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from cybrid_audit.config_files.access import Broad, Watch
from cybrid_audit.config_files.nodes import Kind, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

_VARIABLE: Final = re.compile(
    r"(?i)\$(?:env:)?(?P<bare>[a-z_]\w*)|\$[({]\s*(?:env:)?(?P<braced>[a-z_][\w.]*)|\$\{\{\s*(?:secrets|env|vars)\.(?P<github>\w+)|%(?P<cmd>[a-z_]\w*)%"
)
_WRITTEN: Final = re.compile(r"(?:>>?|\btee\s+(?:-a\s+)?|\bOut-File\s+(?:-\w+\s+)*)\s*[\"']?(?P<file>[\w./*~-]+)[\"']?")
_HEREDOC: Final = re.compile(r"<<-?\s*[\"']?(?P<mark>\w+)[\"']?")
_SCRIPTS: Final = ("script", "before_script", "after_script", "run", "bash", "pwsh", "powershell", "sh")
_UPLOADS: Final = ("path", "paths", "targetPath", "PathtoPublish", "artifact", "files")


def broad_access(
    path: str, document: Node, text: str, watch: Watch, included: Callable[[str], Iterable[Node]]
) -> Iterator[Broad]:
    """Yield the lines of a pipeline in YAML that hand a credential to every job, or leave it in an artifact.

    `included` gives the documents of a file that the pipeline includes, by its path."""
    if document.kind is not Kind.MAP:
        return
    if path.endswith(".gitlab-ci.yml"):
        yield from _of_gitlab(document, watch, included)
    elif "/.circleci/" in f"/{path}":
        yield from _of_circleci(document, watch)
    yield from _artifacts(document, text, watch)


def of_script(path: str, text: str, watch: Watch) -> Iterator[Broad]:
    """Yield the lines of a pipeline in a language of its own that hand a credential to every stage."""
    if path.endswith("Jenkinsfile"):
        yield from _of_jenkins(text, watch)


# ---------------------------------------------------------------- GitLab

_GITLAB_WORDS: Final = frozenset(
    {
        "default",
        "include",
        "stages",
        "variables",
        "workflow",
        "image",
        "services",
        "cache",
        "before_script",
        "after_script",
        "spec",
    }
)


def _of_gitlab(document: Node, watch: Watch, included: Callable[[str], Iterable[Node]]) -> Iterator[Broad]:
    """Yield the variable of a whole pipeline that hands a credential to all of its jobs."""
    variables = document.get("variables")
    if variables is None:
        return
    given = []
    for key, value in variables.pairs:
        held = value.get("value") or value
        reference = _VARIABLE.fullmatch(held.text.rstrip("})")) if held.kind is Kind.TEXT else None
        if reference is not None:
            given += [(name, key.line) for name in (key.text, *filter(None, reference.groups()))]
    found = watch.first(given)
    if found is None:
        return
    jobs = [job for each in (document, *_included(document, included)) for job in _gitlab_jobs(each)]
    reached = [job for job in jobs if _inherits(job, found[0])]
    if len(reached) > 1:
        yield Broad("every-job", found[1], found[0], str(len(reached)))


def _included(document: Node, included: Callable[[str], Iterable[Node]]) -> Iterator[Node]:
    node = document.get("include")
    for each in (node.items if node.kind is Kind.LIST else [node]) if node is not None else ():
        path = each.text if each.kind is Kind.TEXT else each.text_of("local")
        if path and "://" not in path:
            yield from included(path.lstrip("/"))


def _gitlab_jobs(document: Node) -> Iterator[Node]:
    for key, job in document.pairs:
        is_job = key.text not in _GITLAB_WORDS and not key.text.startswith(".") and job.kind is Kind.MAP
        if is_job and any(job.get(name) is not None for name in ("script", "trigger", "run", "extends")):
            yield job


def _inherits(job: Node, name: str) -> bool:
    inherit = job.get("inherit")
    variables = inherit.get("variables") if inherit is not None else None
    if variables is None:
        return True
    return name in variables.texts() if variables.kind is Kind.LIST else variables.text.lower() != "false"


# ---------------------------------------------------------------- CircleCI


def _of_circleci(document: Node, watch: Watch) -> Iterator[Broad]:
    """Yield the contexts with the platform's name that every job of a workflow is run in."""
    workflows = document.get("workflows")
    for _, workflow in workflows.pairs if workflows is not None else ():
        jobs = workflow.get("jobs")
        contexts: list[dict[str, int]] = []
        for item in jobs.items if jobs is not None else ():
            settings = item.pairs[0][1] if item.pairs else item
            if settings.text_of("type") == "approval":
                continue
            node = settings.get("context")
            held = (node.items if node.kind is Kind.LIST else [node]) if node is not None else []
            contexts.append({each.text: each.line for each in held if watch.may_hold(each.text)})
        shared = set(contexts[0]).intersection(*contexts[1:]) if len(contexts) > 1 else set()
        for name in sorted(shared):
            yield Broad("every-job", contexts[0][name], f"the context {name}", str(len(contexts)))


# ---------------------------------------------------------------- Jenkins

_BLOCK: Final = re.compile(
    r"\b(?P<word>environment|withCredentials)\b(?P<arguments>\s*\(\s*\[(?P<given>.*?)\]\s*\))?\s*\{", re.DOTALL
)
_STAGE: Final = re.compile(r"\bstage\s*\(")
_NOISE: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_CREDENTIALS: Final = re.compile(r"(?P<name>\w+)\s*=\s*credentials\s*\(\s*['\"](?P<id>[^'\"]+)")
_BINDING: Final = re.compile(r"(?:credentialsId|[vV]ariable|passwordVariable)\s*:\s*['\"](?P<name>[^'\"]+)")


def _of_jenkins(text: str, watch: Watch) -> Iterator[Broad]:
    """Yield what hands a credential to every stage of a Jenkinsfile: the pipeline's environment, a binding around all stages."""
    # Only comments on lines of their own or behind a blank are taken out: `//` is also part of an address.
    bare = _NOISE.sub(
        lambda match: (
            re.sub(r"[^\n]", " ", match[0]) if match.string[match.start() - 1 : match.start()] != ":" else match[0]
        ),
        text,
    )
    stages = len(_STAGE.findall(bare))
    if stages < 2:
        return
    for block in _BLOCK.finditer(bare):
        if block["word"] == "environment":
            inside = bare[block.end() : _end(bare, block.end())]
            reach = bare[_start(bare, block.start()) : _end(bare, block.start())]
            given = [
                (name, block.end() + match.start())
                for match in _CREDENTIALS.finditer(inside)
                for name in match.group("name", "id")
            ]
        else:
            reach = bare[block.end() : _end(bare, block.end())]
            given = [
                (match["name"], block.start("given") + match.start())
                for match in _BINDING.finditer(block["given"] or "")
            ]
        if len(_STAGE.findall(reach)) < stages:
            continue
        lines = [(name, bare.count("\n", 0, at) + 1) for name, at in given]
        found = watch.first(lines) or next(((name, line) for name, line in lines if watch.may_hold(name)), None)
        if found is not None:
            yield Broad("every-job", found[1], found[0], str(stages))


def _start(text: str, at: int) -> int:
    depth = 0
    for index in range(at - 1, -1, -1):
        depth += (text[index] == "}") - (text[index] == "{")
        if depth < 0:
            return index + 1
    return 0


def _end(text: str, at: int) -> int:
    depth = 0
    for index in range(at, len(text)):
        depth += (text[index] == "{") - (text[index] == "}")
        if depth < 0:
            return index
    return len(text)


# ---------------------------------------------------------------- artifacts


def _artifacts(document: Node, text: str, watch: Watch) -> Iterator[Broad]:
    """Yield the lines of a job that write a credential to a file which the job then keeps as an artifact."""
    lines = text.split("\n")
    for job in document.walk():
        kept = [*_kept(job)] if job.kind is Kind.MAP else []
        if not kept:
            continue
        for script in _scripts(job):
            for name, line, file in _written(script, lines, watch):
                if any(_holds(each, file) for each in kept):
                    yield Broad("artifact", line, name, file)
                    break


def _kept(job: Node) -> Iterator[str]:
    """Yield the paths that a job keeps: of its own `artifacts`, or of its steps that upload."""
    node = job.get("artifacts")
    if node is not None:
        reports = node.get("reports")
        for held in (
            node if node.kind is Kind.LIST else node.get("paths"),
            reports.get("dotenv") if reports is not None else None,
        ):
            yield from held.texts() if held is not None else ()
    steps = job.get("steps")
    for step in steps.items if steps is not None else ():
        publish = step.get("publish", "store_artifacts", "persist_to_workspace")
        inputs = step.get("with", "inputs")
        uploads = "upload-artifact" in step.text_of("uses") or "Publish" in step.text_of("task")
        for given in (publish, inputs if uploads else None):
            if given is not None and given.kind is Kind.TEXT:
                yield given.text
            elif given is not None:
                yield from (
                    each
                    for name in _UPLOADS
                    if (held := given.get(name)) is not None
                    for text in held.texts()
                    for each in text.split()
                )


def _scripts(job: Node) -> Iterator[Node]:
    steps = job.get("steps")
    for each in (job, *(steps.items if steps is not None else ())):
        for name in _SCRIPTS:
            node = each.get(name)
            if node is not None:
                yield node.get("command") or node


def _written(script: Node, lines: list[str], watch: Watch) -> Iterator[tuple[str, int, str]]:
    """Yield the credentials that a script writes to files: name, line, file."""
    file = mark = ""
    for number in range(script.line, min(max(script.line, script.end_line), len(lines)) + 1):
        line = lines[number - 1]
        if mark:
            if line.strip() == mark:
                file = mark = ""
                continue
        else:
            written = _WRITTEN.search(line)
            file = written["file"] if written is not None else ""
            heredoc = _HEREDOC.search(line)
            if heredoc is not None and file:
                mark = heredoc["mark"]
                continue
        if file and not any(f"{each} " in f"{line} " for each in watch.tables.hiding_commands):
            names = [name for match in _VARIABLE.finditer(line) for name in match.groups() if name]
            found = watch.first((name, number) for name in names)
            if found is not None:
                yield found[0], number, file


def _holds(kept: str, file: str) -> bool:
    kept, file = kept.removeprefix("./").rstrip("/"), file.removeprefix("./")
    return kept == file or file.startswith(f"{kept}/") or fnmatchcase(file, kept) or kept in (".", "*", "**")
