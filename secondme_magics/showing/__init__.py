"""An answer on its way to a reader: frame by frame, as HTML and as text. Touches no front end."""
