"""Modules of Swift and Dart: what a source may use, which file a name or an address means, and on which side it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.facts import Side
from cybrid_audit.project import Project
from cybrid_audit.project.manifests import dependencies
from cybrid_audit.project.modules import dart, imports_of, swift

Make = Callable[..., Project]
SWIFT = 'let url = "https://bank.sandbox.cybrid.app/api/prices"\n'
DART = "const url = 'https://bank.sandbox.cybrid.app/api/prices';\n"

# ---------------------------------------------------------------- Swift


def test_what_a_swift_source_may_use() -> None:
    found = imports_of("swift", b"@testable import Core\nimport struct Foundation.URL\nlet a = B.c(d(), .e)\n")
    assert found >= {"Core", "Foundation.URL", "#B", "#c", "#d", "#e"}


@given(st.binary(max_size=400))
def test_any_bytes_have_imports(source: bytes) -> None:
    assert all(isinstance(name, str) for name in swift.imports_of(source) | dart.imports_of(source))


TREE = {
    "App/Client.swift": "public final class Client {\n    static let shared = Client()\n}\nprivate func helper() {}\n",
    "App/Scope.swift": "enum Scope: String { case read, write }\nindirect enum Tree {\n    case leaf(Int), node\n}\n",
    "App/Text.swift": "extension String {\n    var plain: String { self }\n    static let empty = 1\n}\n",
    "Core/Client.swift": "struct Client {}\n",
    "Core/Use.swift": "let use = 1\n",
}


@pytest.mark.parametrize(
    ("importer", "name", "expected"),
    [
        ("App/Scope.swift", "Client", ("App/Client.swift",)),
        ("Core/Use.swift", "Client", ("Core/Client.swift",)),
        ("App/Scope.swift", "helper", ("App/Client.swift",)),
        ("App/Client.swift", ".shared", ("App/Client.swift",)),
        ("App/Client.swift", ".write", ("App/Scope.swift",)),
        ("App/Client.swift", ".node", ("App/Scope.swift",)),
        ("App/Client.swift", "plain", ("App/Text.swift",)),
        ("App/Client.swift", ".empty", ("App/Text.swift",)),
        ("App/Client.swift", "%extension String", ("App/Text.swift",)),
        ("App/Client.swift", "Missing", ()),
    ],
)
def test_the_nearest_file_that_declares_a_name(make: Make, importer: str, name: str, expected: tuple[str, ...]) -> None:
    assert make(TREE).declaring(importer, name) == expected


def test_a_name_may_start_with_its_target(make: Make) -> None:
    assert make(TREE).declared("App/Scope.swift", "Core.Client.x")[0] == ("App/Client.swift", "Client.x")
    assert make(TREE).declared("Core/Use.swift", "Foundation.URL") == ()


def test_files_of_an_app_lead_to_each_other_without_imports(make: Make) -> None:
    project = make(
        {
            "App/Bank.swift": f"{SWIFT}struct Bank {{}}\n",
            "App/Screen.swift": "final class Screen { let bank = Bank() }\n",
            "App/Other.swift": "final class Other {}\n",
        }
    )
    assert set(project.relevant) == {"App/Bank.swift", "App/Screen.swift"}


# ---------------------------------------------------------------- Dart

PACKAGES = {
    "app/pubspec.yaml": "name: app\n",
    "app/lib/main.dart": "import 'src/a.dart';\n",
    "app/lib/src/a.dart": f"import 'package:core/core.dart';\n{DART}",
    "packages/core/pubspec.yaml": 'name: "core"\n',
    "packages/core/lib/core.dart": "export 'src/b.dart';\npart 'core.g.dart';\n",
    "packages/core/lib/core.g.dart": "part of 'core.dart';\n",
    "packages/core/lib/src/b.dart": "const b = 1;\n",
}


@pytest.mark.parametrize(
    ("importer", "address", "expected"),
    [
        ("app/lib/main.dart", "src/a.dart", "app/lib/src/a.dart"),
        ("app/lib/src/a.dart", "../main.dart", "app/lib/main.dart"),
        ("app/lib/src/a.dart", "package:core/core.dart", "packages/core/lib/core.dart"),
        ("app/lib/src/a.dart", "package:app/src/a.dart", "app/lib/src/a.dart"),
        ("packages/core/lib/core.g.dart", "core.dart", "packages/core/lib/core.dart"),
        ("app/lib/main.dart", "package:http/http.dart", None),
        ("app/lib/main.dart", "dart:convert", None),
        ("app/lib/main.dart", "../../../../etc/a.dart", None),
        ("app/lib/main.dart", "package:core/../../../../a.dart", None),
    ],
)
def test_the_file_of_an_address(make: Make, importer: str, address: str, expected: str | None) -> None:
    assert make(PACKAGES).resolve(importer, address) == expected


def test_addresses_of_imports_exports_and_parts() -> None:
    source = b"import 'dart:io';\nexport \"a.dart\" show B;\npart 'c.g.dart';\npart of 'd.dart';\nconst x = 'e.dart';\n"
    assert imports_of("dart", source) == {"dart:io", "./a.dart", "./c.g.dart", "./d.dart"}


def test_who_imports_a_dart_file_matters_with_it(make: Make) -> None:
    project = make(
        {
            **PACKAGES,
            "app/lib/src/c.dart": "import 'a.dart';\n",
            "app/lib/d.dart": "import 'package:app/src/c.dart';\n",
            "app/lib/e.dart": "import 'f.dart';\n",
            "app/lib/f.dart": "const f = 1;\n",
        }
    )
    assert set(project.relevant) >= {"app/lib/main.dart", "app/lib/src/a.dart", "app/lib/src/c.dart", "app/lib/d.dart"}
    assert not {"app/lib/e.dart", "app/lib/f.dart"} & set(project.relevant)


# ---------------------------------------------------------------- manifests and sides


def test_what_manifests_of_apps_declare() -> None:
    package = (
        b'.package(url: "https://github.com/vapor/vapor.git", from: "4.0.0"), // .package(url: "https://x.example/a/b")'
    )
    assert dependencies("Package.swift", package) == {"vapor/vapor"}
    assert dependencies("Podfile", b"  pod 'Moya/Combine', '~> 15'\n# pod 'No'\n") == {"pod:Moya/Combine"}
    spec = b"name: a\ndependencies:\n  flutter:\n    sdk: flutter\n  http: ^1.0.0\nflutter:\n  assets:\n"
    assert dependencies("pubspec.yaml", spec) == {"flutter", "http"}


VAPOR = 'let p = Package(dependencies: [.package(url: "https://github.com/vapor/vapor.git", from: "4.0.0")])\n'


@pytest.mark.parametrize(
    ("files", "path", "side"),
    [
        ({}, "App/A.swift", Side.CLIENT),
        ({"Podfile": "pod 'Alamofire'\n"}, "App/A.swift", Side.CLIENT),
        ({"Package.swift": VAPOR}, "Sources/App/A.swift", Side.SERVER),
        ({}, "Tests/AppTests/A.swift", Side.TEST),
        ({}, "App/ClientTests.swift", Side.TEST),
        ({"pubspec.yaml": "dependencies:\n  flutter:\n    sdk: flutter\n  shelf: any\n"}, "lib/a.dart", Side.CLIENT),
        ({"pubspec.yaml": "dependencies:\n  shelf: any\n"}, "bin/a.dart", Side.SERVER),
        ({}, "lib/a.dart", Side.CLIENT),
        ({}, "lib/a_test.dart", Side.TEST),
        ({}, "integration_test/a.dart", Side.TEST),
    ],
)
def test_on_which_side_a_source_runs(make: Make, files: dict[str, str], path: str, side: Side) -> None:
    project = make({path: SWIFT if path.endswith(".swift") else DART, **files})
    assert project.files[path].side is side


@pytest.mark.parametrize(
    ("name", "line", "side"),
    [
        ("A.swift", "import Vapor", Side.SERVER),
        ("A.swift", "import UIKit", Side.CLIENT),
        ("a.dart", "import 'package:shelf/shelf.dart';", Side.SERVER),
        ("a.dart", "import 'package:flutter/material.dart';", Side.CLIENT),
    ],
)
def test_imports_tell_where_no_manifest_does(make: Make, name: str, line: str, side: Side) -> None:
    text = SWIFT if name.endswith(".swift") else DART
    assert make({name: f"{line}\n\n{text}"}).files[name].side is side
