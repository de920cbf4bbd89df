"""The IPython extension: magics, prompts, and answers that grow in a cell."""
