"""Ledgers of fuel and bulk goods become findings: what is missing, since when, and why."""
