"""How far PyTorch's own TF32 and halves on the GPU are from its FP32 on the CPU, with the fresh weights that a library draws.

    python3 bench/gpu/fresh.py NAME ...

Names as for foreign.py, whose --fresh writes the same networks with the same weights. For each: the largest magnitude of the first output, that of its
FP16 on the GPU, and relative errors: the largest difference over the largest magnitude.
"""

import copy
import sys

from foreign import NETWORKS, first_output


def largest(values):
    return values.abs().max().item()


def main():
    import torch

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
    print(f"{'network':24}{'magnitude':>12}{'in fp16':>12}{'tf32':>10}{'fp16':>10}{'bf16':>10}")
    for name in sys.argv[1:]:
        torch.manual_seed(0)
        network, inputs = NETWORKS[name][0]()
        model, example = first_output(network.eval(), list(inputs)).eval(), tuple(inputs.values())
        outputs = {}
        with torch.no_grad():
            expected = model(*example).double()
            for precision, kind in {"tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}.items():
                there = copy.deepcopy(model).to("cuda", kind)
                values = [value.to("cuda", kind) if value.is_floating_point() else value.cuda() for value in example]
                outputs[precision] = there(*values).double().cpu()
        scale = largest(expected)
        errors = "".join(f"{largest(output - expected) / scale:10.2e}" for output in outputs.values())
        print(f"{name:24}{scale:12.2e}{largest(outputs['fp16']):12.2e}{errors}", flush=True)


main()
