"""Markdown to safe HTML, pure: blocks that never change when finished, code, math, safety."""
