"""Readings of meters and tanks on their way in: one file a kind of feed, each only reads.

A feed knows how to ask or to hear; what becomes of a reading is the business of `meters` or
`stock`. The libraries of field buses are an extra of the package (``streetlamp[field]``); nothing
here imports them before a feed is made.
"""
