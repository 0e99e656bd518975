"""The wheel carries all it needs: rules, their compiled form, the command."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from cybrid_audit import __version__

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "token-shop"

pytestmark = [pytest.mark.wheel, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as an installer would, but with the pinned tools of this environment."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `bin` folder of a fresh environment that has the wheel, and borrows only its dependencies."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True,
        capture_output=True,
    )
    site = next((folder / "lib").glob("python*/site-packages"))
    # A path in a .pth file brings the packages there, but not the .pth files there: our editable install stays away.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8"}
    return subprocess.run([*command], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_it_carries_every_file_of_the_rules(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for file in (ROOT / "rules").rglob("*"):
        if file.is_file():
            assert f"cybrid_audit/rules/{file.relative_to(ROOT / 'rules').as_posix()}" in names
    assert "cybrid_audit/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "examples/", "rules/"))]


def test_its_compiled_form_is_that_of_its_rules(wheel: Path) -> None:
    from cybrid_audit.knowledge import _form, _source
    from cybrid_audit.knowledge._compile import compile_sections

    shipped = _form.read(zipfile.ZipFile(wheel).read("cybrid_audit/_compiled/knowledge.json"), key=None)
    assert shipped is not None
    fresh = compile_sections(_source.read_sources(_source.rules_root()))
    assert {name: shipped.section(name) for name in shipped.names} == json.loads(json.dumps(fresh))


def test_the_installed_command_audits(installed: Path, tmp_path: Path) -> None:
    version = run(installed / "cybrid-audit", "--version", cwd=tmp_path)
    assert version.stdout == f"cybrid-audit {__version__}\n"
    done = run(installed / "cybrid-audit", "scan", "--format", "json", EXAMPLE, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["findings"]


def test_the_installed_package_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = (
        "import cybrid_audit; from cybrid_audit.knowledge import _source, _cache; "
        "print(cybrid_audit.__file__, _source.source_folder(), _source.shipped_form() is not None)"
    )
    done = run(installed / "python", "-c", code, cwd=tmp_path)
    place, source, shipped = done.stdout.split()
    assert place.startswith(str(installed.parent))
    assert (source, shipped) == ("None", "True")


def test_the_installed_command_explains(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "cybrid-audit", "explain", "hardcoded-client-secret", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# hardcoded-client-secret\n")


def test_the_wheel_works_zipped(wheel: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r}); from cybrid_audit.cli import main; import cybrid_audit; "
        "assert '.whl' in cybrid_audit.__file__; sys.exit(main(['explain', 'AT-1']))"
    )
    done = run(sys.executable, "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# AT-1: ")


def test_the_page_that_reports_is_in_the_wheel_even_zipped(wheel: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r}); from cybrid_audit.cli import main; import cybrid_audit; "
        f"assert '.whl' in cybrid_audit.__file__; sys.exit(main(['scan', '--format', 'html', {str(EXAMPLE)!r}]))"
    )
    done = run(sys.executable, "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("<!DOCTYPE html>\n")
