"""Images: their layers, what is in them, what is wasted. Untrusted input, never extracted."""
