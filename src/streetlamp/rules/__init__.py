"""Tracks become events and counts: one file a rule, in ``kinds/``."""

from streetlamp.rules.base import RULES, Outcome, Rule, State
from streetlamp.rules.options import RuleOptions
from streetlamp.rules.runner import RuleRunner, make_rule, options_of
from streetlamp.rules.tally import Tally

__all__ = [
    "RULES",
    "Outcome",
    "Rule",
    "RuleRunner",
    "RuleOptions",
    "State",
    "Tally",
    "make_rule",
    "options_of",
]
