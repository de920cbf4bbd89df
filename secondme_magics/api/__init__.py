"""Talking to an instance: where it answers, what travels, and the one module that knows requests."""
