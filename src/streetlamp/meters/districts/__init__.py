"""What the inflow of a whole district metered area (DMA) shows: leaks and bursts, at all 24 hours.

``clock`` gathers readings into hours and days, ``profile`` learns the usual hours, ``weights`` how
much each hour tells of a leak, ``district`` follows one district and tells what rose and fell,
``episodes`` what of that is a finding. The cause itself stands in ``causes/district_leak.py``.
"""
