"""A conversation and its turns, pure: what is sent, how an answer is read, what is kept of it."""
