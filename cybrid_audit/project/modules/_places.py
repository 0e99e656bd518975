"""Places in the tree that imports name."""

from __future__ import annotations


def normal(folder: str, name: str) -> str | None:
    """Return a place relative to the root, or None when it lies outside."""
    parts = folder.split("/") if folder else []
    for each in name.split("/"):
        if each == "..":
            if not parts:
                return None
            parts.pop()
        elif each not in ("", "."):
            parts.append(each)
    return "/".join(parts)
