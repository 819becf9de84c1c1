"""What keeps a finding from being shown: comments, a baseline, another linter's twin."""
