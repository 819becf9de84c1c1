"""Rules over the Dockerfile model: facts in, findings out. Pure but for the context on disk."""
