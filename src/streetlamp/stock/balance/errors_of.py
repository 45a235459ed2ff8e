"""Propagates what may be wrong in a store's measurements into the covariance of its MUFs.

Three kinds of term: by chance in one balance; telescoping (a stock-take's error enters the balance
it closes and, with the other sign, the one it opens); systematic (one unknown number in all
balances, an outer product). GUM 5.2 and IAEA STR-368, chapter on variance propagation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.series import Part
from streetlamp.stock.balance.takes import Takes
from streetlamp.stock.ledger.instruments import instrument_named
from streetlamp.stock.ledger.stores import Store
from streetlamp.values import Ints

if TYPE_CHECKING:
    from streetlamp.stock.balance.close import Flows


def telescoping(sigma: Reals) -> Reals:
    """(n, n) of differences of ``n + 1`` independent errors of standard deviations (n + 1,)."""
    variance = sigma**2
    off = -variance[1:-1]
    return np.diag(variance[:-1] + variance[1:]) + np.diag(off, 1) + np.diag(off, -1)


def systematic(effect: Reals) -> Reals:
    """(n, n) of one unknown number that moves balance ``i`` by ``effect[i]`` per sigma."""
    return np.outer(effect, effect)


def differences(covariance: Reals) -> Reals:
    """(n, n) of the steps of a sequence with the covariance (n + 1, n + 1)."""
    return (
        covariance[1:, 1:] - covariance[1:, :-1] - covariance[:-1, 1:] + covariance[:-1, :-1]
    )  # fmt: skip


def flow_parts(store: Store, flows: Flows, period: Reals, n: int, factor: Reals) -> list[Part]:
    """What meters, documents and scales add. ``period`` (m,) is each movement's balance or -1."""
    parts = []
    fallback = {1.0: "delivery document", 0.0: "dispenser"}
    tank = store.options.form == "tank"
    names = np.array(
        [
            name or (fallback[inward] if tank else "weighbridge")
            for name, inward in zip(flows.instrument, flows.inward, strict=True)
        ],
        dtype=object,
    )
    for name in dict.fromkeys(names):
        mine = (names == name) & (period >= 0)
        j, amount = period[mine].astype(int), flows.amount[mine]
        like = "weighbridge" if not tank else "dispenser"
        kind = instrument_named(str(name), store.options.instruments, like)
        chance, net, count = np.zeros(n), np.zeros(n), np.zeros(n)
        np.add.at(chance, j, kind.chance(amount) ** 2)
        np.add.at(net, j, np.where(flows.inward[mine] > 0, amount, -amount))
        np.add.at(count, j, np.where(flows.inward[mine] > 0, 1.0, -1.0))
        covariance = np.diag(chance * factor**2)
        covariance += systematic(kind.systematic_share * net * factor)
        covariance += systematic(kind.systematic * count * factor)
        parts.append(Part(str(name), f"test or calibrate the {name}", covariance))
    return parts


def tank_parts(
    store: Store, takes: Takes, receipts: Reals, issues: Reals, temperature: Reals
) -> list[Part]:
    """What a tank adds: its readings, temperatures, cut-off, chart, deliveries' temperature."""
    o, expansion = store.options, store.product.expansion
    assert store.chart is not None
    minutes = np.maximum(np.diff(takes.time), 3600.0) / 60
    pace = issues / minutes
    pace = np.concatenate((pace[:1], pace))
    apart = (takes.filled[:, None] - takes.filled[None, :]) / o.chart_waves
    shape = (o.chart_shape * store.chart.capacity) ** 2 * np.exp(-0.5 * apart**2)
    warmth = takes.gross * (takes.temperature - 15.0)
    grown = -np.diff(warmth) + (receipts - issues) * (temperature - 15.0)
    load = np.diag((receipts * expansion * o.load_degrees) ** 2)
    load += systematic(receipts * expansion * o.load_degrees_bias)
    degrees = takes.gross * expansion * takes.thermometer
    return [
        Part("readings", "read the tank with a finer gauge, or oftener", telescoping(takes.chance)),
        Part("temperature", "read the product's temperature to 0.1 °C", telescoping(degrees)),
        Part(
            "cut-off",
            "take the tank's reading and the sales' total at the same moment, or at night",
            telescoping(pace * o.cut_off_minutes),
        ),
        Part(
            "chart",
            "calibrate the tank's chart from its own readings",
            systematic(o.chart_scale * np.diff(takes.gross)) + differences(shape),
        ),
        Part("loads", "note the temperature on every delivery's document", load),
        Part(
            "expansion",
            "note the density on every delivery's document",
            systematic(o.expansion_share * expansion * grown),
        ),
    ]


def gap_parts(takes: Takes, movements: Ints) -> list[Part]:
    """Long stretches of which nobody noted anything: what was sold and delivered is unknown."""
    length = np.diff(takes.time)
    usual = np.array([np.median(length[: i + 1]) for i in range(len(length))])
    gap = (movements == 0) & (length > 1.5 * usual)
    if not gap.any():
        return []
    unknown = np.where(gap, np.maximum.accumulate(takes.stock)[1:], 0.0)
    return [Part("gaps", "note every day's sales and deliveries", np.diag(unknown**2))]


def bulk_parts(store: Store, takes: Takes, issues: Reals) -> list[Part]:
    """What a bulk store adds: its counts or surveys, and the doubt of its handling loss."""
    share = np.array([kind.systematic_share for kind in takes.instruments])
    both = np.minimum(share[:-1], share[1:])
    survey = bool(share.any())
    words = (
        "close the balance when a bunker is emptied: then only the weighbridge counts"
        if survey
        else "count twice, by two people"
    )
    return [
        Part(
            "stock-takes",
            words,
            telescoping(takes.chance) + systematic(both * np.diff(takes.stock)),
        ),
        Part(
            "handling loss",
            "weigh what is swept up and what is dried",
            systematic(store.options.handling_loss_sigma * issues),
        ),
    ]
