"""Gives tests the builders of facts; test folders are no packages, so they are loaded by path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

BUILDERS = Path(__file__).resolve().parent.parent / "judges" / "builders.py"


@pytest.fixture(scope="session")
def make() -> ModuleType:
    """Facts made by hand: see `builders.py`."""
    spec = importlib.util.spec_from_file_location("facts_builders", BUILDERS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
