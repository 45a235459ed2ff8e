"""The feeds of a site file, each with what takes its readings."""

from __future__ import annotations

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.app.store_keeper import StoreKeeper
from streetlamp.feeds.parse import make_feed
from streetlamp.meters.feed_file import FeedFile
from streetlamp.meters.feeds import MeterSink
from streetlamp.site import Site
from streetlamp.stock.feeds import StockSink


def make_feeds(site: Site, stores: StoreKeeper | None) -> tuple[FeedRunner, ...]:
    """One runner a feed. UserError: one cannot work, or its library is not installed."""
    runners = []
    folder, stock = site.meters.folder, site.stock
    for name, options in site.meters.all_feeds.items():
        if folder is not None:
            sink = MeterSink(FeedFile(folder, name))
            runners.append(FeedRunner("meters", name, make_feed(options), sink))
    for name, options in stock.all_feeds.items():
        if stores is not None:
            into = StockSink(name, stores, site.zone, stock.feed_hours, stock.feed_first_hour)
            runners.append(FeedRunner("stock", name, make_feed(options), into))
    return tuple(runners)
