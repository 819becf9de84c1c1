"""The packages of an image: a file for each kind of package database, and their sum."""
