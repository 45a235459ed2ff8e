"""A store's balance: what is missing between two stock-takes, and how sure one can be of it.

Signs, everywhere: MUF (material unaccounted for) is opening stock + receipts − issues − closing
stock − what is allowed for, so that a quantity that is missing is above zero.
"""
