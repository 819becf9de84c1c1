"""IMG3: bytes that an image holds and nothing needs."""
