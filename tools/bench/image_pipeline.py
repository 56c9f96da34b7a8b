#!/usr/bin/env python3
"""JPEG files to a normalised float batch: tpretrain, PIL + numpy and torchvision in turns.

    image_pipeline.py PROGRAM FOLDER [--make PICTURES] [--threads 1] [--rounds 15] [--size 224]

PROGRAM is build/bench/bin/image_pipeline (cmake -DTPRETRAIN_BENCH=ON). FOLDER holds the JPEG files
that all three read; --make fills it first: crops of 500 x 375 at quality 90 from each picture in
PICTURES. All three take a random resized crop (scale 0.08 to 1), resize it bicubically with
antialias, mirror half of them, and normalise to floats (tpretrain as [size, size, 3], the layout
that its patches are cut from), with one thread of libraries per worker. A round runs each of them once over all files; figures are medians over rounds.
"""

import argparse
import math
import random
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms import v2

MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def make(pictures, folder):
    folder.mkdir(parents=True, exist_ok=True)
    draws = random.Random(1)
    for path in sorted(pictures.iterdir()):
        image = Image.open(path).convert("RGB")
        for i in range(8):
            width = draws.uniform(0.6, 1) * min(image.width, image.height * 4 / 3)
            height = width * 3 / 4
            left, top = draws.uniform(0, image.width - width), draws.uniform(0, image.height - height)
            crop = image.resize((500, 375), Image.BICUBIC, (left, top, left + width, top + height))
            crop.save(folder / f"{path.stem}_{i}.jpg", quality=90)


def crop_box(height, width):
    """torchvision's RandomResizedCrop.get_params with the defaults."""
    for _ in range(10):
        area = height * width * random.uniform(0.08, 1.0)
        shape = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if 0 < w <= width and 0 < h <= height:
            top, left = random.randint(0, height - h), random.randint(0, width - w)
            return left, top, left + w, top + h
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


class Pil:
    def __init__(self, files, size, threads):
        self.files, self.size = files, size
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def one(self, data):
        image = Image.open(BytesIO(data)).convert("RGB")
        box = crop_box(image.height, image.width)
        image = image.resize((self.size, self.size), Image.BICUBIC, box)
        if random.random() < 0.5:
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        pixels = np.asarray(image, dtype=np.float32) / np.float32(255)
        pixels = (pixels - np.float32(MEAN)) / np.float32(DEVIATION)
        return pixels.transpose(2, 0, 1)

    def run(self):
        run = self.pool.map if self.pool else map
        return np.stack(list(run(self.one, self.files)))


class Torchvision(Pil):
    def __init__(self, files, size, threads):
        super().__init__([torch.frombuffer(bytearray(data), dtype=torch.uint8) for data in files],
                         size, threads)
        self.each = v2.Compose([
            v2.RandomResizedCrop(size, interpolation=v2.InterpolationMode.BICUBIC, antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, DEVIATION),
        ])

    def one(self, data):
        return self.each(decode_jpeg(data, mode=ImageReadMode.RGB))

    def run(self):
        run = self.pool.map if self.pool else map
        return torch.stack(list(run(self.one, self.files)))


class Ours:
    def __init__(self, program, paths, size, threads):
        command = [program, str(size), str(threads), *map(str, paths)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def seconds(peer):
    start = time.perf_counter()
    result = peer.run()
    return result if isinstance(peer, Ours) else time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--make", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--size", type=int, default=224)
    options = parser.parse_args()
    if options.make:
        make(options.make, options.folder)
    paths = sorted(options.folder.glob("*.jpg"))
    files = [path.read_bytes() for path in paths]
    torch.set_num_threads(1)
    peers = {"tpretrain": Ours(options.program, paths, options.size, options.threads),
             "PIL + numpy": Pil(files, options.size, options.threads),
             "torchvision": Torchvision(files, options.size, options.threads)}
    times = {name: [] for name in peers}
    for round_ in range(options.rounds + 1):
        for name, peer in peers.items():
            took = seconds(peer)
            if round_ > 0:  # the first one warms up
                times[name].append(took)
    rates = {name: len(files) / statistics.median(taken) for name, taken in times.items()}
    size = sum(map(len, files)) // len(files)
    print(f"{len(files)} files, {size} bytes each, {options.threads} threads, {options.rounds} rounds")
    for name, rate in rates.items():
        ratios = [other / own for own, other in zip(times["tpretrain"], times[name])]
        print(f"{name:12} {rate:8.0f} images/s   tpretrain {statistics.median(ratios):5.2f}x")


if __name__ == "__main__":
    main()
