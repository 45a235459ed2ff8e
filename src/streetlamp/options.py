"""The base of every options class: what an owner may write in site.yaml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Typed, frozen, and strict about names: a typo in the site file is an error, not a default.

    Every field of a subclass carries a title and a description (a test holds it): the sample site
    file, the docs' tables and the desk's forms are made from them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
