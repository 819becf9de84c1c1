"""The versions, one file each; a file that was released never changes."""
