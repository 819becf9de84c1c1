"""Layer caching."""
