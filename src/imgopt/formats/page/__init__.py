"""What the report's page shows, put together of a report's data for its template."""
