"""The second opinion: can anybody still be seen in what was stored?"""
