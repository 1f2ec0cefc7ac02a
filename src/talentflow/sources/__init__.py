"""One module per provider: bytes to rows of evidence, and what could not be read."""
