"""The scenarios: one file each, which has a SCENARIO; found by being in this folder."""
