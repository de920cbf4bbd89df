"""The demo instance: a real HTTP server with notes in place of a model."""
