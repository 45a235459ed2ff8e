"""Leaks in a network of pipes, from pressures and a hydraulic model (EPANET, read through wntr).

wntr is an extra of the package (``streetlamp[network]``); nothing here imports it before a model is
read.
"""
