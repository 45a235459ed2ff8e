"""How much is there: charts of tanks, volume at 15 °C, water, evaporation, moisture, shrinkage.

Nothing here knows what a ledger is. Units: heights mm, volumes L, temperatures °C, densities kg/m³.
"""
