#!/usr/bin/env python3
"""Makes tests/golden/image: pictures of every kind that is taken or refused, and what PIL reads.

    image_golden.py [FOLDER]

Needs Pillow, numpy and torchvision. PNG files come from the writer below, since PIL cannot write
every colour type. Expected pixels are PIL's; where PIL gives no 8-bit picture of its own (16-bit
grey), they are the high bytes of the samples.
"""

import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms.v2 import functional as F

ROOT = Path(__file__).resolve().parents[2]
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]


def picture(height, width, channels):
    """Gradients with a disc and stripes, [height, width, channels], values in [0, 1]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    disc = ((y - height * 0.4) ** 2 + (x - width * 0.6) ** 2) < (0.3 * min(height, width)) ** 2
    right, low = max(1, width - 1), max(1, height - 1)
    planes = [x / right, y / low, 0.5 + 0.5 * np.sin(x * 0.7 + y * 0.3),
              np.clip(1.4 * y / low - 0.2, 0, 1)]
    planes = [np.where(disc, 1 - p, p) if i < 3 else p for i, p in enumerate(planes)]
    return np.stack(planes[:channels], axis=2)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed_rows(samples, depth):
    """Rows of [h, w, c] integers, each after a filter byte that chooses no filter."""
    out = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            data = row.astype(">u2").tobytes()
        else:
            bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
            data = np.packbits(bits.reshape(-1)).tobytes()
        out += b"\0" + data
    return out


def png(samples, depth, color, palette=None, transparency=None, interlaced=False):
    height, width, _ = samples.shape
    raw = packed_rows(samples, depth)
    if interlaced:
        raw = b"".join(packed_rows(samples[y0::dy, x0::dx], depth) for x0, y0, dx, dy in ADAM7
                       if samples[y0::dy, x0::dx].size)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    parts = [chunk(b"IHDR", header)]
    if palette is not None:
        parts.append(chunk(b"PLTE", palette.astype(np.uint8).tobytes()))
    if transparency is not None:
        parts.append(chunk(b"tRNS", transparency))
    parts += [chunk(b"IDAT", zlib.compress(raw, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def levels(channels, depth, height=19, width=23):
    return np.round(picture(height, width, channels) * (2**depth - 1)).astype(np.int64)


def png_files():
    files = {}
    for depth in (1, 2, 4, 8, 16):
        files[f"grey_{depth}.png"] = png(levels(1, depth), depth, GREY)
    for depth in (8, 16):
        files[f"rgb_{depth}.png"] = png(levels(3, depth), depth, RGB)
        files[f"rgba_{depth}.png"] = png(levels(4, depth), depth, RGBA)
        grey_alpha = levels(4, depth)[:, :, [0, 3]]
        files[f"grey_alpha_{depth}.png"] = png(grey_alpha, depth, GREY_ALPHA)
    for depth in (1, 2, 4, 8):
        indices = levels(1, min(depth, 4), 19, 23)
        colors = levels(3, 8, 1, 2 ** min(depth, 4))[0]
        files[f"palette_{depth}.png"] = png(indices, depth, PALETTE, colors)
    indices = levels(1, 4)
    colors = levels(3, 8, 1, 16)[0]
    files["palette_transparent.png"] = png(indices, 8, PALETTE, colors, bytes(range(0, 128, 16)))
    key = levels(3, 8)[3, 4]
    files["grey_transparent.png"] = png(levels(1, 8), 8, GREY, None, struct.pack(">H", key[0]))
    files["rgb_transparent.png"] = png(levels(3, 8), 8, RGB, None, struct.pack(">HHH", *key))
    files["rgb_interlaced.png"] = png(levels(3, 8), 8, RGB, interlaced=True)
    files["rgba_16_interlaced.png"] = png(levels(4, 16), 16, RGBA, interlaced=True)
    files["grey_1_interlaced.png"] = png(levels(1, 1), 1, GREY, interlaced=True)
    files["grey_1x1.png"] = png(np.array([[[200]]]), 8, GREY)
    return files


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def rgb_image(height=53, width=67):
    return Image.fromarray(np.round(picture(height, width, 3) * 255).astype(np.uint8))


def jpeg_files():
    rgb = rgb_image()
    cmyk = Image.fromarray(np.round(picture(53, 67, 4) * 255).astype(np.uint8), mode="CMYK")
    options = {"format": "JPEG", "quality": 90}
    return {
        "grey.jpg": saved(rgb.convert("L"), **options),
        "444.jpg": saved(rgb, subsampling="4:4:4", **options),
        "422.jpg": saved(rgb, subsampling="4:2:2", **options),
        "420.jpg": saved(rgb, subsampling="4:2:0", **options),
        "progressive.jpg": saved(rgb, progressive=True, **options),
        "restarts.jpg": saved(rgb, restart_marker_blocks=3, **options),
        "cmyk.jpg": saved(cmyk, **options),
    }


def webp_files():
    rgb = rgb_image()
    rgba = Image.fromarray(np.round(picture(53, 67, 4) * 255).astype(np.uint8))
    return {
        "lossy.webp": saved(rgb, format="WEBP", quality=80),
        "lossless.webp": saved(rgb, format="WEBP", lossless=True),
        "alpha_lossy.webp": saved(rgba, format="WEBP", quality=80),
        "alpha_lossless.webp": saved(rgba, format="WEBP", lossless=True),
    }


def bad_files(files):
    rgb = rgb_image()
    animated = saved(rgb, format="WEBP", save_all=True, append_images=[rgb.rotate(90)], duration=9)
    huge = bytearray(files["rgb_8.png"])
    huge[16:24] = struct.pack(">II", 60000, 60000)
    huge[29:33] = struct.pack(">I", zlib.crc32(bytes(huge[12:29])))
    halves = {f"truncated{Path(name).suffix}": files[name][: len(files[name]) // 2]
              for name in ("420.jpg", "rgb_8.png", "lossy.webp")}
    scans = files["progressive.jpg"]
    return {"animated.webp": animated, "huge.png": bytes(huge), "empty.jpg": b"",
            "truncated_progressive.jpg": scans[: len(scans) * 3 // 4], **halves}


def flattened(data):
    """What PIL makes of a file: on white where there is any transparency."""
    image = Image.open(io.BytesIO(data))
    if image.mode.startswith("I"):
        return (np.array(image).astype(np.int64) >> 8).astype(np.uint8)[:, :, None].repeat(3, axis=2)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return np.array(white)
    return np.array(image.convert("RGB"))


def dropped(data):
    image = Image.open(io.BytesIO(data))
    return flattened(data) if image.mode.startswith("I") else np.array(image.convert("RGB"))


def facts(pixels):
    return {"height": pixels.shape[0], "width": pixels.shape[1],
            "crc32": zlib.crc32(np.ascontiguousarray(pixels).tobytes())}


RESIZES = [  # output height and width, box (left, top, right, bottom)
    (16, 16, (0, 0, 67, 53)), (53, 67, (0, 0, 67, 53)), (80, 96, (0, 0, 67, 53)),
    (7, 90, (0, 0, 67, 53)), (24, 24, (10, 5, 50, 45)), (24, 24, (10.25, 5.5, 33.75, 17.125)),
    (53, 20, (0, 0, 67, 53)), (20, 67, (0, 0, 67, 53)), (1, 1, (0, 0, 67, 53)), (5, 3, (66, 52, 67, 53)),
]


def resized():
    """The source, then each result: [h, w, 3] one after the other."""
    source = rgb_image()
    pixels, cases = source.tobytes(), []
    for filter_name, code in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
        for height, width, box in RESIZES:
            pixels += source.resize((width, height), code, box=box).tobytes()
            cases.append({"filter": filter_name, "height": height, "width": width, "box": box})
    return pixels, {"height": source.height, "width": source.width, "cases": cases}


OPS = {
    "brightness": [0.4, 1.7], "contrast": [0.3, 1.9], "saturation": [0.0, 0.5, 1.8],
    "hue": [-0.5, -0.1, 0.2, 0.45], "sharpness": [0.1, 1.9], "posterize": [1, 4, 7],
    "solarize": [0.0, 100.0, 255.0], "autocontrast": [0], "equalize": [0],
}
MOVES = [  # degrees, shift in x and y, shear in x and y
    ("rotate", 0.0), ("rotate", 30.0), ("rotate", -12.5), ("shear_x", 0.3), ("shear_x", -0.21),
    ("shear_y", 0.3), ("shear_y", -0.09), ("translate_x", 9), ("translate_x", -4), ("translate_y", 17),
]


def colored(op, image, value):
    if op in ("autocontrast", "equalize"):
        return getattr(F, op)(image)
    if op == "posterize":
        return F.posterize(image, int(value))
    if op == "solarize":
        return F.solarize(image, value)
    return getattr(F, f"adjust_{op}")(image, value)


def moved(op, image, value):
    if op == "rotate":
        return F.rotate(image, value)
    shear, shift = [0.0, 0.0], [0, 0]
    if op.startswith("shear"):
        shear["xy".index(op[-1])] = float(np.degrees(np.arctan(value)))
    else:
        shift["xy".index(op[-1])] = value
    return F.affine(image, angle=0.0, translate=shift, scale=1.0, shear=shear,
                    center=[0, 0] if op.startswith("shear") else None)


def augmented(side=24):
    """What torchvision's functions for uint8 tensors give: RandAugment and ColorJitter call them."""
    source = np.round(picture(side, side, 3) * 235 + 10).astype(np.uint8)
    image = torch.from_numpy(source).permute(2, 0, 1).contiguous()
    pixels, cases = source.tobytes(), []
    runs = [(op, value, colored) for op, values in OPS.items() for value in values]
    runs += [(op, value, moved) for op, value in MOVES]
    for op, value, run in runs:
        pixels += run(op, image, value).permute(1, 2, 0).contiguous().numpy().tobytes()
        cases.append({"op": op, "value": value})
    return pixels, {"height": side, "width": side, "cases": cases}


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "golden" / "image"
    folder.mkdir(parents=True, exist_ok=True)
    files = {**png_files(), **jpeg_files(), **webp_files()}
    pictures = [{"file": name, **facts(flattened(data)), "dropped": facts(dropped(data))["crc32"]}
                for name, data in sorted(files.items())]
    bad = bad_files(files)
    for name, data in {**files, **bad}.items():
        (folder / name).write_bytes(data)
    versions = {"pillow": PIL.__version__, "torchvision": torchvision.__version__.split("+")[0]}
    records = {"pictures": {"versions": versions, "pictures": pictures, "bad": sorted(bad)}}
    for name, (pixels, records[name]) in (("resize", resized()), ("augment", augmented())):
        (folder / f"{name}.bin").write_bytes(pixels)
    for name, record in records.items():
        (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
