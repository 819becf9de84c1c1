"""Image size."""
