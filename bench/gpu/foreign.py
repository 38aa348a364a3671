"""Writes ONNX files that this project did not write: networks of torchvision, timm, transformers and plain torch.

    python3 bench/gpu/foreign.py FOLDER [--jobs 8] [--fresh] [NAME ...]

A name is a network's, with .dynamo behind it for the exporter that traces by TorchDynamo instead of TorchScript. Without names, all
of them. Weights are random, and batch norms at the scale of what reaches them: with a library's fresh ones, which --fresh leaves, outputs of some networks hardly
depend on the input, and of others are so small that halves of ours are 0 (bench/results/2026-11-23-h200-networks.txt). Exit code 1 if one could not be exported; the others are there then.
"""

import argparse
import concurrent.futures
import multiprocessing
import pathlib
import sys
import warnings


def vision(name, side=224, **options):
    import torch
    import torchvision

    family = torchvision.models.segmentation if hasattr(torchvision.models.segmentation, name) else torchvision.models
    return getattr(family, name)(weights=None, **options), {"image": torch.randn(1, 3, side, side)}


def timm_model(name, side=224):
    import timm
    import torch

    return timm.create_model(name, pretrained=False), {"image": torch.randn(1, 3, side, side)}


def text(config_name, model_name, tokens=64, **options):
    import torch
    import transformers

    config = getattr(transformers, config_name)(attn_implementation="eager", **options)
    model = getattr(transformers, model_name)(config)
    model.config.use_cache = False
    return model, {"input_ids": torch.randint(1000, (1, tokens)), "attention_mask": torch.ones(1, tokens, dtype=torch.int64)}


def conv1d():
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Conv1d(16, 64, 7, stride=2, padding=3),
        nn.InstanceNorm1d(64, affine=True),
        nn.GELU(),
        nn.Conv1d(64, 128, 5, dilation=2, groups=4),
        nn.BatchNorm1d(128),
        nn.SiLU(),
        nn.ConvTranspose1d(128, 32, 4, stride=2),
        nn.Hardswish(),
        nn.AvgPool1d(4),
        nn.Flatten(),
        nn.LazyLinear(10),
    )
    example = torch.randn(1, 16, 512)
    model(example)
    return model, {"signal": example}


def unet():
    import torch
    from torch import nn

    def convolve(inputs, outputs):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())

    class UNet(nn.Module):
        def __init__(self, widths=(16, 32, 64)):
            super().__init__()
            self.down = nn.ModuleList(convolve(i, o) for i, o in zip((3, *widths), widths))
            self.bottom = convolve(widths[-1], 2 * widths[-1])
            self.up = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in reversed(widths))
            self.joined = nn.ModuleList(convolve(2 * width, width) for width in reversed(widths))
            self.head = nn.Conv2d(widths[0], 4, 1)

        def forward(self, image):
            kept = []
            for stage in self.down:
                kept.append(stage(image if not kept else nn.functional.max_pool2d(kept[-1], 2)))
            values = self.bottom(nn.functional.max_pool2d(kept[-1], 2))
            for widen, stage, skipped in zip(self.up, self.joined, reversed(kept)):
                values = stage(torch.cat([widen(values), skipped], 1))
            return torch.softmax(nn.functional.interpolate(self.head(values), scale_factor=2, mode="bilinear"), 1)

    return UNet(), {"image": torch.randn(1, 3, 96, 128)}


def first_output(model, inputs):
    """With these inputs by their names, and of what returns a dictionary or several tensors the first."""
    from torch import is_tensor, nn

    class FirstOutput(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, *values):
            result = self.model(*values) if len(values) == 1 else self.model(**dict(zip(inputs, values)))
            if is_tensor(result):
                return result
            return next(iter(result.values())) if hasattr(result, "values") else result[0]

    return FirstOutput()


def spread_out(model, example):
    """Batch norms to the scale of what reaches them, channel by channel a little different; what begins as a constant, at random."""
    import torch

    for weights in model.parameters():
        first = weights.flatten()[0]
        if weights.numel() == 1 or not torch.all(weights == first):
            continue
        if first == 1:
            weights.uniform_(0.5, 1.5)
        elif first == 0:
            weights.normal_(0, 0.02)
        else:
            weights.uniform_(0.1, 0.5)

    def adapt(norm, inputs):
        mean_square = inputs[0].square().mean()
        norm.running_mean.normal_(0, 0.1).mul_(mean_square.sqrt())
        norm.running_var.uniform_(0.5, 1.5).mul_(mean_square)

    norms = [module for module in model.modules() if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)]
    adapting = [norm.register_forward_pre_hook(adapt) for norm in norms]
    model(*example)
    for hook in adapting:
        hook.remove()


