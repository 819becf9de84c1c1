"""What base images are: one table of them, their systems and releases, and the reading of names."""

from imgopt.facts.bases.model import Base, Family, Kind, Row, System
from imgopt.facts.bases.names import KNOWN, Bases
from imgopt.facts.bases.releases import Product, Release

__all__ = ["KNOWN", "Base", "Bases", "Family", "Kind", "Product", "Release", "Row", "System"]
