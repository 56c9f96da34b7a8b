#!/usr/bin/env python3
"""Carries the golden models through `tpretrain import` and `export` and lets their libraries read them.

    interchange_parity.py [--program build/release/bin/tpretrain]
                          [--clip RECIPE] [--siglip RECIPE] [--vit RECIPE]

Each recipe must describe the model of that name in tests/golden/README.md. What Hugging Face and
open_clip compute after the way there and back must equal the golden features. Needs torch,
transformers, open_clip_torch and safetensors; exits 1 on any difference.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import open_clip
import torch
import transformers
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/clip"
sys.path.insert(0, str(ROOT / "tools/golden"))
import clip_golden  # noqa: E402

BOUND = 1e-5


class Traveller:
    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.failed = False

    def carry(self, file, library, recipe, target):
        """Imports a golden file and exports it for `target`; the folder it is in."""
        weights = self.folder / "weights.safetensors"
        out = self.folder / f"{file}_{target}"
        subprocess.run([self.program, "import", "--from", library, str(GOLDEN / f"{file}.safetensors"), recipe, "-o",
                        str(weights)], check=True)
        subprocess.run([self.program, "export", "--to", target, str(weights), recipe, "-o", str(out)], check=True)
        return out

    def expect(self, what, ours, golden):
        error = (ours - golden).abs().max().item()
        self.failed |= not error <= BOUND
        print(f"{what}: largest difference {error:.2e}", flush=True)


def golden(name):
    tensors = load_file(GOLDEN / f"{name}_reference.safetensors")
    pixels = clip_golden.normalised(tensors["image.pixels"])
    texts = None
    if "text.ids" in tensors:
        texts = clip_golden.padded(list(tensors["text.ids"].long().split(tensors["text.lengths"].tolist())))
    return tensors, pixels, texts


def read_hf(kind, folder):
    model, report = kind.from_pretrained(folder, output_loading_info=True)
    if report["missing_keys"] or report["unexpected_keys"]:
        sys.exit(f"{folder}: {report}")
    return model.eval()


def check_pair(traveller, name, kind, recipe):
    tensors, pixels, texts = golden(name)
    for library in ("open_clip", "hf"):
        folder = traveller.carry(f"{name}_{library}", library, recipe, "hf")
        result = read_hf(kind, folder)(input_ids=texts, pixel_values=pixels)
        way = f"{name} from {library} to hf"
        traveller.expect(f"{way}, images", result.image_embeds, tensors["image.features"])
        traveller.expect(f"{way}, texts", result.text_embeds, tensors["text.features"])


def check_open_clip(traveller, recipe):
    tensors, pixels, texts = golden("clip")
    folder = traveller.carry("clip_hf", "hf", recipe, "open_clip")
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    images = model.encode_image(pixels, normalize=True)
    traveller.expect("clip from hf to open_clip, images", images, tensors["image.features"])
    encoded = model.encode_text(texts, normalize=True)
    traveller.expect("clip from hf to open_clip, texts", encoded, tensors["text.features"])


def check_vit(traveller, recipe):
    tensors, pixels, _ = golden("vit")
    for library in ("timm", "hf"):
        folder = traveller.carry(f"vit_{library}", library, recipe, "hf")
        logits = read_hf(transformers.ViTForImageClassification, folder)(pixels).logits
        traveller.expect(f"vit from {library} to hf", logits, tensors["logits"])


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/tpretrain")
    parser.add_argument("--clip")
    parser.add_argument("--siglip")
    parser.add_argument("--vit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        traveller = Traveller(options.program, folder)
        if options.clip:
            check_pair(traveller, "clip", transformers.CLIPModel, options.clip)
            check_open_clip(traveller, options.clip)
        if options.siglip:
            check_pair(traveller, "siglip", transformers.SiglipModel, options.siglip)
        if options.vit:
            check_vit(traveller, options.vit)
    return 1 if traveller.failed else 0


if __name__ == "__main__":
    sys.exit(main())
