"""What `streetlamp models` prints."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from streetlamp.video.models import list_models

HOW_TO_ADD = """\
To add a model of your own, put its ONNX file and a manifest.json into a folder, name the folder
under detect: models_folder: in the site file and the model under detect: model:. docs/models.md
shows a manifest for YOLOX, RF-DETR and D-FINE. A model whose output is an embedding is refused.
"""


def show_models(folder: Path | None) -> None:
    """Prints the built-in models and those of `folder`."""
    table = Table(box=None, pad_edge=False)
    for column in ("model", "output", "licence", "SHA-256", "file", "what it is"):
        whole = column in ("model", "SHA-256")  # to be copied and compared
        table.add_column(column, overflow="fold", no_wrap=whole)
    for model in list_models(folder):
        table.add_row(
            model.name,
            model.output.kind,
            model.licence,
            model.sha256[:16],
            model.file + (" (built in)" if model.built_in else ""),
            model.description,
        )
    Console().print(table)
    sys.stdout.write("\n" + HOW_TO_ADD)
