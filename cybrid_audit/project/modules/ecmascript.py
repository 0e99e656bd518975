"""The module systems of TypeScript and JavaScript: ES modules, CommonJS, path aliases, workspaces, import maps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.limits import MAX_TSCONFIG_CHAIN
from cybrid_audit.project import _jsonc
from cybrid_audit.project.modules import SYSTEMS, Gate
from cybrid_audit.project.modules._places import normal
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.project.modules import Tree

# One expression a keyword: with a literal in front, each runs ten times as fast as one for all of them.
_SPECIFIERS: Final = tuple(
    re.compile(keyword + rb"""\s{0,80}["'`]([^"'`\n]{1,400})["'`]""")
    for keyword in (rb"from", rb"require\(", rb"import\s{0,80}\(?")
)

_EXTENSIONS: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts")
_PLATFORM_EXTENSIONS: Final = (".native", ".web", ".ios", ".android")
# An import may spell the output of the compiler for the source.
_WRITTEN_FOR: Final = {
    ".js": (".ts", ".tsx", ".jsx"),
    ".jsx": (".tsx",),
    ".mjs": (".mts",),
    ".cjs": (".cts",),
}
_NAME: Final = re.compile(rb'"name"\s*:\s*"([^"\n]{1,214})"')
_ALIASING: Final = re.compile(rb'"(?:paths|baseUrl)"')
_CONFIGURATIONS: Final = ("tsconfig.json", "jsconfig.json", "tsconfig.base.json")
_IMPORT_MAPS: Final = ("deno.json", "deno.jsonc", "import_map.json", "importMap.json")
_CONVENTIONAL: Final = ("@/", "~/", "~~/", "@@/", "src/")
_BUNDLER_ALIAS: Final = re.compile(r"[@~$]([\w-]+)/(.+)")
_WORKSPACES: Final = ("angular.json", "project.json", "workspace.json")
_REPLACEMENT: Final = re.compile(
    rb"""\{\s{0,200}"(?:replace|src)"\s{0,80}:\s{0,80}"([^"\n]{1,400})"\s{0,80},\s{0,200}"(?:with|replaceWith)"\s{0,80}:\s{0,80}"([^"\n]{1,400})\""""
)
_VARIANT: Final = re.compile(
    r"(.*\benvironments/environment)\.[\w-]+(\.[jt]s)$|(.*)\.(?:ios|android|native|web)(\.[jt]sx?)$"
)
_CONDITIONS: Final = ("import", "require", "node", "default", "types", "source", "development", "module", "browser")


def imports_of(source: bytes) -> set[str]:
    """Return module specifiers as they are written."""
    found = {each for expression in _SPECIFIERS for each in expression.findall(source)}
    return {each.decode("utf-8", "replace") for each in found}


@dataclass(frozen=True, slots=True)
class _Aliases:
    """The path aliases of one configuration: patterns with at most one `*`, the longest first, to places from the root."""

    patterns: tuple[tuple[str, tuple[str, ...]], ...]
    base: str | None


class Resolver:
    """Finds the file of a module specifier."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._found: dict[tuple[str, str], str | None] = {}
        self._aliases_of_folder: dict[str, tuple[_Aliases, ...]] = {}
        self._maps_of_folder: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {}
        self._manifests: dict[str, dict[str, Any]] = {}
        self._workspaces: dict[str, list[str]] | None = None
        self._replacements: dict[str, list[str]] | None = None

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the file of a specifier, or None for a library."""
        folder = importer.rpartition("/")[0]
        key = (folder, module)
        try:
            return self._found[key]
        except KeyError:
            result = self._found[key] = self._resolve(folder, importer, module)
            return result

    def _resolve(self, folder: str, importer: str, module: str) -> str | None:
        name = module.split("?", 1)[0]
        if not name or "\0" in name:
            return None
        if name.startswith(("./", "../")) or name in (".", ".."):
            place = normal(folder, name)
            return None if place is None else self._file(place)
        if name.startswith("/"):
            return self._first(self._tree.package_root(importer), "", rest=name[1:])
        if name.startswith("#"):
            found = self._own_import(importer, name)
            return found if found is not None else self._aliased(folder, name)
        mapped = self._mapped(folder, name)
        if mapped is not None:
            return mapped
        if re.match(r"[a-z]+:", name):
            return None
        found = self._aliased(folder, name)
        if found is None:
            found = self._workspace(name)
        if found is None:
            found = self._conventional(importer, name)
        return found

    # ------------------------------------------------------------ files in place of others

    def stand_ins(self, path: str) -> tuple[str, ...]:
        """Return the files that a build puts in a file's place: by `fileReplacements` of a workspace, or by name beside it.

        Names count for the environments of Angular (`environments/environment.prod.ts`) and for the platforms of React Native."""
        if self._replacements is None:
            self._replacements = dict[str, list[str]]()
            for each in self._tree.json_files:
                if each.rpartition("/")[2] in _WORKSPACES:
                    data = self._tree.text_file(each) or b""
                    for old, new in _REPLACEMENT.findall(data) if b"fileReplacements" in data else ():
                        for base in dict.fromkeys((each.rpartition("/")[0], "")):
                            names = [normal(base, name.decode("utf-8", "replace")) for name in (old, new)]
                            if None not in names and names[1] in self._tree.sources:
                                self._replacements.setdefault(str(names[0]), []).append(str(names[1]))
            for each in self._tree.sources:
                beside = _VARIANT.match(each)
                if beside is not None:
                    stem, suffix = (part for part in beside.groups() if part is not None)
                    self._replacements.setdefault(stem + suffix, []).append(each)
        found = self._replacements.get(path, ())
        return tuple(each for each in dict.fromkeys(found) if each != path)

    # ------------------------------------------------------------ what may import what

    def gates(self, package: str, targets: Collection[str]) -> Iterator[Gate]:
        """Return the package's name where a manifest knows it, the aliases that lead into it, and its folder for those around it."""
        if not any(SYSTEMS.get(self._tree.sources.get(target, "")) == "ecmascript" for target in targets):
            return
        name = self._manifest(package).get("name")
        if isinstance(name, str) and name:
            text = name.encode()
            for folder in self._manifest_folders():
                if folder != package and text in (self._tree.text_file(_join(folder, "package.json")) or b""):
                    yield Gate(folder, text)
        if package:
            above, _, last = package.rpartition("/")
            while True:
                yield Gate(above, last.encode(), is_package=True)
                if not above:
                    break
                above = above.rpartition("/")[0]
        for folder, alias, target in self._all_aliases():
            if not alias:
                # Names from a base that lies above the package go through its folder.
                if target and package.startswith(f"{target}/"):
                    yield Gate(folder, package.rpartition("/")[2].encode())
            elif target.startswith(f"{package}/") or target == package or f"{package}/".startswith(target):
                yield Gate(folder, alias.encode())

    def opaque_names(self) -> Iterator[str]:
        """Return the names of packages and the aliases of single files."""
        yield from self._named()
        yield from ("$lib", "@", "~")
        yield from (alias for _, alias, _ in self._all_aliases() if alias)

    def _all_aliases(self) -> Iterator[tuple[str, str, str]]:
        """Yield the folder in which an alias counts, its constant beginning, and that of the place it leads to.

        The alias is empty for the base of plain names."""
        for path in self._tree.json_files:
            folder, _, name = path.rpartition("/")
            if name in _IMPORT_MAPS:
                for base, imports in self._maps_above(folder):
                    for key, target in imports.items():
                        place = normal(base, target) if target.startswith(("./", "../")) else None
                        if place is not None and base == folder:
                            yield folder, key, place
            elif name.startswith(("tsconfig", "jsconfig")) and _ALIASING.search(self._tree.text_file(path) or b""):
                for aliases in self._aliases_of(path, 0):
                    if aliases.base is not None:
                        yield folder, "", aliases.base
                    for pattern, targets in aliases.patterns:
                        for target in targets:
                            yield folder, pattern.partition("*")[0], target.partition("*")[0]

    # ------------------------------------------------------------ files

    def _file(self, place: str) -> str | None:
        """Return the source that a place without a sure extension means: a file, or a folder's index."""
        found = self._exact(place)
        if found is None:
            real = self._tree.through_links(place)
            if real is not None and real != place:
                found = self._exact(real)
        return found

    def _exact(self, place: str) -> str | None:
        sources = self._tree.sources
        if place in sources:
            return place
        dot = place.rfind(".")
        if dot > place.rfind("/"):
            for extension in _WRITTEN_FOR.get(place[dot:], ()):
                if place[:dot] + extension in sources:
                    return place[:dot] + extension
        for extension in _EXTENSIONS:
            if place + extension in sources:
                return place + extension
        inside = f"{place}/" if place else ""
        for extension in _EXTENSIONS:
            if f"{inside}index{extension}" in sources:
                return f"{inside}index{extension}"
        if f"{inside}package.json" in self._tree.tracked:
            entry = self._entry(place, ".")
            if entry is not None:
                return entry
        for platform in _PLATFORM_EXTENSIONS:
            for extension in _EXTENSIONS[:6]:
                if f"{place}{platform}{extension}" in sources:
                    return f"{place}{platform}{extension}"
        return None

    def _first(self, *bases: str, rest: str) -> str | None:
        for base in bases:
            place = normal(base, rest)
            found = None if place is None else self._file(place)
            if found is not None:
                return found
        return None

    # ------------------------------------------------------------ tsconfig, jsconfig

    def _aliased(self, folder: str, name: str) -> str | None:
        for aliases in self._aliases_above(folder):
            for pattern, targets in aliases.patterns:
                head, star, tail = pattern.partition("*")
                if star:
                    if not (name.startswith(head) and name.endswith(tail) and len(name) >= len(head) + len(tail)):
                        continue
                    middle = name[len(head) : len(name) - len(tail) if tail else None]
                elif name == pattern:
                    middle = ""
                else:
                    continue
                for target in targets:
                    found = self._file(target.replace("*", middle))
                    if found is not None:
                        return found
            if aliases.base is not None:
                found = self._first(aliases.base, rest=name)
                if found is not None:
                    return found
        return None

    def _aliases_above(self, folder: str) -> tuple[_Aliases, ...]:
        """Return the aliases that hold in a folder: the nearest configuration's first."""
        held = self._aliases_of_folder.get(folder)
        if held is None:
            own = tuple(self._aliases_in(folder))
            above = self._aliases_above(folder.rpartition("/")[0]) if folder else ()
            held = self._aliases_of_folder[folder] = own + above
        return held

    def _aliases_in(self, folder: str) -> Iterator[_Aliases]:
        for name in _CONFIGURATIONS:
            path = _join(folder, name)
            if path in self._tree.tracked:
                yield from self._aliases_of(path, 0)

    def _aliases_of(self, path: str, depth: int) -> Iterator[_Aliases]:
        if depth > MAX_TSCONFIG_CHAIN:
            return
        data = self._tree.text_file(path)
        content = _jsonc.parse(data) if data is not None else {}
        folder = path.rpartition("/")[0]
        options = content.get("compilerOptions")
        options = options if isinstance(options, dict) else {}
        base = options.get("baseUrl")
        base = normal(folder, base) if isinstance(base, str) else None
        paths = options.get("paths")
        patterns: list[tuple[str, tuple[str, ...]]] = []
        for pattern, targets in paths.items() if isinstance(paths, dict) else ():
            if isinstance(targets, list) and pattern.count("*") <= 1:
                places = (
                    normal(base if base is not None else folder, each) for each in targets if isinstance(each, str)
                )
                patterns.append((pattern, tuple(each for each in places if each is not None)))
        # The longest prefix wins, as in the compiler.
        patterns.sort(key=lambda row: len(row[0].partition("*")[0]), reverse=True)
        if patterns or base is not None:
            yield _Aliases(tuple(patterns), base)
        extended = content.get("extends")
        for each in extended if isinstance(extended, list) else [extended]:
            target = self._configuration(folder, each)
            if target is not None:
                yield from self._aliases_of(target, depth + 1)
        # A configuration that only lists others (Vite's) leaves the aliases to them.
        references = content.get("references")
        for reference in references if isinstance(references, list) else ():
            place = reference.get("path") if isinstance(reference, dict) else None
            target = self._configuration(folder, place) if isinstance(place, str) and place.endswith(".json") else None
            if target is not None and target.rpartition("/")[0] == folder:
                yield from self._aliases_of(target, depth + 1)

    def _configuration(self, folder: str, name: Any) -> str | None:
        if not isinstance(name, str):
            return None
        if not name.startswith("."):
            package, rest = _package_of(name)
            place = self._workspace_folder(package)
            if place is None:
                return None
            folder, name = place, rest or "tsconfig.json"
        place = normal(folder, name)
        for candidate in (place, f"{place}.json", f"{place}/tsconfig.json"):
            if place is not None and candidate in self._tree.tracked:
                return candidate
        return None

    # ------------------------------------------------------------ package.json

    def _manifest(self, folder: str) -> dict[str, Any]:
        held = self._manifests.get(folder)
        if held is None:
            data = self._tree.text_file(_join(folder, "package.json"))
            held = self._manifests[folder] = _jsonc.parse(data) if data is not None else {}
        return held

    def _own_import(self, importer: str, name: str) -> str | None:
        folder = self._tree.package_root(importer)
        imports = self._manifest(folder).get("imports")
        return self._exported(folder, imports, name) if isinstance(imports, dict) else None

    def _workspace_folder(self, name: str) -> str | None:
        """Return the folder of a package of this tree."""
        for folder in self._named().get(name, ()):
            if self._manifest(folder).get("name") == name:
                return folder
        return None

    def _named(self) -> dict[str, list[str]]:
        """Return, for every text that a `package.json` calls a name, the folders of such files, the outermost first."""
        if self._workspaces is None:
            self._workspaces = {}
            for folder in sorted(self._manifest_folders(), key=lambda each: (each.count("/"), each)):
                for name in _NAME.findall(self._tree.text_file(_join(folder, "package.json")) or b""):
                    folders = self._workspaces.setdefault(name.decode("utf-8", "replace"), [])
                    if folder not in folders:
                        folders.append(folder)
        return self._workspaces

    def _manifest_folders(self) -> Iterator[str]:
        for path in self._tree.json_files:
            folder, _, name = path.rpartition("/")
            if name == "package.json" and "node_modules/" not in path:
                yield folder

    def _workspace(self, name: str) -> str | None:
        package, rest = _package_of(name)
        folder = self._workspace_folder(package)
        if folder is None:
            return None
        found = self._entry(folder, f"./{rest}" if rest else ".")
        if found is None and rest:
            found = self._first(folder, _join(folder, "src"), _join(folder, "lib"), rest=rest)
        return found

    def _entry(self, folder: str, subpath: str) -> str | None:
        """Return the source behind a package's entry; built files are taken back to the sources they are built from."""
        manifest = self._manifest(folder)
        exports = manifest.get("exports")
        if isinstance(exports, str) or (isinstance(exports, dict) and not any(key.startswith(".") for key in exports)):
            exports = {".": exports}
        if isinstance(exports, dict):
            found = self._exported(folder, exports, subpath)
            if found is not None:
                return found
        if subpath != ".":
            return None
        for key in ("source", "module", "main", "types", "typings", "browser"):
            target = manifest.get(key)
            if isinstance(target, str):
                found = self._built(folder, target)
                if found is not None:
                    return found
        for place in ("src/index", "index", "lib/index", "src/main", "main", "src"):
            target_place = _join(folder, place)
            for extension in _EXTENSIONS:
                if target_place + extension in self._tree.sources:
                    return target_place + extension
        return None

    def _exported(self, folder: str, table: dict[str, Any], name: str) -> str | None:
        rows = sorted(table.items(), key=lambda row: len(row[0]), reverse=True)
        for pattern, target in rows:
            head, star, tail = pattern.partition("*")
            if not star and pattern == name:
                middle = ""
            elif star and name.startswith(head) and name.endswith(tail) and len(name) >= len(head) + len(tail):
                middle = name[len(head) : len(name) - len(tail) if tail else None]
            else:
                continue
            for each in _targets(target, 0):
                found = self._built(folder, each.replace("*", middle))
                if found is not None:
                    return found
        return None

    def _built(self, folder: str, target: str) -> str | None:
        place = normal(folder, target)
        if place is None:
            return None
        inner = place[len(folder) + 1 if folder else 0 :]
        top, slash, rest = inner.partition("/")
        if slash and top in ("dist", "build", "lib", "out", "esm", "cjs", "output"):
            # Before the built file itself, which may be tracked too.
            for again in (rest, rest.partition("/")[2]):
                stem = re.sub(r"\.d\.[mc]?ts$|\.[mc]?[jt]sx?$", "", again)
                for base in (_join(folder, "src"), folder):
                    found = self._file(_join(base, stem)) if stem else None
                    if found is not None:
                        return found
        return self._file(place)

    # ------------------------------------------------------------ import maps, conventions

    def _mapped(self, folder: str, name: str) -> str | None:
        for base, imports in self._maps_above(folder):
            for key in sorted(imports, key=len, reverse=True):
                if name == key or (key.endswith("/") and name.startswith(key)):
                    target = imports[key] + name[len(key) :]
                    if target.startswith(("./", "../", "/")):
                        return self._first(base, rest=target.removeprefix("/"))
                    return None
        return None

    def _maps_above(self, folder: str) -> tuple[tuple[str, dict[str, str]], ...]:
        held = self._maps_of_folder.get(folder)
        if held is None:
            own = []
            for file in _IMPORT_MAPS:
                path = _join(folder, file)
                data = self._tree.text_file(path) if path in self._tree.tracked else None
                content = _jsonc.parse(data).get("imports") if data is not None else None
                if isinstance(content, dict):
                    own.append((folder, {key: each for key, each in content.items() if isinstance(each, str)}))
            above = self._maps_above(folder.rpartition("/")[0]) if folder else ()
            held = self._maps_of_folder[folder] = tuple(own) + above
        return held

    def _conventional(self, importer: str, name: str) -> str | None:
        """Return what a usual alias means when no configuration of the tree says it."""
        package = self._tree.package_root(importer)
        if name.startswith("$lib/") or name == "$lib":
            return self._first(_join(package, "src/lib"), rest=name[5:] or "index")
        for prefix in _CONVENTIONAL:
            if name.startswith(prefix):
                rest = name[len(prefix) :] if prefix != "src/" else name
                return self._first(_join(package, "src"), package, _join(package, "app"), rest=rest)
        # A bundler's configuration is code. Its aliases are mostly called like the folders they mean: `@lib/…`, `$lib/…`.
        alias = _BUNDLER_ALIAS.fullmatch(name)
        if alias is not None and "/".join(name.split("/")[:2]) not in self._tree.packages(importer):
            return self._first(_join(package, "src"), package, _join(package, "app"), rest=f"{alias[1]}/{alias[2]}")
        return None


def _package_of(name: str) -> tuple[str, str]:
    """Return a bare specifier's package and the path behind it."""
    parts = name.split("/")
    size = 2 if name.startswith("@") else 1
    return "/".join(parts[:size]), "/".join(parts[size:])


def _targets(target: Any, depth: int) -> Iterator[str]:
    """Yield the files of an entry of `exports` or `imports`, whatever the condition."""
    if isinstance(target, str):
        yield target
    elif depth < 8 and isinstance(target, list):
        for each in target:
            yield from _targets(each, depth + 1)
    elif depth < 8 and isinstance(target, dict):
        order = [*(key for key in _CONDITIONS if key in target), *(key for key in target if key not in _CONDITIONS)]
        for key in order:
            yield from _targets(target[key], depth + 1)


def _join(base: str, rest: str) -> str:
    if not base or not rest:
        return base or rest
    return f"{base}/{rest}"
