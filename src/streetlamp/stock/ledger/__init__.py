"""What a store's holder notes down: entries that are added, corrected by new ones, never changed.

An entry is a quantity, its unit, the instrument it comes from, and when it happened. What a
customer is called has no place in it (CHARTER 3).
"""
