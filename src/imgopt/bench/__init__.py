"""Measuring: scenarios, runs on a real BuildKit, statistics."""