SMALL_BERT = {"num_hidden_layers": 4, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}
BOTH = ("", ".dynamo")
# name -> (how to make it, exporters)
NETWORKS = {
    "bert": (lambda: text("BertConfig", "BertModel", **SMALL_BERT), BOTH),
    "conv1d": (conv1d, BOTH),
    "convnext_tiny": (lambda: vision("convnext_tiny"), BOTH),
    "deeplabv3_mobilenet": (lambda: vision("deeplabv3_mobilenet_v3_large", weights_backbone=None), BOTH),
    "densenet121": (lambda: vision("densenet121"), ("",)),
    "distilbert": (lambda: text("DistilBertConfig", "DistilBertModel", n_layers=3, dim=256, n_heads=4, hidden_dim=1024), BOTH),
    "efficientnet_b0": (lambda: vision("efficientnet_b0"), ("",)),
    "fcn_resnet50": (lambda: vision("fcn_resnet50", weights_backbone=None), ("",)),
    "googlenet": (lambda: vision("googlenet", init_weights=False), ("",)),
    "gpt2": (lambda: text("GPT2Config", "GPT2Model", n_layer=4, n_embd=256, n_head=4), BOTH),
    "inception_v3": (lambda: vision("inception_v3", side=299, init_weights=False), ("",)),
    "llama": (
        lambda: text(
            "LlamaConfig", "LlamaModel", vocab_size=1000, num_hidden_layers=4, hidden_size=256, num_attention_heads=8, num_key_value_heads=2, intermediate_size=704
        ),
        BOTH,
    ),
    "lraspp": (lambda: vision("lraspp_mobilenet_v3_large", weights_backbone=None), ("",)),
    "mobilenet_v2": (lambda: vision("mobilenet_v2"), ("",)),
    "mobilenet_v3_large": (lambda: vision("mobilenet_v3_large"), BOTH),
    "regnet_y_400mf": (lambda: vision("regnet_y_400mf"), ("",)),
    "resnet18": (lambda: vision("resnet18"), BOTH),
    "shufflenet_v2_x1_0": (lambda: vision("shufflenet_v2_x1_0"), ("",)),
    "squeezenet1_1": (lambda: vision("squeezenet1_1"), ("",)),
    "swin_t": (lambda: vision("swin_t"), BOTH),
    "swin_v2_t": (lambda: vision("swin_v2_t", side=256), ("",)),
    "timm_coatnet": (lambda: timm_model("coatnet_nano_rw_224"), ("",)),
    "timm_edgenext": (lambda: timm_model("edgenext_small"), ("",)),
    "timm_efficientformer_l1": (lambda: timm_model("efficientformer_l1"), ("",)),
    "timm_levit_128s": (lambda: timm_model("levit_128s"), ("",)),
    "timm_mixer_s16": (lambda: timm_model("mixer_s16_224"), ("",)),
    "timm_mobilevit_s": (lambda: timm_model("mobilevit_s", side=256), BOTH),
    "timm_poolformer": (lambda: timm_model("poolformer_s12"), ("",)),
    "unet": (unet, BOTH),
    "vit_b_16": (lambda: vision("vit_b_16"), BOTH),
}
ALL = [name + exporter for name, (_, exporters) in NETWORKS.items() for exporter in exporters]


def export(folder, name, is_fresh):
    """Why it could not be exported, in one line, or None."""
    import torch

    warnings.filterwarnings("ignore")
    torch.set_num_threads(2)
    torch.manual_seed(0)
    # Layers that are fused by hand are none of ONNX.
    torch.backends.mha.set_fastpath_enabled(False)
    is_dynamo = name.endswith(".dynamo")
    try:
        network, inputs = NETWORKS[name.removesuffix(".dynamo")][0]()
        model, example = first_output(network.eval(), list(inputs)), tuple(inputs.values())
        file = str(pathlib.Path(folder) / f"{name}.onnx")
        options = {"dynamo": True, "verbose": False, "external_data": False} if is_dynamo else {"dynamo": False, "opset_version": 17}
        with torch.no_grad():
            if not is_fresh:
                spread_out(model, example)
            torch.onnx.export(model.eval(), example, file, input_names=list(inputs), **options)
    except Exception as problem:
        return (str(problem).strip() or type(problem).__name__).splitlines()[0][:200]
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*", default=ALL)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--fresh", action="store_true")
    chosen = parser.parse_intermixed_args()
    pathlib.Path(chosen.folder).mkdir(parents=True, exist_ok=True)
    names = chosen.names or ALL
    # A process that is forked while a library's threads run may hang.
    context = multiprocessing.get_context("spawn")
    failed = False
    with concurrent.futures.ProcessPoolExecutor(chosen.jobs, mp_context=context) as pool:
        for name, problem in zip(names, pool.map(export, [chosen.folder] * len(names), names, [chosen.fresh] * len(names))):
            if problem:
                print(f"{name}: {problem}", file=sys.stderr, flush=True)
                failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
