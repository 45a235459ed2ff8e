"""Statistical inventory reconciliation (SIR): a tank's daily records become a leak rate.

``records`` reads them, ``model`` says which errors there are and how they add up, ``estimate``
weighs the records by it, ``verdict`` judges. `design/sir.md` says why.
"""
