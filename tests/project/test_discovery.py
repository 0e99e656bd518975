from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cybrid_audit.facts import Skipped
from cybrid_audit.project import Config, Project, TargetError, _files, open_project
from cybrid_audit.project.discovery import list_files

Make = Callable[..., Project]
SEED = "fetch('https://bank.sandbox.cybrid.app/api/trades')\n"


def reasons(project: Project) -> dict[str, str]:
    return {each.path: each.reason for each in project.skipped}


def test_a_missing_target_says_what_and_where(tmp_path: Path) -> None:
    with pytest.raises(TargetError) as error:
        open_project(str(tmp_path / "nowhere"), Config())
    assert str(tmp_path / "nowhere") in error.value.message
    assert error.value.hint


def test_a_target_that_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TargetError, match="neither"):
        open_project(str(tmp_path / "pipe"), Config())


def test_a_single_file_is_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text(SEED)
    (tmp_path / "b.ts").write_text(SEED)
    project = open_project(str(tmp_path / "a.ts"), Config())
    assert list(project.files) == ["a.ts"]
    assert project.relevant == ("a.ts",)
    assert project.root == os.path.realpath(tmp_path)


def test_a_target_that_is_a_symlink_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.ts").write_text(SEED)
    (tmp_path / "link").symlink_to("real")
    assert open_project(str(tmp_path / "link"), Config()).relevant == ("a.ts",)


def test_an_empty_folder_is_fine(tmp_path: Path) -> None:
    project = open_project(str(tmp_path), Config())
    assert (project.listed, project.scanned, project.relevant, project.skipped) == (0, 0, (), ())


def test_a_walk_honours_ignore_files_and_skips_what_is_nobodys_source(make: Make) -> None:
    project = make(
        {
            ".gitignore": "*.gen.ts\n/out/\n!keep.gen.ts\n",
            "a.ts": SEED,
            "x.gen.ts": SEED,
            "keep.gen.ts": SEED,
            "out/b.ts": SEED,
            "sub/.ignore": "c.ts\n",
            "sub/c.ts": SEED,
            "sub/out/d.ts": SEED,
            "node_modules/m/index.js": SEED,
            ".venv/lib/x.py": SEED,
            "package.json": "{}",
            "dist/bundle.js": SEED,
        }
    )
    assert list(project.files) == ["a.ts", "keep.gen.ts", "sub/out/d.ts"]


def test_git_lists_tracked_and_new_files_but_no_ignored_ones(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None]
) -> None:
    write(tmp_path, {"a.ts": SEED, "forced.ts": SEED, ".gitignore": "ignored.ts\nforced.ts\n", "gone.ts": SEED})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "add", "-f", "forced.ts")
    git(tmp_path, "commit", "-qm", "x")
    write(tmp_path, {"new.ts": SEED, "ignored.ts": SEED})
    (tmp_path / "gone.ts").unlink()
    project = open_project(str(tmp_path), Config())
    assert list(project.files) == ["a.ts", "forced.ts", "new.ts"]
    assert project.listed == 4
    assert project.skipped == ()


def test_a_folder_of_a_repository_is_a_target(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None]
) -> None:
    write(tmp_path, {"apps/api/a.ts": SEED, "b.ts": SEED})
    git(tmp_path, "init", "-q")
    assert list(open_project(str(tmp_path / "apps"), Config()).files) == ["api/a.ts"]


def test_repositories_inside_the_target_are_listed_too(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None]
) -> None:
    outer = tmp_path / "outer"
    write(tmp_path, {"lib/client.ts": SEED, "lib/.gitignore": "secret.ts\n", "lib/secret.ts": SEED})
    git(tmp_path / "lib", "init", "-q")
    git(tmp_path / "lib", "add", "-A")
    git(tmp_path / "lib", "commit", "-qm", "x")
    write(outer, {"a.ts": "import './vendored-client/client';", "loose/b.ts": SEED})
    git(outer, "init", "-q")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "lib"), "vendored-client")
    git(outer / "loose", "init", "-q")
    project = open_project(str(outer), Config())
    assert list(project.files) == ["a.ts", "loose/b.ts", "vendored-client/client.ts"]
    assert project.relevant == ("a.ts", "loose/b.ts", "vendored-client/client.ts")


