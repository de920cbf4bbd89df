"""Talking to an instance: where it answers, what travels, and who asks it."""
