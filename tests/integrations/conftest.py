"""What tests of an installation share: the dependencies, without a network and without the editable install of the tool."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def borrowed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which pip takes for installed what these tests run with, and downloads nothing."""
    folder = tmp_path_factory.mktemp("packages")
    for place in sys.path:
        for each in Path(place).glob("*") if place.endswith("site-packages") else ():
            # A .pth file is not read there; the rest of our editable install is what would pass for the tool.
            if not each.name.startswith(("cybrid_audit", "__editable__")) and not (folder / each.name).exists():
                (folder / each.name).symlink_to(each)
    return {"PYTHONPATH": str(folder), "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