def test_a_target_that_git_ignores_is_walked(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None]
) -> None:
    write(tmp_path, {".gitignore": "local/\n", "local/a.ts": SEED})
    git(tmp_path, "init", "-q")
    assert list(open_project(str(tmp_path / "local"), Config()).files) == ["a.ts"]


def test_the_repositorys_configuration_runs_nothing(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None]
) -> None:
    root = tmp_path / "repository"
    write(root, {"a.ts": SEED})
    git(root, "init", "-q")
    hook = tmp_path / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "alias.ls-files"):
        git(root, "config", name, str(hook))
    git(root, "config", "core.hooksPath", str(tmp_path))
    assert list(open_project(str(root), Config()).files) == ["a.ts"]
    assert not (tmp_path / "ran").exists()


def test_the_environment_of_a_git_hook_does_not_redirect(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"one/a.ts": SEED, "two/b.ts": SEED})
    git(tmp_path / "one", "init", "-q")
    git(tmp_path / "two", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "two" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "two"))
    assert list(open_project(str(tmp_path / "one"), Config()).files) == ["a.ts"]


def test_without_git_the_target_is_walked(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a.ts": SEED, ".gitignore": "b.ts\n", "b.ts": SEED})
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert list(open_project(str(tmp_path), Config()).files) == ["a.ts"]


# ---------------------------------------------------------------- hostile trees


def test_no_symlink_leads_out_of_the_tree(make: Make, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.ts").write_text(SEED)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.ts").symlink_to("../outside/secret.ts")
    (inside / "folder").symlink_to("../outside")
    (inside / "a.ts").write_text("import './link';\nimport './folder/secret';\n" + SEED)
    project = open_project(str(inside), Config())
    assert project.relevant == ("a.ts",)
    assert reasons(project) == {"link.ts": "a symlink out of the tree"}
    assert project.resolve("a.ts", "./link") is None
    assert project.resolve("a.ts", "./folder/secret") is None
    for path in ("link.ts", "folder/secret.ts", "../outside/secret.ts", "/etc/passwd"):
        with pytest.raises(OSError, match=r"not a file of the project|symbolic link"):
            project.source(path)
        assert project.text_file(path) is None


def test_gits_index_does_not_lead_through_a_symlink(
    tmp_path: Path, git: Callable[..., str], write: Callable[..., None]
) -> None:
    root = tmp_path / "repository"
    write(root, {"lib/secret.ts": SEED, "a.ts": SEED})
    git(root, "init", "-q")
    git(root, "add", "-A")
    write(tmp_path, {"outside/secret.ts": SEED})
    (root / "lib" / "secret.ts").unlink()
    (root / "lib").rmdir()
    (root / "lib").symlink_to("../outside")
    project = open_project(str(root), Config())
    assert project.relevant == ("a.ts",)
    with pytest.raises(OSError, match=r"not a file of the project|symbolic link"):
        project.source("lib/secret.ts")


def test_links_inside_the_tree_are_read_once_and_resolved(make: Make, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "shared").symlink_to("../shared")
    (tmp_path / "again.ts").symlink_to("shared/token.ts")
    project = make({"shared/token.ts": SEED, "web/page.ts": "import { t } from './shared/token';\n"})
    assert project.skipped == ()
    assert project.relevant == ("shared/token.ts", "web/page.ts")
    assert project.resolve("web/page.ts", "./shared/token") == "shared/token.ts"


def test_symlink_loops_end(make: Make, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "x.ts").symlink_to("y.ts")
    (tmp_path / "y.ts").symlink_to("x.ts")
    project = make({"a.ts": "import './loop/loop/a';\nimport './x';\n" + SEED})
    assert project.relevant == ("a.ts",)
    assert reasons(project) == {"x.ts": "a symlink that leads nowhere", "y.ts": "a symlink that leads nowhere"}


def test_a_named_pipe_does_not_block(tmp_path: Path, git: Callable[..., str]) -> None:
    (tmp_path / "a.ts").write_text(SEED)
    (tmp_path / "b.ts").write_text(SEED)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    (tmp_path / "b.ts").unlink()
    os.mkfifo(tmp_path / "b.ts")
    start = time.process_time()
    project = open_project(str(tmp_path), Config())
    assert time.process_time() - start < 5
    assert project.relevant == ("a.ts",)


def test_a_file_of_50_mb_is_skipped_and_named(make: Make, tmp_path: Path) -> None:
    with open(tmp_path / "big.ts", "wb") as file:
        file.truncate(50_000_000)
    with open(tmp_path / "big.csv", "wb") as file:
        file.truncate(50_000_000)
    project = make({"a.ts": SEED})
    assert reasons(project) == {"big.ts": "larger than 2 MB", "big.csv": "larger than 10 MB"}
    assert list(project.files) == ["a.ts"]


def test_binary_files_are_skipped_and_named(make: Make) -> None:
    project = make({"a.ts": b"\x00\x01cybrid", "b.py": SEED})
    assert reasons(project) == {"a.ts": "binary"}
    assert project.scanned == 2


def test_an_unreadable_file_is_skipped_and_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    read = _files.read

    def refuse(path: str, limit: int) -> bytes | None:
        if path.endswith("locked.ts"):
            raise PermissionError(13, "Permission denied")
        return read(path, limit)

    monkeypatch.setattr(_files, "read", refuse)
    project = make({"locked.ts": SEED, "a.ts": SEED})
    assert reasons(project) == {"locked.ts": "not readable: permission denied"}
    assert project.relevant == ("a.ts",)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_utf_8_is_read_under_an_escaped_one(make: Make, tmp_path: Path) -> None:
    place = os.fsencode(tmp_path) + b"/caf\xe9.ts"
    with open(place, "w") as file:
        file.write(SEED)
    project = make({})
    assert project.relevant == ("caf\\xe9.ts",)
    assert project.source("caf\\xe9.ts") == SEED.encode()
    project.relevant[0].encode()


def test_content_that_is_not_utf_8_is_read(make: Make) -> None:
    assert make({"a.py": b"# caf\xe9\nURL = 'https://bank.sandbox.cybrid.app'\n"}).relevant == ("a.py",)


def test_very_deep_folders_are_skipped_and_named(tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(130):
        os.mkdir("d", dir_fd=place)
        inner = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)
    project = open_project(str(tmp_path), Config())
    assert [each.reason for each in project.skipped] == ["more than 100 folders deep"]


def test_a_file_of_an_unsupported_language_that_names_the_platform_is_named(make: Make) -> None:
    project = make({"a.erl": "cybrid", "Client.scala": 'val host = "bank.sandbox.cybrid.app"', "Other.scala": "x"})
    assert project.skipped == (Skipped("Client.scala", "names the platform, but Scala is not read yet"),)


def test_progress_counts_up_to_the_total(tmp_path: Path, write: Callable[..., None]) -> None:
    write(tmp_path, {f"f{number}.ts": "x" for number in range(600)})
    calls: list[tuple[int, int]] = []
    open_project(str(tmp_path), Config(), lambda done, total: calls.append((done, total)))
    assert calls[-1] == (600, 600)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_include_and_exclude_narrow_the_project(make: Make) -> None:
    files = {"a/x.ts": SEED, "b/x.ts": SEED, "b/y.py": SEED}
    assert list(make(files, Config(include=("b",))).files) == ["b/x.ts", "b/y.py"]
    assert list(make(files, Config(exclude=("**/*.py", "a/**"))).files) == ["b/x.ts"]


def test_a_hostile_index_names_nothing_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.ts").write_text(SEED)

    def fake(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 0, b"a.ts\x00../b.ts\x00x/../../c.ts\x00/etc/d.ts\x00")

    monkeypatch.setattr(subprocess, "run", fake)
    assert list_files(str(tmp_path)).paths == ["a.ts"]
