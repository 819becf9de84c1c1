"""The gate: budgets and regressions, one verdict for a pull request or a record."""
