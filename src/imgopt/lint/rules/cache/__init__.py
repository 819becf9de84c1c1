"""IMG1: what makes BuildKit run or download again though nothing that a step needs changed."""
