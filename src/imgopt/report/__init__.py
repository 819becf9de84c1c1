"""Trends over commits: from records to tables, charts and pages."""
