"""The two programs that can run an ONNX file. Both are imported only when one is opened.

Figures that decided (2 cores of an AVX-512 VNNI EPYC, 256×416 int8, one thread): OpenVINO 4.0 ms
with the shape fixed and 4.7 ms with it left open, ONNX Runtime 7 ms at best and 22 ms with a file
laid out for OpenVINO (``bench/inference.py``). So OpenVINO gets one compiled model a shape (0.3 s
each, half of that at later starts: ``compiled.py``), and the pictures of a batch run side by side
on one thread each: a batch in one tensor saved 4 % on one thread, and cost 10 % more than side by
side on two.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import queue
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from streetlamp.errors import UserError
from streetlamp.video.detect.compiled import Kept, cache_folder

Array = NDArray[Any]
Shape = tuple[int | None, ...]
Answer = TypeVar("Answer")
RUNTIMES: Final = ("openvino", "onnxruntime")
SHAPES_KEPT: Final = 8
"""Compiled shapes OpenVINO keeps; one takes about 25 MB."""


class Runtime(Protocol):
    """An open model. ``run`` may be called from several threads."""

    name: str
    version: str
    inputs: dict[str, Shape]  # None: any size
    outputs: dict[str, Shape]

    def run(
        self, batch: Sequence[Sequence[Array]], read: Callable[[int, list[Array]], Answer]
    ) -> list[Answer]:
        """What ``read`` makes of each picture (its input arrays, batch size 1).

        It is given the picture's place in the batch and the output arrays, batch size 1. They may
        be the model's own memory: they are to be read only, and only until ``read`` returns.
        """
        ...


def choose(runtime: str) -> str:
    """The runtime ``auto`` stands for on this machine; UserError when a named one is missing."""
    if runtime == "auto":
        for name in RUNTIMES:
            if importlib.util.find_spec(name) is not None:
                return name
        raise UserError("neither OpenVINO nor ONNX Runtime is installed; install one of them.")
    if importlib.util.find_spec(runtime) is None:
        raise UserError(
            f"the runtime {runtime} is not installed; install it or set `runtime` to auto."
        )
    return runtime


def import_openvino() -> Any:
    """OpenVINO without its model converter, whose import reports itself to a web service.

    Streetlamp makes no connections of its own accord, and does not need the converter. The package
    takes its absence as normal.
    """
    converter = "openvino.tools.ovc"
    hidden = converter not in sys.modules
    if hidden:
        sys.modules[converter] = None  # type: ignore[assignment]  # Python's way to say "absent"
    try:
        return importlib.import_module("openvino")
    finally:
        if hidden:
            del sys.modules[converter]


def open_model(data: bytes, name: str, runtime: str, threads: int) -> Runtime:
    """The model in ``data``, opened; UserError when it is no usable ONNX file."""
    kind = OpenVino if choose(runtime) == "openvino" else OnnxRuntime
    return kind(data, name, threads)


def _not_onnx(name: str, error: Exception) -> UserError:
    first = str(error).strip().splitlines()[0][:200]
    return UserError(f"model {name}: its file cannot be opened as an ONNX model ({first}).")


class OpenVino:
    """OpenVINO on the CPU: one compiled model a shape, ``threads`` pictures side by side."""

    name = "openvino"

    def __init__(self, data: bytes, name: str, threads: int) -> None:
        openvino = import_openvino()
        self._core = openvino.Core()
        try:
            self._model = self._core.read_model(data)
        except RuntimeError as error:
            raise _not_onnx(name, error) from error
        self.version = openvino.get_version().split("-")[0]
        self._settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,
        }
        self._threads = threads
        self._kept = Kept(cache_folder())
        self._about = self._described(data, openvino.get_version())
        self._lock = threading.Lock()
        self._ready: OrderedDict[tuple[tuple[int, ...], ...], queue.SimpleQueue[Any]] = (
            OrderedDict()
        )
        self.inputs = {port.any_name: _shape(port) for port in self._model.inputs}
        self.outputs = {port.any_name: _shape(port) for port in self._model.outputs}

    def run(
        self, batch: Sequence[Sequence[Array]], read: Callable[[int, list[Array]], Answer]
    ) -> list[Answer]:
        answers: list[Answer] = []
        while (first := len(answers)) < len(batch):
            free = self._requests(batch[first])
            answers += self._run_some(free, batch, first, read)
        return answers

    def _requests(self, arrays: Sequence[Array]) -> queue.SimpleQueue[Any]:
        """The free inference requests for inputs of these shapes; the oldest shapes are dropped."""
        key = tuple(array.shape for array in arrays)
        with self._lock:
            if key not in self._ready:
                compiled = self._compiled(key)
                self._ready[key] = queue.SimpleQueue()
                for _ in range(self._threads):
                    self._ready[key].put(compiled.create_infer_request())
                if len(self._ready) > SHAPES_KEPT:
                    self._ready.popitem(last=False)
            self._ready.move_to_end(key)
            return self._ready[key]

    def _compiled(self, key: tuple[tuple[int, ...], ...]) -> Any:
        """The model for inputs of these shapes: as compiled at an earlier start, or now."""
        about = f"{self._about} {key}"
        if (blob := self._kept.read(about)) is not None:
            with suppress(RuntimeError):  # of another build of OpenVINO after all
                return self._core.import_model(blob, "CPU", self._settings)
        model = self._model.clone()
        model.reshape({i: list(shape) for i, shape in enumerate(key)})
        compiled = self._core.compile_model(model, "CPU", self._settings)
        self._kept.write(about, compiled.export_model().getvalue())
        return compiled

    def _described(self, data: bytes, version: str) -> str:
        """What besides the shapes decides what is compiled: model, program, settings, machine."""
        machine = [
            self._core.get_property("CPU", name)
            for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
        ]
        return f"{hashlib.sha256(data).hexdigest()} {version} {self._settings} {machine}"

    def _run_some(
        self,
        free: queue.SimpleQueue[Any],
        batch: Sequence[Sequence[Array]],
        first: int,
        read: Callable[[int, list[Array]], Answer],
    ) -> list[Answer]:
        """As many answers from ``first`` on as there are free requests, at least one."""
        running = [free.get()]
        try:
            # Waiting for more than one could wait for a thread that waits for this one.
            while len(running) < len(batch) - first:
                running.append(free.get_nowait())
        except queue.Empty:
            pass
        try:
            self._wait_for(running, batch[first : first + len(running)])
            # The outputs are read where they lie: a copy of a megabyte costs more than the reading.
            return [
                read(i, [request.get_output_tensor(k).data for k in range(len(self.outputs))])
                for i, request in enumerate(running, first)
            ]
        finally:
            for request in running:
                free.put(request)

    def _wait_for(self, running: Sequence[Any], batch: Sequence[Sequence[Array]]) -> None:
        """Side by side, one request a picture."""
        try:
            for request, arrays in zip(running, batch, strict=True):
                request.start_async(dict(enumerate(arrays)), share_inputs=True)
            for request in running:
                request.wait()
        except RuntimeError:
            with self._lock:  # a request may still be busy: start afresh the next time
                self._ready.clear()
            raise


def _shape(port: Any) -> Shape:
    partial = port.get_partial_shape()
    return tuple(None if d.is_dynamic else d.get_length() for d in partial)


class OnnxRuntime:
    """ONNX Runtime on the CPU; a batch goes in one tensor where the model allows it."""

    name = "onnxruntime"

    def __init__(self, data: bytes, name: str, threads: int) -> None:
        import onnxruntime as ort  # noqa: PLC0415
        from onnxruntime.capi import onnxruntime_pybind11_state as errors  # noqa: PLC0415

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that spin while they wait take the decoder's time.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except (errors.InvalidProtobuf, errors.InvalidGraph, errors.Fail) as error:
            raise _not_onnx(name, error) from error
        self.version = ort.__version__
        self.inputs = {i.name: _sizes(i.shape) for i in self._session.get_inputs()}
        self.outputs = {o.name: _sizes(o.shape) for o in self._session.get_outputs()}
        self._any_batch = all(shape[:1] == (None,) for shape in self.inputs.values())

    def run(
        self, batch: Sequence[Sequence[Array]], read: Callable[[int, list[Array]], Answer]
    ) -> list[Answer]:
        if not self._any_batch:
            run = self._session.run
            return [read(i, run(None, self._feed(arrays))) for i, arrays in enumerate(batch)]
        joined = [np.concatenate(column) for column in zip(*batch, strict=True)]
        results = self._session.run(None, self._feed(joined))
        return [read(i, [part[i : i + 1] for part in results]) for i in range(len(batch))]

    def _feed(self, arrays: Sequence[Array]) -> dict[str, Array]:
        return dict(zip(self.inputs, arrays, strict=True))


def _sizes(shape: Sequence[int | str | None]) -> Shape:
    return tuple(d if isinstance(d, int) and d > 0 else None for d in shape)
