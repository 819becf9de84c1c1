"""Multi-stage builds."""
