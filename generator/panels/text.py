"""Text: Markdown between the panels (`content`)."""

from __future__ import annotations

from generator.panels.parts.visualisation import Look, Subject, Visualisation


def look(subject: Subject) -> Look:
    """Show Markdown."""
    code = {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False}
    content = str(subject.option("content", ""))
    return Look(options={"code": code, "content": content, "mode": "markdown"})


TEXT = Visualisation("text", "text", look, options=frozenset({"content"}))
