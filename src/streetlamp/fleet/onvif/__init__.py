"""Cameras that speak ONVIF: found in the network, asked what they are, and steered a little.

Everything a device says is taken as if it wished us ill: how much it may say, for how long, where
it may send us and what may stand in its XML is bounded (`limits`, `soap`, `addresses`). The heavy
libraries (zeep, aiohttp) are imported when a device is spoken to, never when Streetlamp starts.
"""
