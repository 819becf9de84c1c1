"""The edits that make findings go away, and how they are applied together."""
