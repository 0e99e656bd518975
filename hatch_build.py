"""Build hook: the wheel carries `rules/` inside the package, and the compiled form of its tables."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface[Any]):
    """Checks and compiles the data while the wheel is built, so that an installed tool starts fast and never meets bad data."""

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the data to a wheel. An editable install reads `rules/` where it is, so that an edit shows at once.

        Raises:
            KnowledgeError: the data is wrong; there is no wheel then."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from cybrid_audit.knowledge import _form, _source
            from cybrid_audit.knowledge._compile import compile_sections

            sections = compile_sections(_source.read_sources(_source.rules_root()))
        finally:
            sys.path.remove(self.root)
        self._folder = tempfile.TemporaryDirectory(prefix="cybrid-audit-build-")
        compiled = os.path.join(self._folder.name, "knowledge.json")
        with open(compiled, "wb") as file:
            file.write(_form.dump(sections, key=""))
        build_data["force_include"][compiled] = "cybrid_audit/_compiled/knowledge.json"
        build_data["force_include"][os.path.join(self.root, "rules")] = "cybrid_audit/rules"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written for the build."""
        if self._folder is not None:
            self._folder.cleanup()
