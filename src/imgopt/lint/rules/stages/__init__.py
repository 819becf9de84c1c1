"""IMG2: what multi-stage builds keep apart, and how their stages hang together."""
