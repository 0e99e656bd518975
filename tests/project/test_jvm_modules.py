"""Packages of Kotlin and Java: what a source may use, which file a name means, and on which side it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.facts import Side
from cybrid_audit.project import Project
from cybrid_audit.project.manifests import dependencies
from cybrid_audit.project.modules.jvm import imports_of, package_of

Make = Callable[..., Project]
CALL = 'val url = "https://bank.sandbox.cybrid.app/api/prices"\n'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("package a.b\nimport c.D\nval x = E()", {"#c.D", "#a.b.D", "#a.b.E"}),
        ("import a.*\nfun f() = g(H)", {"#a.f", "#a.g", "#a.H", "#f", "#g", "#H"}),
        ("package a; import static b.C.d;", {"#b.C.d", "#a.C"}),
        ("package `in`.b\nimport x.`is`", {"#x.is"}),
        ("", set()),
    ],
)
def test_what_a_source_may_use(source: str, expected: set[str]) -> None:
    assert imports_of(source.encode()) == expected


@given(st.binary(max_size=400))
def test_any_bytes_have_imports(source: bytes) -> None:
    assert all(isinstance(name, str) for name in imports_of(source))
    assert isinstance(package_of(source), str)


TREE = {
    "app/src/main/java/com/x/Client.kt": "package com.x\n\nclass Client { companion object { const val HOST = 1 } }\n",
    "elsewhere/Helpers.kt": 'package com.x.net\n\n@JvmName("a") internal suspend inline fun <reified T> List<T>.ask(): T = TODO()\nprivate const val A = 1\n',
    "app/src/main/java/com/x/Old.java": "package com.x;\n\npublic final class Old {}\n",
    "lib/src/main/kotlin/com/x/Client.kt": "package com.x\n\ninterface Client\n",
    "lib/src/main/kotlin/com/x/Use.kt": "package com.x\n",
    "Root.kt": "object Root\n",
}


@pytest.mark.parametrize(
    ("importer", "name", "expected"),
    [
        ("elsewhere/Helpers.kt", "com.x.Client", ("app/src/main/java/com/x/Client.kt", "Client")),
        ("lib/src/main/kotlin/com/x/Use.kt", "com.x.Client", ("lib/src/main/kotlin/com/x/Client.kt", "Client")),
        ("Root.kt", "com.x.Client.Companion.HOST", ("app/src/main/java/com/x/Client.kt", "Client.Companion.HOST")),
        ("Root.kt", "com.x.net.ask", ("elsewhere/Helpers.kt", "ask")),
        ("Root.kt", "com.x.net.A", ("elsewhere/Helpers.kt", "A")),
        ("Root.kt", "com.x.Old", ("app/src/main/java/com/x/Old.java", "Old")),
        ("elsewhere/Helpers.kt", "Root", ("Root.kt", "Root")),
    ],
)
def test_the_nearest_file_that_declares_a_name(make: Make, importer: str, name: str, expected: tuple[str, str]) -> None:
    assert make(TREE).declared(importer, name)[0] == expected


@pytest.mark.parametrize("name", ["com.x", "com.x.Missing", "okhttp3.OkHttpClient", "", "."])
def test_what_nobody_declares_is_a_library(make: Make, name: str) -> None:
    assert make(TREE).declared("Root.kt", name) == ()


def test_files_of_a_package_lead_to_each_other_without_imports(make: Make) -> None:
    project = make(
        {
            "a/One.kt": f"package p\n\n{CALL}fun bank() = url\n",
            "b/Two.kt": "package p\n\nfun two() = bank()\n",
            "c/Three.kt": "package q\n\nimport p.two\n\nfun three() = two()\n",
            "d/Four.kt": "package q\n\nfun four() = 4\n",
        }
    )
    assert set(project.relevant) == {"a/One.kt", "b/Two.kt", "c/Three.kt"}


# ---------------------------------------------------------------- manifests and sides

ANDROID = 'plugins {\n    id("com.android.application")\n}\n'
KTOR = 'dependencies {\n    implementation("io.ktor:ktor-server-netty:2.3.12")\n    // id("com.android.library")\n}\n'


def test_a_build_script_declares_libraries_and_plugins() -> None:
    script = b"""
plugins { id 'com.android.library'; alias(libs.plugins.kotlin.android); kotlin("jvm") }
apply plugin: 'com.google.gms'
dependencies { implementation "a.b:c-d:1.0"; api(libs.okhttp) } // implementation "no:thing:1"
"""
    assert dependencies("build.gradle", script) >= {
        "com.android.library", "libs.plugins.kotlin.android", "kotlin:jvm", "com.google.gms", "a.b:c-d", "libs.okhttp",
    }  # fmt: skip
    assert "no:thing" not in dependencies("build.gradle.kts", script)
    pom = b"<dependency><groupId>a.b</groupId><artifactId>c</artifactId></dependency><!-- <groupId>x</groupId><artifactId>y</artifactId> -->"
    assert dependencies("pom.xml", pom) == {"a.b:c"}


@pytest.mark.parametrize(
    ("files", "path", "side"),
    [
        ({"app/build.gradle.kts": ANDROID}, "app/src/main/java/x/A.kt", Side.CLIENT),
        ({"app/build.gradle.kts": ANDROID}, "app/build.gradle.kts", Side.SERVER),
        ({"app/build.gradle.kts": ANDROID}, "app/src/test/java/x/A.kt", Side.TEST),
        ({"app/build.gradle.kts": ANDROID}, "app/src/androidTest/java/x/A.kt", Side.TEST),
        ({"app/build.gradle.kts": ANDROID}, "app/src/main/java/x/ClientTest.kt", Side.TEST),
        ({"app/build.gradle": "apply plugin: 'com.android.application'"}, "app/src/main/java/x/A.java", Side.CLIENT),
        ({"server/build.gradle.kts": KTOR}, "server/src/main/kotlin/x/A.kt", Side.SERVER),
        ({}, "src/main/kotlin/x/A.kt", Side.SERVER),
    ],
)
def test_on_which_side_a_source_runs(make: Make, files: dict[str, str], path: str, side: Side) -> None:
    project = make({path: CALL if path.endswith(".kt") else "class A {}\n", **files})
    assert project.files[path].side is side


@pytest.mark.parametrize(
    ("line", "side"),
    [
        ("import android.app.Activity", Side.CLIENT),
        ("import io.ktor.server.application.call", Side.SERVER),
        ("import okhttp3.Request", Side.SERVER),
    ],
)
def test_imports_tell_where_no_manifest_does(make: Make, line: str, side: Side) -> None:
    assert make({"A.kt": f"package a\n\n{line}\n\n{CALL}"}).files["A.kt"].side is side


def test_a_module_between_is_on_the_side_of_the_app_that_uses_it(make: Make) -> None:
    project = make(
        {
            "app/build.gradle.kts": ANDROID,
            "app/src/main/java/x/A.kt": "package x\n\nimport y.bank\n\nval a = bank()\n",
            "core/build.gradle.kts": 'plugins { kotlin("jvm") }\n',
            "core/src/main/kotlin/y/B.kt": f"package y\n\n{CALL}fun bank() = url\n",
        }
    )
    assert project.files["core/src/main/kotlin/y/B.kt"].side is Side.CLIENT
