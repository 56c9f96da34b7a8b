#!/usr/bin/env python3
"""Steps of the clipart CLIP: `tpretrain pretrain` beside an equal PyTorch model, in turns.

Usage: clip_step.py --program PROGRAM --data clipart [--python PYTHON] [--patch 8] [--rounds 3]

Both sides train the model of configs/clip/clipart.yaml at fp32 on the same number of threads: an image
tower and a text tower, both directions of InfoNCE over the batch, clipping by norm, AdamW. Ours is
the whole program, which decodes and augments pictures beside the steps. The peer gets the best that
plain PyTorch offers: fused AdamW, scaled_dot_product_attention, texts padded to the longest of the
batch. Its pictures are ready made in memory, which costs it nothing, or with --decode decoded (Pillow),
resized, shifted and flipped by a DataLoader worker, which is the work that ours does. Runs alternate
A B A B; the result is the ratio of the medians. Needs nothing here but the standard library; PYTHON
must have torch, for --decode Pillow and numpy too.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

RECIPE = """\
name: bench
seed: 1
tokenizer: {{wordpiece: {{vocab: {data}/vocab.txt, lowercase: true}}}}
data:
  train: {{shards: {{files: "{data}/train-*.tar"}}}}
  processor:
    image_text:
      image: {{size: 64, fit: squash, augment: {{flip: 0.5, shift: 4, fill: white}}}}
      text: {{length: 24}}
model:
  towers:
    image:
      embedding: [{{patch: {{size: {patch}, resolution: 64, cls: true}}}}, position]
      encoder: {{transformer: {{layers: 4, hidden: 192, heads: 4, ffn: 768, order: pre, activation: gelu_tanh, dropout: 0}}}}
      pool: cls
      project: 128
    text:
      embedding: [word, {{position: {{max: 24}}}}]
      encoder: {{transformer: {{layers: 2, hidden: 192, heads: 4, ffn: 768, order: pre, activation: gelu_tanh, dropout: 0}}}}
      pool: mean
      project: 128
  target: {{contrastive: {{between: [image, text]}}}}
train:
  duration: {steps} steps
  batch: {batch}
  threads: {threads}
  optimizer: {{adamw: {{lr: 1e-3, betas: [0.9, 0.98], eps: 1e-6, weight_decay: 0.1}}}}
  schedule: {{linear: {{warmup: 100 steps}}}}
  clip: 1.0
log: {{every: 2}}
"""


def random_batches(args):
    """[B, 64, 64, 3] uint8 without end."""
    import torch

    generator = torch.Generator().manual_seed(1)
    while True:
        yield torch.randint(0, 256, (args.batch, 64, 64, 3), generator=generator, dtype=torch.uint8)


def decoded_batches(args):
    """The same of the shards' pictures, made by a worker process."""
    import io
    import random
    import tarfile

    import numpy as np
    import torch
    from PIL import Image, ImageOps

    files = []
    for shard in sorted(pathlib.Path(args.data).glob("train-*.tar")):
        with tarfile.open(shard) as archive:
            files += [archive.extractfile(m).read() for m in archive if m.name.endswith((".png", ".jpg"))]

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, index):
            image = Image.open(io.BytesIO(files[index]))
            if image.mode != "RGB":
                page = Image.new("RGBA", image.size, "white")
                page.alpha_composite(image.convert("RGBA"))
                image = page.convert("RGB")
            image = ImageOps.expand(image.resize((64, 64), Image.BICUBIC), 4, "white")
            x, y = random.randint(0, 8), random.randint(0, 8)
            image = image.crop((x, y, x + 64, y + 64))
            return torch.from_numpy(np.array(ImageOps.mirror(image) if random.random() < 0.5 else image))

    loader = torch.utils.data.DataLoader(Pictures(), args.batch, shuffle=True, drop_last=True, num_workers=1,
                                         prefetch_factor=4)
    while True:
        yield from loader


