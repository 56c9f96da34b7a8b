#!/usr/bin/env python3
"""What a plain PyTorch CLIP reaches on the pictures of tools/clipart: the peer of configs/clip/clipart.yaml.

Usage: clipart_peer.py [--data clipart] [--patch 8] [--batch 192] [--steps 380] [--threads 2]

Trains torch.nn.TransformerEncoder towers as they come (their initial values, dropout 0.1) with fused
AdamW, linear decay, random shift and flip, and prints R@5 over the held-out pairs in both directions.
Needs torch, Pillow and tokenizers.
"""

import argparse
import io
import pathlib
import tarfile
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import BertWordPieceTokenizer
from torch import nn

SIDE, WIDTH, LENGTH, SHIFT = 64, 192, 24, 4


def picture(data):
    """[3, SIDE, SIDE] uint8, on white."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image)
    pixels = np.asarray(page.convert("RGB").resize((SIDE, SIDE), Image.BICUBIC))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def load(paths, tokenizer):
    """Pictures [N, 3, SIDE, SIDE] and ids [N, LENGTH], 0 behind the end."""
    pictures, texts = [], []
    for path in sorted(paths):
        with tarfile.open(path) as shard:
            for member in shard:
                data = shard.extractfile(member).read()
                if member.name.endswith(".txt"):
                    texts.append(tokenizer.encode(data.decode()).ids[:LENGTH])
                else:
                    pictures.append(picture(data))
    ids = torch.zeros(len(texts), LENGTH, dtype=torch.long)
    for row, text in zip(ids, texts):
        row[: len(text)] = torch.tensor(text)
    assert len(pictures) == len(texts)
    return torch.stack(pictures), ids


def encoder(layers):
    layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, 0.1, "gelu", batch_first=True, norm_first=True)
    return nn.TransformerEncoder(layer, layers, nn.LayerNorm(WIDTH), enable_nested_tensor=False)


class Clip(nn.Module):
    def __init__(self, patch, vocabulary):
        super().__init__()
        self.patch = nn.Conv2d(3, WIDTH, patch, patch)
        self.image_position = nn.Parameter(0.02 * torch.randn(1, (SIDE // patch) ** 2, WIDTH))
        self.image_encoder, self.text_encoder = encoder(4), encoder(2)
        self.word = nn.Embedding(vocabulary, WIDTH)
        self.text_position = nn.Parameter(0.02 * torch.randn(1, LENGTH, WIDTH))
        self.image_project, self.text_project = (nn.Linear(WIDTH, 128, bias=False) for _ in range(2))
        self.scale = nn.Parameter(torch.tensor(2.6593))

    def images(self, pictures):
        x = self.patch(pictures.float() / 127.5 - 1).flatten(2).transpose(1, 2) + self.image_position
        return F.normalize(self.image_project(self.image_encoder(x).mean(1)), dim=-1)

    def texts(self, ids):
        ids = ids[:, : int((ids > 0).sum(1).max())]
        real = ids > 0
        y = self.word(ids) + self.text_position[:, : ids.shape[1]]
        y = self.text_encoder(y, src_key_padding_mask=~real) * real[..., None]
        return F.normalize(self.text_project(y.sum(1) / real.sum(1, keepdim=True)), dim=-1)


def shifted(pictures, generator):
    """Each moved by up to SHIFT pixels, white from outside, half of them mirrored."""
    padded = F.pad(pictures, (SHIFT,) * 4, value=255)
    out = torch.empty_like(pictures)
    for i, (y, x, flip) in enumerate(generator.integers(0, [2 * SHIFT + 1, 2 * SHIFT + 1, 2], (len(out), 3))):
        view = padded[i, :, y : y + SIDE, x : x + SIDE]
        out[i] = view.flip(-1) if flip else view
    return out


@torch.no_grad()
def recall_at_5(model, pictures, ids):
    model.eval()
    images = torch.cat([model.images(part) for part in pictures.split(100)])
    similarity = images @ model.texts(ids).T
    model.train()
    ranks = [(s > s.diag()[:, None]).sum(1) for s in (similarity, similarity.T)]
    return [(rank < 5).float().mean().item() for rank in ranks]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default="clipart", help="folder that tools/clipart made")
    parser.add_argument("--patch", type=int, default=8)
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--steps", type=int, default=380)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    generator = np.random.default_rng(args.seed)
    tokenizer = BertWordPieceTokenizer(str(args.data / "vocab.txt"), lowercase=True)
    pictures, ids = load(args.data.glob("train-*.tar"), tokenizer)
    held_out = load(args.data.glob("valid-*.tar"), tokenizer)
    model = Clip(args.patch, tokenizer.get_vocab_size())
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, betas=(0.9, 0.98), weight_decay=0.1, fused=True)
    warmup = max(1, args.steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, (args.steps - step) / (args.steps - warmup)))
    own, order, start = torch.arange(args.batch), [], time.monotonic()
    for step in range(1, args.steps + 1):
        if len(order) < args.batch:
            order = generator.permutation(len(ids)).tolist()
        chosen, order = order[: args.batch], order[args.batch :]
        images, texts = model.images(shifted(pictures[chosen], generator)), model.texts(ids[chosen])
        logits = model.scale.exp().clamp(max=100) * images @ texts.T
        loss = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == args.steps:
            seconds = time.monotonic() - start
            accuracy = (logits.argmax(1) == own).float().mean().item()
            image_to_text, text_to_image = recall_at_5(model, *held_out)
            print(f"step {step}  {seconds:4.0f} s  loss {loss.item():.3f} (acc {accuracy:.1%})  R@5 "
                  f"{image_to_text:.1%} and {text_to_image:.1%}, mean {(image_to_text + text_to_image) / 2:.1%}", flush=True)


if __name__ == "__main__":
    main()
