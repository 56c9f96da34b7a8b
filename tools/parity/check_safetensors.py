#!/usr/bin/env python3
"""Compares our safetensors reader and writer with the reference package, both ways.

    python3 tools/parity/check_safetensors.py build/dev/bin/safetensors_sample

Needs the packages torch, safetensors and numpy; transformers is used when it is installed. Checks, for random files of all types that PyTorch can save:
  - our reader sees the names, types, shapes and bytes that the reference wrote;
  - the file that we write again is byte for byte the reference's, and the reference reads it;
  - the reference refuses nothing that we wrote, and we refuse the damaged files that it refuses.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

TYPES = [
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16,
    torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.float8_e4m3fn,
    torch.float8_e5m2,
]


def random_tensor(rng):
    shape = [rng.randrange(6) for _ in range(rng.randrange(5))]
    dtype = rng.choice(TYPES)
    count = 1
    for size in shape:
        count *= size
    raw = bytes(rng.randrange(2) if dtype == torch.bool else rng.randrange(256)
                for _ in range(count * torch.empty((), dtype=dtype).element_size()))
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)


def raw_bytes(tensor):
    return tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)


def header_of(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8:8 + size]), size


def check_round(program, folder, rng):
    tensors = {f"layer.{i}.{rng.choice('abc\u00e9')}": random_tensor(rng)
               for i in range(rng.randrange(9))}
    theirs, ours = folder / "theirs.safetensors", folder / "ours.safetensors"
    save_file(tensors, theirs, metadata={"format": "pt"})
    copied = run(program, "copy", theirs, ours)
    assert copied.returncode == 0, copied.stderr
    assert ours.read_bytes() == theirs.read_bytes(), "files differ"
    loaded = load_file(ours)
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype and loaded[name].shape == tensor.shape, name
        assert raw_bytes(loaded[name]) == raw_bytes(tensor), name
    printed = run(program, "print", theirs)
    header, _ = header_of(theirs)
    lines = [line.rsplit(" ", 1)[0] for line in printed.stdout.splitlines()]
    expected = [f"{name} {entry['dtype']} {entry['shape']}"
                for name, entry in sorted(((n, e) for n, e in header.items()
                                           if n != "__metadata__"),
                                          key=lambda item: item[1]["data_offsets"])]
    assert sorted(lines) == sorted(expected), (lines, expected)


def check_damage(program, folder, rng):
    """Both readers must refuse a file; where only we refuse, the reason must be a limit of ours."""
    path = folder / "damaged.safetensors"
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(4, dtype=torch.int8)}, path)
    data = bytearray(path.read_bytes())
    _, size = header_of(path)
    for _ in range(rng.randrange(1, 3)):
        data[rng.randrange(8 + size)] = rng.choice(b'0123456789"[]{},:-. \x00\xff')
    path.write_bytes(data)
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():
                file.get_tensor(name)
        they_accept = True
    except (SafetensorError, OSError, OverflowError, ValueError):
        they_accept = False
    result = run(program, "print", path)
    assert result.returncode in (0, 65), result.stderr
    we_accept = result.returncode == 0
    assert not we_accept or they_accept, f"only we accept: {bytes(data[8:8 + size])!r}"
    return they_accept and not we_accept, result.stderr.strip()


def check_transformers(program, folder):
    try:
        from transformers import BertConfig, BertModel
    except ImportError:
        print("transformers is not installed: skipped")
        return
    config = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=32, max_position_embeddings=16)
    model = BertModel(config)
    model.save_pretrained(folder / "model")
    path = folder / "model" / "model.safetensors"
    copied = run(program, "copy", path, path)
    assert copied.returncode == 0, copied.stderr
    loaded = BertModel.from_pretrained(folder / "model")
    for name, value in model.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[name]), name
    print("transformers: a model folder with our file loads")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path, help="the built safetensors_sample")
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    program = str(arguments.program.resolve())
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for _ in range(arguments.rounds):
            check_round(program, folder, rng)
        print(f"{arguments.rounds} random files: equal bytes both ways")
        stricter = [check_damage(program, folder, rng) for _ in range(arguments.rounds * 5)]
        reasons = sorted({reason for only_us, reason in stricter if only_us})
        print(f"{len(stricter)} damaged files: none accepted by us alone; "
              f"{sum(only_us for only_us, _ in stricter)} refused by us alone")
        for reason in reasons[:20]:
            print("  ", reason)
        check_transformers(program, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