def peer_samples_per_second(args):
    """The PyTorch model; runs in a process of its own."""
    import time

    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x, mask):
            b, t, d = x.shape
            q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
            return x + self.fc2(F.gelu(self.fc1(self.norm2(x)), approximate="tanh"))

    class Clip(nn.Module):
        def __init__(self, patch, vocabulary):
            super().__init__()
            width = 192
            self.patch = nn.Conv2d(3, width, patch, patch)
            self.cls = nn.Parameter(torch.zeros(1, 1, width))
            self.image_position = nn.Parameter(0.02 * torch.randn((64 // patch) ** 2 + 1, width))
            self.image_blocks = nn.ModuleList(Block(width, 4) for _ in range(4))
            self.image_norm, self.image_project = nn.LayerNorm(width), nn.Linear(width, 128, bias=False)
            self.word = nn.Embedding(vocabulary, width)
            self.text_position = nn.Parameter(0.02 * torch.randn(24, width))
            self.text_blocks = nn.ModuleList(Block(width, 4) for _ in range(2))
            self.text_norm, self.text_project = nn.LayerNorm(width), nn.Linear(width, 128, bias=False)
            self.scale = nn.Parameter(torch.tensor(2.6593))

        def forward(self, pixels, ids, real):
            x = self.patch(pixels).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.image_position
            for block in self.image_blocks:
                x = block(x, None)
            image = F.normalize(self.image_project(self.image_norm(x)[:, 0]), dim=-1)
            y = self.word(ids) + self.text_position[: ids.shape[1]]
            mask = real[:, None, None, :]
            for block in self.text_blocks:
                y = block(y, mask)
            y = (self.text_norm(y) * real[..., None]).sum(1) / real.sum(1, keepdim=True)
            text = F.normalize(self.text_project(y), dim=-1)
            logits = self.scale.exp() * image @ text.T
            own = torch.arange(len(logits))
            return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2

    texts = json.loads(pathlib.Path(args.texts).read_text())
    model = Clip(args.patch, 1 + max(max(text) for text in texts))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1, fused=True)
    batches = decoded_batches(args) if args.decode else random_batches(args)
    mean, deviation = torch.tensor([0.481, 0.458, 0.408]), torch.tensor([0.269, 0.261, 0.276])
    times = []
    for step in range(args.steps):
        begin = time.perf_counter()
        pixels = next(batches)
        waited = time.perf_counter() - begin if args.decode else 0.0
        chosen = [texts[(step * args.batch + i) % len(texts)] for i in range(args.batch)]
        longest = max(map(len, chosen))
        ids = torch.tensor([text + [0] * (longest - len(text)) for text in chosen])
        real = torch.tensor([[True] * len(text) + [False] * (longest - len(text)) for text in chosen])
        start = time.perf_counter()
        x = ((pixels.float() / 255 - mean) / deviation).permute(0, 3, 1, 2)
        loss = model(x, ids, real)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.scale.clamp_(0, 4.6052)
        times.append(waited + time.perf_counter() - start)
    print(json.dumps({"samples_per_s": args.batch / statistics.median(times[args.steps // 4 :]), "torch": torch.__version__}))


def run(command, **options):
    done = subprocess.run(command, text=True, capture_output=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def ours(args, folder):
    recipe = folder / "bench.yaml"
    recipe.write_text(RECIPE.format(**vars(args) | {"data": pathlib.Path(args.data).resolve()}))
    run([args.program, "pretrain", recipe, "--run", folder / "run", "--fresh", "-q"])
    lines = [json.loads(line) for line in (folder / "run/metrics.jsonl").read_text().splitlines()]
    rates = [line["samples_per_s"] for line in lines if line.get("split") == "train"]
    return statistics.median(rates[len(rates) // 4 :])


def peer(args, folder):
    options = [f"--{name}={getattr(args, name)}" for name in ("data", "patch", "batch", "steps", "threads")]
    options += ["--decode"] if args.decode else []
    environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads))
    out = run([args.python, __file__, "--peer-texts", folder / "texts.json", *options], env=environment)
    return json.loads(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/tpretrain")
    parser.add_argument("--data", default="clipart", help="folder that tools/clipart made")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--patch", type=int, default=8)
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--decode", action="store_true", help="the peer decodes its pictures too")
    parser.add_argument("--peer-texts", dest="texts", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.texts:
        peer_samples_per_second(args)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        encode = [args.program, "tokenizer", "encode", "--wordpiece", f"{args.data}/vocab.txt", "--lowercase"]
        lines = run([*encode, f"{args.data}/captions.txt"]).splitlines()
        (folder / "texts.json").write_text(json.dumps([json.loads(line)["ids"][:24] for line in lines]))
        mine, theirs = [], []
        for _ in range(args.rounds):
            mine.append(ours(args, folder))
            result = peer(args, folder)
            theirs.append(result["samples_per_s"])
            print(f"tpretrain {mine[-1]:7.1f}   PyTorch {theirs[-1]:7.1f} samples/s", flush=True)
        ratio = statistics.median(mine) / statistics.median(theirs)
        print(f"medians: tpretrain {statistics.median(mine):.1f}, PyTorch {result['torch']} {statistics.median(theirs):.1f} "
              f"samples/s: {ratio:.2f} x, patch {args.patch}, batch {args.batch}, {args.threads} threads, "
              f"peer's pictures {'decoded' if args.decode else 'ready made'}")


if __name__ == "__main__":
    main()
