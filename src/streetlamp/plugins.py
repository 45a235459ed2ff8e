"""Plug points: a family of classes that register themselves under a name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=type)


class Registry(Generic[T]):
    """A name → class table, filled by decorators, loaded from one package on first use.

    ``RULES = Registry("rule", "streetlamp.rules.kinds")`` then ``@RULES.add("intrusion")`` above a
    class in any module of that package: adding a member touches no other file.
    """

    def __init__(self, noun: str, package: str) -> None:
        self.noun = noun
        self._package = package
        self._loaded = False
        self._members: dict[str, T] = {}

    def add(self, *names: str) -> Callable[[T], T]:
        def register(member: T) -> T:
            for name in names:
                if name in self._members and self._members[name] is not member:
                    raise ValueError(f"two {self.noun}s are called {name!r}")
                self._members[name] = member
            return member

        return register

    def _load(self) -> None:
        if self._loaded:
            return
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        self._loaded = True

    def __getitem__(self, name: str) -> T:
        self._load()
        try:
            return self._members[name]
        except KeyError:
            known = ", ".join(sorted(self._members)) or "none"
            raise KeyError(f"no {self.noun} is called {name!r}; there are: {known}") from None

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._members))

    def members(self) -> dict[str, T]:
        self._load()
        return dict(sorted(self._members.items()))
