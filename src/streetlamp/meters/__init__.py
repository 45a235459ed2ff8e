"""Readings of water, electricity and heat meters become findings with a physical cause.

``base`` says what a cause is; ``causes/`` holds one file a cause of a single meter, ``districts/``
what a whole district's inflow shows, ``electricity/`` what a load curve shows.
"""
