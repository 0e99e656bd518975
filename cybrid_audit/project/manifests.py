"""What the manifests of a project declare: dependency names, and the folders that belong together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from cybrid_audit.project import _jsonc

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_JS_SECTIONS: Final = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_REQUIREMENTS: Final = re.compile(r"requirements(?:/.*|[^/]*\.(?:txt|in))")


def normalized(name: str) -> str:
    """Return a Python distribution's name as its index spells it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies(name: str, data: bytes) -> frozenset[str]:
    """Return the names that a manifest declares; `name` is its file name, after `requirements/` in such a folder. Empty for what is no manifest or is broken.

    npm names are as they are written, Python names normalized; what the JVM uses is `group:name`, or the id of a
    plugin; a package of Swift is `owner/name` of its repository, a pod `pod:name`."""
    reader = _READERS.get(name)
    if reader is None and _REQUIREMENTS.fullmatch(name):
        reader = _requirements
    if reader is None:
        return frozenset()
    try:
        return frozenset(reader(data))
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError):
        return frozenset()


def is_manifest(name: str) -> bool:
    """Whether a file of this name declares dependencies."""
    return name in _READERS or (name.startswith("requirements") and _REQUIREMENTS.fullmatch(name) is not None)


def _package_json(data: bytes) -> Iterable[str]:
    content = _jsonc.parse(data)
    for section in _JS_SECTIONS:
        listed = content.get(section)
        if isinstance(listed, dict):
            yield from listed
    # What a workspace links by its own name counts as a dependency of nobody.


def _deno(data: bytes) -> Iterable[str]:
    imports = _jsonc.parse(data).get("imports")
    if isinstance(imports, dict):
        for target in imports.values():
            found = re.match(r"(?:npm|jsr):/?(@[^/@]+/[^/@]+|[^/@]+)", target) if isinstance(target, str) else None
            if found is not None:
                yield found[1]


def _requirements(data: bytes) -> Iterable[str]:
    for line in data.decode("utf-8", "replace").splitlines():
        found = _NAME.match(line.strip())
        if found is not None:
            yield normalized(found[0])


def _pyproject(data: bytes) -> Iterable[str]:
    content = _toml(data)
    project = content.get("project", {})
    tool = content.get("tool", {})
    poetry = tool.get("poetry", {})
    lists: list[Any] = [project.get("dependencies", [])]
    lists += project.get("optional-dependencies", {}).values()
    lists += content.get("dependency-groups", {}).values()
    lists += tool.get("pdm", {}).get("dev-dependencies", {}).values()
    lists += [tool.get("uv", {}).get("dev-dependencies", [])]
    for listed in lists:
        yield from _names(listed)
    tables: list[Any] = [poetry.get("dependencies", {}), poetry.get("dev-dependencies", {})]
    tables += [group.get("dependencies", {}) for group in poetry.get("group", {}).values()]
    for table in tables:
        yield from (normalized(name) for name in table if name != "python")


def _names(listed: Any) -> Iterable[str]:
    for each in listed:
        found = _NAME.match(each.strip()) if isinstance(each, str) else None
        if found is not None:
            yield normalized(found[0])


def _pipfile(data: bytes) -> Iterable[str]:
    content = _toml(data)
    for section in ("packages", "dev-packages"):
        yield from (normalized(name) for name in content.get(section, {}))


def _setup_cfg(data: bytes) -> Iterable[str]:
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(data.decode("utf-8", "replace"))
    except configparser.Error:
        return
    texts = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        texts += [value for _, value in parser.items("options.extras_require")]
    for text in texts:
        yield from _names(re.split(r"[\n;]", text))


def _setup_py(data: bytes) -> Iterable[str]:
    # It is code, which is not run: the strings of its requirement lists are enough.
    text = data.decode("utf-8", "replace")
    for block in re.findall(
        r"(?:install_requires|extras_require|tests_require)\s*=\s*([\[{].*?[\]}])\s*[,)\n]", text, re.DOTALL
    ):
        yield from _names(re.findall(r"[\"']([^\"'\n]+)[\"']", block))


def _toml(data: bytes) -> Mapping[str, Any]:
    import tomllib

    return tomllib.loads(data.decode("utf-8", "replace"))


_GRADLE: Final = re.compile(
    r"""["']([A-Za-z][\w.-]*:[\w.-]+)(?::[^"'\s]*)?["']|(?:\bid\s*\(?\s*|apply\s*\(?\s*plugin\s*[:=]\s*)["']([\w.-]+)["']|"""
    r"""\b(libs\.[\w.]+)|\bkotlin\s*\(\s*["']([\w.-]+)["']"""
)


def _gradle(data: bytes) -> Iterable[str]:
    """Read a build script: libraries as `group:name`, plugins by their ids, entries of a catalogue as `libs.…`.

    The block that only Android's plugin reads tells of the plugin, which a team may apply through one of its own."""
    text = re.sub(r"(?m)//.*$", "", data.decode("utf-8", "replace"))
    if re.search(r"(?m)^android\s*\{", text):
        yield "com.android.application"
    for library, plugin, entry, module in _GRADLE.findall(text):
        yield library or plugin or entry or f"kotlin:{module}"


def _pom(data: bytes) -> Iterable[str]:
    # Entities and other files are none of a list of names: the text is enough.
    text = re.sub(r"<!--.*?-->", "", data.decode("utf-8", "replace"), flags=re.DOTALL)
    for group, name in re.findall(r"<groupId>\s*([\w.${}-]+)\s*</groupId>\s*<artifactId>\s*([\w.${}-]+)", text):
        yield f"{group}:{name}"


def _package_swift(data: bytes) -> Iterable[str]:
    text = re.sub(r"(?m)(?<!:)//.*$", "", data.decode("utf-8", "replace"))
    yield from re.findall(r"\burl:\s*\"[^\"\n]*?([\w.-]+/[\w.-]+?)(?:\.git)?/?\"", text)


def _podfile(data: bytes) -> Iterable[str]:
    for found in re.findall(r"(?m)^\s*pod\s+[\"']([\w.+/-]+)", data.decode("utf-8", "replace")):
        yield f"pod:{found}"


def _pubspec(data: bytes) -> Iterable[str]:
    section = ""
    for line in data.decode("utf-8", "replace").splitlines():
        found = re.match(r"( *)([A-Za-z_][\w-]*)\s*:", line)
        if found is None:
            continue
        if not found[1]:
            section = found[2]
        elif len(found[1]) <= 2 and section in ("dependencies", "dev_dependencies"):
            yield found[2]


_READERS: Final[dict[str, Callable[[bytes], Iterable[str]]]] = {
    "package.json": _package_json,
    "deno.json": _deno,
    "deno.jsonc": _deno,
    "pyproject.toml": _pyproject,
    "Pipfile": _pipfile,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "build.gradle": _gradle,
    "build.gradle.kts": _gradle,
    "pom.xml": _pom,
    "Package.swift": _package_swift,
    "Podfile": _podfile,
    "pubspec.yaml": _pubspec,
}
