"""What a build does at every instruction, and what package managers, bases and names mean."""
