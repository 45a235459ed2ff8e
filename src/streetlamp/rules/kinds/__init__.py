"""One file a rule. Adding a rule is adding a file here."""
