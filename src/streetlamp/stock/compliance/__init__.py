"""The monthly sheet: verdicts, balances and findings, each figure linked to what it comes from."""
