"""The rules: one folder a category, one file a rule. A rule is registered by being here."""
