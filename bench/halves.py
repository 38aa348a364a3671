"""What halves cost networks of torchvision with random weights: ours beside torch's, on the CPU.

    python3 bench/halves.py NAME ...

Each network gets weights from a seed, and its norms the statistics of four random images. It is exported to ONNX; onnxruntime in FP32 is right.
Printed are relative errors (the largest difference over the largest magnitude): of this project's plan on the CPU references; of torch with
autocast, and with the whole model in halves; and, in FP32, with nothing but the weights rounded, or nothing but the input.
"""

import copy
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
import torch
import torchvision
from safetensors.numpy import load_file, save_file

CONSOLE = ["node", "dist/src/cli/main.js"]
TYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}


class Segmenting(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, image):
        return self.inner(image)["out"]


def network(name):
    torch.manual_seed(1)
    if hasattr(torchvision.models.segmentation, name):
        inner = getattr(torchvision.models.segmentation, name)(weights=None, weights_backbone=None, num_classes=21, aux_loss=False)
        made = Segmenting(inner)
    else:
        options = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
        made = getattr(torchvision.models, name)(weights=None, **options)
    side = 299 if name == "inception_v3" else 224
    image = torch.randn(1, 3, side, side)
    for module in made.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = None
            module.reset_running_stats()
    made.train()
    for module in made.modules():
        if isinstance(module, torch.nn.Dropout):
            module.eval()
    made(torch.randn(4, 3, side, side))
    return made.eval(), image


def ours(folder, precision):
    plan = folder / precision
    for words in (
        ["import", folder / "network.onnx", "--name", "network", "--precision", precision, "--out", plan],
        ["run", plan, "--input", folder / "in.safetensors", "--output", folder / "out.safetensors"],
    ):
        subprocess.run([*CONSOLE, "models", *map(str, words)], check=True, capture_output=True)
    return load_file(folder / "out.safetensors")["output"]


def errors(name, folder):
    made, image = network(name)
    torch.onnx.export(made, (image,), str(folder / "network.onnx"), dynamo=False, input_names=["image"], output_names=["output"])
    save_file({"image": image.numpy()}, folder / "in.safetensors")
    session = onnxruntime.InferenceSession(str(folder / "network.onnx"), providers=["CPUExecutionProvider"])
    right = session.run(None, {"image": image.numpy()})[0]
    off = lambda result: float(np.max(np.abs(result - right)) / np.max(np.abs(right)))
    for precision, kind in TYPES.items():
        with torch.autocast("cpu", dtype=kind):
            automatic = made(image).float().numpy()
        whole = copy.deepcopy(made).to(kind)(image.to(kind)).float().numpy()
        rounded = copy.deepcopy(made)
        for parameter in rounded.parameters():
            if parameter.dim() > 1:
                parameter.data = parameter.data.to(kind).float()
        figures = [ours(folder, precision), automatic, whole, rounded(image).numpy(), made(image.to(kind).float()).numpy()]
        yield precision, [off(figure) for figure in figures]


def main():
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}")
    print(f"{'':30}{'':6}{'ours':>9}{'autocast':>10}{'torch':>9}{'weights':>9}{'input':>9}")
    with torch.no_grad():
        for name in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as folder:
                for precision, (mine, automatic, whole, weights, image) in errors(name, pathlib.Path(folder)):
                    print(f"{name:30}{precision:6}{mine:9.1e}{automatic:10.1e}{whole:9.1e}{weights:9.1e}{image:9.1e}", flush=True)


main()
