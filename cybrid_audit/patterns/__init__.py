"""Patterns that semgrep looks for in the files that matter: an optional engine beside ours, in a process of its own.

Started once the files are known, asked for its answer once the engine is done. What it matches becomes facts, which a rule judges
like all others. Nothing here is imported unless it is asked for; semgrep itself never is."""

from __future__ import annotations

from cybrid_audit.patterns.known import without_known
from cybrid_audit.patterns.rule_files import Pattern, RuleSet, rule_set
from cybrid_audit.patterns.run import matching

__all__ = ["Pattern", "RuleSet", "matching", "rule_set", "without_known"]
