"""imgopt finds what makes container builds slow and images big, and measures what it costs."""

__version__ = "0.1.0"
