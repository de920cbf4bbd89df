"""The chat panel: an anywidget that shows a conversation and asks on in it."""
