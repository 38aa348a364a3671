"""What a user of PyTorch gets: the twelve networks as torchvision, timm and transformers have them, as CUDA graphs.

    python3 bench/gpu/pytorch.py [--seconds 0.5] [NAME ...] > pytorch.json

Prints a JSON line for each network, batch and precision: p50 and p99 ms from pinned input to pinned output, one request after the
other. cuDNN chooses its algorithms by trying; TF32 is on for convolutions and matrix products; the better of NCHW and channels-last
memory counts, and is named.
"""

import argparse
import json
import sys
import time

import torch

TOKENS = 128


def vision(name):
    import torchvision

    return lambda: getattr(torchvision.models, name)(weights=None)


def timm_model(name):
    import timm

    return lambda: timm.create_model(name, pretrained=False)


def text(config_name, model_name, **options):
    import transformers

    def make():
        config = getattr(transformers, config_name)(attn_implementation="sdpa", **options)
        return getattr(transformers, model_name)(config)

    return make


# name -> (how to make it, side of its images; None: tokens)
NETWORKS = {
    "mobilenetv3-large": (lambda: vision("mobilenet_v3_large")(), 224),
    "squeezenet1.1": (lambda: vision("squeezenet1_1")(), 224),
    "shufflenetv2-x1.0": (lambda: vision("shufflenet_v2_x1_0")(), 224),
    "efficientnet-b0": (lambda: vision("efficientnet_b0")(), 224),
    "resnet34": (lambda: vision("resnet34")(), 224),
    "mobilebert": (lambda: text("MobileBertConfig", "MobileBertModel")(), None),
    "mobilevit-s": (lambda: timm_model("mobilevit_s")(), 256),
    "efficientformer-l1": (lambda: timm_model("efficientformer_l1")(), 224),
    "resnet152": (lambda: vision("resnet152")(), 224),
    "densenet161": (lambda: vision("densenet161")(), 224),
    "vgg19": (lambda: vision("vgg19")(), 224),
    "bert-base": (lambda: text("BertConfig", "BertModel")(), None),
}

TYPES = {"tf32": torch.float32, "fp16": torch.float16}


def first_tensor(result):
    if torch.is_tensor(result):
        return result
    return next(iter(result.values())) if hasattr(result, "values") else result[0]


def latencies_ms(model, example, dtype, seconds):
    """Of requests one after the other, each H2D, graph, D2H."""
    host_in = example.pin_memory()
    device_in = torch.empty_like(example, device="cuda")

    def forward():
        inputs = device_in if device_in.dtype == torch.int64 else device_in.to(dtype)
        return first_tensor(model(inputs)).float()

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(4):
            forward()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = forward()
    host_out = torch.empty(result.shape, dtype=result.dtype).pin_memory()

    def request():
        device_in.copy_(host_in, non_blocking=True)
        graph.replay()
        host_out.copy_(result, non_blocking=True)
        torch.cuda.synchronize()

    for _ in range(10):
        request()
    taken = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        request()
        taken.append((time.perf_counter() - start) * 1e3)
    return sorted(taken)


def measure(name, batch, precision, seconds):
    make, side = NETWORKS[name]
    dtype = TYPES[precision]
    best = None
    for memory in ["NCHW", "channels-last"] if side else ["rows"]:
        model = make().eval().to("cuda", dtype)
        if memory == "channels-last":
            model = model.to(memory_format=torch.channels_last)
        example = torch.randn(batch, 3, side, side) if side else torch.randint(1000, (batch, TOKENS))
        taken = latencies_ms(model, example, dtype, seconds)
        p50 = taken[len(taken) // 2]
        if best is None or p50 < best["p50Ms"]:
            best = {
                "network": name,
                "batch": batch,
                "precision": precision,
                "memory": memory,
                "p50Ms": round(p50, 4),
                "p99Ms": round(taken[int(len(taken) * 0.99)], 4),
                "requests": len(taken),
            }
        del model
        torch.cuda.empty_cache()
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(NETWORKS))
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--precisions", nargs="*", default=list(TYPES))
    parser.add_argument("--batches", nargs="*", type=int, default=[1, 16])
    chosen = parser.parse_args()
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cuda.matmul.allow_tf32 = True
    with torch.inference_mode():
        for name in chosen.names or NETWORKS:
            for batch in chosen.batches:
                for precision in chosen.precisions:
                    try:
                        print(json.dumps(measure(name, batch, precision, chosen.seconds)), flush=True)
                    except Exception as problem:
                        print(f"{name} x{batch} {precision}: {problem}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
