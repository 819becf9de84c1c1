"""An empty builder imports a cache, as a CI runner does, after the edit of code-change."""

from __future__ import annotations

from imgopt.bench.file_change import FileChange
from imgopt.bench.scenarios.code_change import code_file
from imgopt.bench.variation import Start

SCENARIO = FileChange("ci-code-change", 70, Start.CACHE, code_file, is_usual=False)
