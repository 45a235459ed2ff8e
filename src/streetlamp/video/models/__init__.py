"""The models that ship inside the package, and those a user adds: what each is, and may be.

A folder of models holds a ``manifest.json`` and the ONNX files it names. The manifest is the
only thing read until a model is loaded.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, PrivateAttr, StringConstraints, ValidationError, field_validator

from streetlamp.errors import UserError
from streetlamp.options import Options
from streetlamp.values import Kind

BUILT_IN: Final = Path(__file__).parent
MANIFEST: Final = "manifest.json"

COCO_80: Final = ("person", "bicycle", "car", "motorcycle", "", "bus", "", "truck", *("",) * 72)
"""Labels of the 80 contiguous COCO classes; those Streetlamp does not look at stay unnamed."""

COCO_91: Final = ("", *COCO_80[:8], *("",) * 82)
"""Labels of the 91 COCO category numbers, 0 unused."""

Finds = Literal["things", "faces", "leaks"]
"""What a model is for."""

_NAMED_CLASSES: Final = {"coco-80": COCO_80, "coco-91": COCO_91}


class ModelInput(Options):
    """How a picture must be handed to a model."""

    layout: Literal["nhwc", "nchw"] = Field(
        default="nchw", title="Layout", description="Channels last (nhwc) or first (nchw)."
    )
    dtype: Literal["uint8", "float32"] = Field(
        default="float32", title="Number type", description="What the input tensor holds."
    )
    colour: Literal["bgr", "rgb"] = Field(
        default="bgr", title="Channel order", description="Blue or red first."
    )
    mean: tuple[float, float, float] = Field(
        default=(0.0, 0.0, 0.0),
        title="Mean",
        description="Subtracted from each channel (0–255), in the model's channel order.",
    )
    std: tuple[float, float, float] = Field(
        default=(1.0, 1.0, 1.0),
        title="Scale",
        description="Each channel is divided by this after the mean, in the model's order.",
    )
    size: tuple[int, int] | None = Field(
        default=None,
        title="Fixed size",
        description="Width and height, if the model takes only one; empty: any in `multiple`s.",
    )
    sides: Annotated[tuple[tuple[int, int], ...], Field(min_length=1)] = Field(
        default=((0, 640),),
        title="Long sides",
        description="Used when `input` is `auto`: from a picture's long side on, the input's long "
        "side; pairs in rising order, the first from 0.",
    )
    multiple: int = Field(
        default=32, ge=1, title="Multiple", description="Sides must be multiples of this."
    )
    fit: Literal["letterbox", "stretch"] = Field(
        default="letterbox",
        title="Fit",
        description="Keep the picture's shape and pad (letterbox), or bend it onto a fixed size.",
    )
    pad: int = Field(
        default=0, ge=0, le=255, title="Padding", description="Grey level of the padding."
    )

    def side_for(self, width: int, height: int) -> int:
        """The input's long side for a picture of this size, pixels."""
        return max(
            (start, side) for start, side in self.sides if start <= max(width, height) or not start
        )[1]


class ModelOutput(Options):
    """How a model's numbers become boxes."""

    kind: Annotated[str, StringConstraints(min_length=1)] = Field(
        title="Kind", description="The output layout: nanodet, yolox, rf-detr or d-fine."
    )
    strides: tuple[int, ...] = Field(
        default=(8, 16, 32),
        title="Strides",
        description="Pixels between two anchors, a level (nanodet, yolox).",
    )
    centre: float = Field(
        default=0.5,
        title="Anchor's centre",
        description="Where in its cell an anchor stands, 0–1 (nanodet: 0.5; NanoDet-Plus: 0).",
    )
    decoded: bool = Field(
        default=False,
        title="Decoded",
        description="The exported graph already turned cells into pixels (yolox).",
    )


class ModelManifest(Options):
    """One model: what it is, where it comes from, and how to use it."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")] = Field(
        title="Name", description="What the site file calls it: small letters, digits, . _ -"
    )
    file: Annotated[str, StringConstraints(pattern=r"^[^/\\]+$")] = Field(
        title="File", description="The ONNX file, in the manifest's folder."
    )
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        title="SHA-256", description="Of the file; another file is refused."
    )
    licence: str = Field(title="Licence", description="Under which the weights may be used.")
    source: str = Field(title="Source", description="Where the weights come from.")
    description: str = Field(default="", title="Description", description="One line about it.")
    input: ModelInput = Field(title="Input", description="How pictures are handed over.")
    output: ModelOutput = Field(title="Output", description="How numbers become boxes.")
    finds: Finds = Field(
        default="things",
        title="Finds",
        description="things: people and vehicles, for `detect: model`; faces: faces to be hidden, "
        "used beside it; leaks: people who can still be seen, for `audit_hiding`.",
    )
    classes: tuple[str, ...] = Field(
        title="Classes",
        description="The label of each class number; `coco-80` and `coco-91` stand for those "
        "lists. Only Streetlamp's six kinds are used, others are ignored.",
    )
    _folder: Path = PrivateAttr(default=BUILT_IN)

    @field_validator("classes", mode="before")
    @classmethod
    def _named_classes(cls, value: object) -> object:
        return _NAMED_CLASSES.get(value, value) if isinstance(value, str) else value

    @property
    def path(self) -> Path:
        return self._folder / self.file

    @property
    def built_in(self) -> bool:
        return self._folder == BUILT_IN

    @property
    def kinds(self) -> dict[int, Kind]:
        """Class number → kind, for the classes Streetlamp looks at."""
        known = {kind.label: kind for kind in Kind}
        return {i: known[label] for i, label in enumerate(self.classes) if label in known}

    def read(self) -> bytes:
        """The file's bytes, after its SHA-256 was compared with the manifest's."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise UserError(
                f"model {self.name}: cannot read {self.path} ({error.strerror}). "
                f"Put the file there or correct `file` in {self._folder / MANIFEST}."
            ) from error
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            raise UserError(
                f"model {self.name}: {self.path} is not the file its manifest describes "
                f"(SHA-256 {found}, expected {self.sha256}). Fetch it again; if you changed it on "
                f"purpose, write the new SHA-256 into {self._folder / MANIFEST}."
            )
        return data


class _Manifest(Options):
    models: tuple[ModelManifest, ...] = Field(title="Models", description="The folder's models.")


def read_manifest(folder: Path) -> list[ModelManifest]:
    """The models a folder's manifest lists; UserError says what is wrong with it and where."""
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot read {path} ({error.strerror}). A folder of models needs a {MANIFEST} "
            "that describes each file; docs/models.md shows one."
        ) from error
    try:
        listed = _Manifest.model_validate(json.loads(text)).models
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is not valid JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"{path}: {place}: {first['msg']}. docs/models.md shows an entry."
        ) from error
    for model in listed:
        model._folder = folder
    return list(listed)


def list_models(folder: Path | None = None) -> list[ModelManifest]:
    """The built-in models, then those of the user's folder; a name may stand only once."""
    models = read_manifest(BUILT_IN)
    if folder is not None:
        models += read_manifest(folder)
    seen: set[str] = set()
    for model in models:
        if model.name in seen:
            raise UserError(
                f"two models are called {model.name!r}; rename yours in {model._folder / MANIFEST}."
            )
        seen.add(model.name)
    return models


def find_model(name: str, folder: Path | None = None, finds: Finds = "things") -> ModelManifest:
    """The model with this name and purpose; UserError lists the choices."""
    models = [model for model in list_models(folder) if model.finds == finds]
    for model in models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models)
    raise UserError(
        f"no model is called {name!r}; there are: {known}. `streetlamp models` says how to add one."
    )
