"""What would a rule have raised? Runs rules over what was hidden and seen in the last days."""
