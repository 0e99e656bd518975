"""Credentials in container images: build arguments, variables of the image, files copied into a layer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cybrid_audit.config_files.access import Broad, Watch
from cybrid_audit.config_files.nodes import Kind, Node

_COPIED: Final = re.compile(r"(?:^|[\s/\"'\[])(\.env(?:\.[\w.-]+)?)(?=[\s\"',\]]|$)")
_ARGUMENT: Final = re.compile(r"--build-arg[= ]+[\"']?([A-Za-z_]\w*)")


def of_dockerfile(document: Node, watch: Watch, samples: frozenset[str]) -> Iterator[Broad]:
    """Yield the first ARG or ENV of a Dockerfile for a credential, and every `.env` file that is copied into a layer."""
    found: list[tuple[str, int]] = []
    for instruction in document.items:
        values = instruction.get("env", "arg")
        if values is not None:
            found += [(key.text, key.line) for key, value in values.pairs]
        elif instruction.tag in ("COPY", "ADD") and "--from=" not in instruction.text_of("text"):
            sources = instruction.text_of("text").strip().rpartition(" ")[0] or instruction.text_of("text")
            for name in _COPIED.findall(sources):
                if samples.isdisjoint(name.split(".")):
                    yield Broad("copies", instruction.line, name)
    first = watch.first(found)
    if first is not None:
        yield Broad("argument", first[1], first[0])


def of_compose(document: Node, watch: Watch) -> Iterator[tuple[str, int]]:
    """Yield name and line of every build argument that a compose file fills with a credential."""
    services = document.get("services")
    for _, service in services.pairs if services is not None and services.kind is Kind.MAP else ():
        build = service.get("build")
        arguments = build.get("args") if build is not None else None
        if arguments is None:
            continue
        names = [(key.text, key.line) for key, _ in arguments.pairs]
        names += [(each.text.partition("=")[0], each.line) for each in arguments.items]
        yield from ((name, line) for name, line in names if watch.role(name))


def of_script(text: str, watch: Watch) -> Iterator[tuple[str, int]]:
    """Yield name and line of every build argument that a script, a Makefile or a pipeline fills with a credential."""
    if "--build-arg" not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith("#"):
            yield from ((name, number) for name in _ARGUMENT.findall(line) if watch.role(name))
