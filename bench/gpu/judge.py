"""Judges results of networks on the GPU by onnxruntime's CPU provider, on fresh random inputs.

    python3 bench/gpu/judge.py [--precisions tf32 fp16] [--batch 1] [--jobs 1] NAME|FILE.onnx ...

For each network of src/models (exported to ONNX with its seeded weights) and each ONNX file: imports and plans it with
missile-console, runs it on the GPU, and prints the relative error: the largest difference over the largest magnitude of an output.
Exit code 1 if one is beyond its bar or not a number.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
from safetensors.numpy import load_file, save_file

BARS = {"tf32": 1e-2, "fp16": 1e-2, "bf16": 1e-2}
NUMPY_TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(bool)": np.bool_}
CONSOLE = ["node", "dist/src/cli/main.js"]


def console(*words):
    done = subprocess.run([*CONSOLE, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
    return done.stdout


def session_of(file):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def random_inputs(session, batch, random):
    inputs = {}
    for port in session.get_inputs():
        shape = [extent if isinstance(extent, int) else batch for extent in port.shape]
        kind = NUMPY_TYPES[port.type]
        if kind == np.float32:
            inputs[port.name] = random.standard_normal(shape, dtype=np.float32)
        elif "mask" in port.name:
            inputs[port.name] = np.ones(shape, dtype=kind)
        else:
            inputs[port.name] = random.integers(0, 2 if port.name in ("segments", "token_type_ids") else 1000, shape).astype(kind)
    return inputs


def for_us(values):
    """Integers are int32 outside ONNX."""
    return values if values.dtype == np.float32 else values.astype(np.int32)


def relative_error(ours, theirs):
    if not np.all(np.isfinite(ours)):
        return float("nan")
    scale = np.max(np.abs(theirs.astype(np.float64)))
    return float(np.max(np.abs(ours.astype(np.float64) - theirs.astype(np.float64).reshape(ours.shape))) / max(scale, 1e-30))


def judge(what, chosen, folder, random):
    """Yields a line for each precision, and whether it is within its bar."""
    file = pathlib.Path(what)
    if file.suffix != ".onnx":
        file = folder / f"{what}.onnx"
        console("models", "export", what, file, "--batch", chosen.batch)
    session = session_of(file)
    inputs = random_inputs(session, chosen.batch, random)
    expected = session.run(None, inputs)
    save_file({name: np.ascontiguousarray(for_us(values)) for name, values in inputs.items()}, folder / "in.safetensors")
    shapes = [word for name, values in inputs.items() for word in ("--shape", f"{name}={'x'.join(map(str, values.shape))}")]
    for precision in chosen.precisions:
        plan = folder / f"{file.stem}-{precision}"
        console("models", "import", file, "--name", file.stem, *shapes, "--precision", precision, "--out", plan)
        console("models", "run", plan, "--backend", chosen.backend, "--input", folder / "in.safetensors", "--output", folder / "out.safetensors")
        ours = load_file(folder / "out.safetensors")
        errors = [relative_error(ours[port.name], theirs) for port, theirs in zip(session.get_outputs(), expected)]
        worst = max(errors, key=lambda error: error if error == error else np.inf)
        fine = worst <= BARS[precision]
        yield f"{file.stem:28} {precision:5} {worst:9.2e} {'' if fine else 'BEYOND'}".rstrip(), fine


def judged(what, chosen, seed):
    results = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            results.extend(judge(what, chosen, pathlib.Path(folder), np.random.default_rng(seed)))
        except Exception as problem:
            results.append((f"{what}: {problem}", False))
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--precisions", nargs="*", default=["tf32", "fp16"])
    parser.add_argument("--backend", default="cuda")
    parser.add_argument("--jobs", type=int, default=1, help="networks at a time")
    chosen = parser.parse_args()
    seed = np.random.SeedSequence()
    print(f"seed {seed.entropy}; onnxruntime {onnxruntime.__version__}")
    passed = True
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        for results in pool.map(judged, chosen.names, [chosen] * len(chosen.names), seed.spawn(len(chosen.names))):
            for line, fine in results:
                print(line, flush=True)
                passed &= fine
    sys.exit(0 if passed else 1)


main()
