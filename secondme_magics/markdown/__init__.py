"""Markdown to safe HTML, pure: blocks that never change once they are finished, code, math, safety."""
