#!/usr/bin/env python3
"""Writes tests/golden/clip/: tiny random CLIP, SigLIP and ViT models and what they compute.

Usage: clip_golden.py [OUT]        (OUT defaults to tests/golden/clip of this checkout)
Needs: torch, open_clip_torch, timm, transformers, safetensors. Runs on the CPU in float32, one
thread, so that the same versions give the same bytes. The layout of the files is described in
tests/golden/README.md. The Hugging Face models get the same numbers under their names; the script
stops unless they compute the same features.
"""

import importlib.metadata
import json
import pathlib
import sys

import open_clip
import timm
import torch
import transformers
from open_clip.loss import ClipLoss, SigLipLoss
from safetensors.torch import save_file

SEED = 20240229
BATCH = 5
LENGTHS = [7, 12, 3, 9, 4]
IMAGE = {"size": 32, "patch": 8, "layers": 2}
TEXT = {"context": 12, "vocabulary": 60, "layers": 2}
MEAN, STD = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
CLASSES = 5
BEGIN, END = TEXT["vocabulary"] - 2, TEXT["vocabulary"] - 1
PAD = 1


def randomise(model, generator):
    """Every number random, so that none hides behind 0 or 1; scales and biases of logits stay."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if name.startswith("logit_"):
                continue
            noise = torch.randn(parameter.shape, generator=generator)
            plain_vector = parameter.dim() == 1 and "embedding" not in name
            parameter.add_(0.1 * noise) if plain_vector else parameter.copy_(0.15 * noise)
    return model.train()


def make_inputs(generator, ragged):
    """uint8 pixels and token ids: ragged ones end in END, others are padded to the context."""
    pixels = torch.randint(0, 256, (BATCH, IMAGE["size"], IMAGE["size"], 3), generator=generator)
    texts = []
    for length in LENGTHS:
        ids = torch.randint(2, BEGIN, (length,), generator=generator)
        if ragged:
            ids[0], ids[-1] = BEGIN, END
        else:
            ids = torch.cat([ids, torch.full((TEXT["context"] - length,), PAD)])
        texts.append(ids)
    return pixels.to(torch.uint8), texts


def normalised(pixels):
    scaled = pixels.float() / 255
    return ((scaled - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2).contiguous()


def padded(texts):
    out = torch.zeros(len(texts), TEXT["context"], dtype=torch.long)
    for row, ids in zip(out, texts):
        row[: len(ids)] = ids
    return out


def gradients(model):
    return {f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()}


def expect_same(ours, theirs, what):
    error = (ours - theirs).abs().max().item()
    if error > 2e-6:
        sys.exit(f"{what}: Hugging Face and the reference differ by {error}")


def store(path, tensors):
    plain = {k: v.detach().clone().contiguous() for k, v in sorted(tensors.items())}
    save_file(plain, path)


def pair_reference(model, loss_of, pixels, texts):
    """Features, logits, loss and gradients of a model with two towers."""
    image = model.encode_image(normalised(pixels), normalize=True)
    text = model.encode_text(padded(texts), normalize=True)
    scale = model.logit_scale.exp()
    bias = getattr(model, "logit_bias", None)
    logits = scale * image @ text.T + (0 if bias is None else bias)
    loss = loss_of(image, text, scale) if bias is None else loss_of(image, text, scale, bias)
    loss.backward()
    tensors = {
        "image.pixels": pixels,
        "text.ids": torch.cat(texts).int(),
        "text.lengths": torch.tensor([len(ids) for ids in texts]).int(),
        "image.projected": model.encode_image(normalised(pixels)),
        "text.projected": model.encode_text(padded(texts)),
        "image.features": image,
        "text.features": text,
        "logits": logits,
        "loss": loss,
    }
    return tensors | gradients(model)


def copy_into(model, numbers):
    """Every parameter of a Hugging Face model, by name."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(numbers.pop(name).reshape(parameter.shape))
    if numbers:
        sys.exit(f"not in the Hugging Face model: {sorted(numbers)}")


def hf_layer(numbers, out, there, here, names):
    """One layer; `names`: qkv, output, norm1, fc1, fc2, norm2 in the reference."""
    for kind in ("weight", "bias"):
        qkv = numbers[here + names[0] + ("_" if "in_proj" in names[0] else ".") + kind]
        for part, value in zip("qkv", qkv.chunk(3)):
            out[f"{there}self_attn.{part}_proj.{kind}"] = value
        pairs = zip(["self_attn.out_proj", "layer_norm1", "mlp.fc1", "mlp.fc2", "layer_norm2"], names[1:])
        for theirs, ours in pairs:
            out[f"{there}{theirs}.{kind}"] = numbers[f"{here}{ours}.{kind}"]


RESIDUAL = ["attn.in_proj", "attn.out_proj", "ln_1", "mlp.c_fc", "mlp.c_proj", "ln_2"]
BLOCK = ["attn.qkv", "attn.proj", "norm1", "mlp.fc1", "mlp.fc2", "norm2"]


def hf_pair_config(kind, image_width, text_width, image_heads, text_heads, **more):
    shared = {"layer_norm_eps": more["eps"], "hidden_act": more["activation"], "attention_dropout": 0.0}
    text = shared | {
        "hidden_size": text_width,
        "intermediate_size": 2 * text_width,
        "num_hidden_layers": TEXT["layers"],
        "num_attention_heads": text_heads,
        "vocab_size": TEXT["vocabulary"],
        "max_position_embeddings": TEXT["context"],
        "bos_token_id": BEGIN,
        "eos_token_id": END,
    } | more.get("text", {})
    image = shared | {
        "hidden_size": image_width,
        "intermediate_size": 2 * image_width,
        "num_hidden_layers": IMAGE["layers"],
        "num_attention_heads": image_heads,
        "image_size": IMAGE["size"],
        "patch_size": IMAGE["patch"],
    }
    return kind(text_config=text, vision_config=image, **more.get("top", {}))


def make_clip(generator):
    image = open_clip.CLIPVisionCfg(
        layers=IMAGE["layers"], width=32, head_width=8, patch_size=IMAGE["patch"], image_size=IMAGE["size"], mlp_ratio=2.0
    )
    text = open_clip.CLIPTextCfg(
        context_length=TEXT["context"], vocab_size=TEXT["vocabulary"], width=24, heads=3, layers=TEXT["layers"], mlp_ratio=2.0
    )
    return randomise(open_clip.CLIP(16, image, text, quick_gelu=True), generator)


def clip_for_hf(numbers):
    out = {
        "logit_scale": numbers["logit_scale"],
        "visual_projection.weight": numbers["visual.proj"].T,
        "text_projection.weight": numbers["text_projection"].T,
        "vision_model.embeddings.class_embedding": numbers["visual.class_embedding"],
        "vision_model.embeddings.patch_embedding.weight": numbers["visual.conv1.weight"],
        "vision_model.embeddings.position_embedding.weight": numbers["visual.positional_embedding"],
        "text_model.embeddings.token_embedding.weight": numbers["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": numbers["positional_embedding"],
    }
    for kind in ("weight", "bias"):
        out[f"vision_model.pre_layrnorm.{kind}"] = numbers[f"visual.ln_pre.{kind}"]
        out[f"vision_model.post_layernorm.{kind}"] = numbers[f"visual.ln_post.{kind}"]
        out[f"text_model.final_layer_norm.{kind}"] = numbers[f"ln_final.{kind}"]
    for i in range(IMAGE["layers"]):
        hf_layer(numbers, out, f"vision_model.encoder.layers.{i}.", f"visual.transformer.resblocks.{i}.", RESIDUAL)
        hf_layer(numbers, out, f"text_model.encoder.layers.{i}.", f"transformer.resblocks.{i}.", RESIDUAL)
    return out


def write_clip(out, generator):
    model = make_clip(generator)
    pixels, texts = make_inputs(generator, ragged=True)
    reference = pair_reference(model, ClipLoss(), pixels, texts)
    numbers = dict(model.named_parameters())
    config = hf_pair_config(
        transformers.CLIPConfig, 32, 24, 4, 3, eps=1e-5, activation="quick_gelu", top={"projection_dim": 16}
    )
    peer = transformers.CLIPModel(config).eval()
    copy_into(peer, clip_for_hf(numbers))
    result = peer(input_ids=padded(texts), pixel_values=normalised(pixels))
    expect_same(reference["image.features"], result.image_embeds, "CLIP images")
    expect_same(reference["text.features"], result.text_embeds, "CLIP texts")
    store(out / "clip_open_clip.safetensors", numbers)
    store(out / "clip_hf.safetensors", dict(peer.named_parameters()))
    store(out / "clip_reference.safetensors", reference)


def make_siglip(generator):
    image = open_clip.CLIPVisionCfg(
        timm_model_name="vit_tiny_patch16_224", timm_pool="map", timm_proj="none", image_size=IMAGE["size"]
    )
    text = open_clip.CLIPTextCfg(
        context_length=TEXT["context"], vocab_size=TEXT["vocabulary"], width=16, heads=2, layers=TEXT["layers"],
        mlp_ratio=2.0, no_causal_mask=True, proj_bias=True, pool_type="last", norm_kwargs={"eps": 1e-6},
        act_kwargs={"approximate": "tanh"},
    )
    model = open_clip.CustomTextCLIP(24, image, text, init_logit_scale=2.302585, init_logit_bias=-10)
    model.visual.trunk = timm.models.vision_transformer.VisionTransformer(
        img_size=IMAGE["size"], patch_size=IMAGE["patch"], embed_dim=24, depth=IMAGE["layers"], num_heads=3, mlp_ratio=2,
        num_classes=0, global_pool="map", class_token=False, act_layer="gelu_tanh",
    )
    return randomise(model, generator)


def siglip_for_hf(numbers):
    trunk, pool = "visual.trunk.", "visual.trunk.attn_pool."
    out = {
        "logit_scale": numbers["logit_scale"],
        "logit_bias": numbers["logit_bias"],
        "vision_model.embeddings.position_embedding.weight": numbers[trunk + "pos_embed"],
        "vision_model.head.probe": numbers[pool + "latent"],
        "text_model.embeddings.token_embedding.weight": numbers["text.token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": numbers["text.positional_embedding"],
    }
    for kind in ("weight", "bias"):
        fused = torch.cat([numbers[f"{pool}q.{kind}"], numbers[f"{pool}kv.{kind}"]])
        out |= {
            f"vision_model.embeddings.patch_embedding.{kind}": numbers[f"{trunk}patch_embed.proj.{kind}"],
            f"vision_model.post_layernorm.{kind}": numbers[f"{trunk}norm.{kind}"],
            f"vision_model.head.attention.in_proj_{kind}": fused,
            f"vision_model.head.attention.out_proj.{kind}": numbers[f"{pool}proj.{kind}"],
            f"vision_model.head.layernorm.{kind}": numbers[f"{pool}norm.{kind}"],
            f"vision_model.head.mlp.fc1.{kind}": numbers[f"{pool}mlp.fc1.{kind}"],
            f"vision_model.head.mlp.fc2.{kind}": numbers[f"{pool}mlp.fc2.{kind}"],
            f"text_model.final_layer_norm.{kind}": numbers[f"text.ln_final.{kind}"],
            f"text_model.head.{kind}": numbers[f"text.text_projection.{kind}"],
        }
    for i in range(IMAGE["layers"]):
        hf_layer(numbers, out, f"vision_model.encoder.layers.{i}.", f"{trunk}blocks.{i}.", BLOCK)
        hf_layer(numbers, out, f"text_model.encoder.layers.{i}.", f"text.transformer.resblocks.{i}.", RESIDUAL)
    return out


def write_siglip(out, generator):
    model = make_siglip(generator)
    pixels, texts = make_inputs(generator, ragged=False)
    reference = pair_reference(model, SigLipLoss(), pixels, texts)
    numbers = dict(model.named_parameters())
    config = hf_pair_config(
        transformers.SiglipConfig, 24, 16, 3, 2, eps=1e-6, activation="gelu_pytorch_tanh", text={"projection_size": 24}
    )
    peer = transformers.SiglipModel(config).eval()
    copy_into(peer, siglip_for_hf(numbers))
    result = peer(input_ids=padded(texts), pixel_values=normalised(pixels))
    expect_same(reference["image.features"], result.image_embeds, "SigLIP images")
    expect_same(reference["text.features"], result.text_embeds, "SigLIP texts")
    store(out / "siglip_open_clip.safetensors", numbers)
    store(out / "siglip_hf.safetensors", dict(peer.named_parameters()))
    store(out / "siglip_reference.safetensors", reference)


def vit_saved_names(numbers):
    """The names that Hugging Face's own files have."""
    out = {
        "vit.embeddings.cls_token": numbers["cls_token"],
        "vit.embeddings.position_embeddings": numbers["pos_embed"],
    }
    for kind in ("weight", "bias"):
        out[f"vit.embeddings.patch_embeddings.projection.{kind}"] = numbers[f"patch_embed.proj.{kind}"]
        out[f"vit.layernorm.{kind}"] = numbers[f"norm.{kind}"]
        out[f"classifier.{kind}"] = numbers[f"head.{kind}"]
        for i in range(IMAGE["layers"]):
            there, here = f"vit.encoder.layer.{i}.", f"blocks.{i}."
            qkv = numbers[f"{here}attn.qkv.{kind}"].chunk(3)
            for part, value in zip(("query", "key", "value"), qkv):
                out[f"{there}attention.attention.{part}.{kind}"] = value
            out[f"{there}attention.output.dense.{kind}"] = numbers[f"{here}attn.proj.{kind}"]
            out[f"{there}layernorm_before.{kind}"] = numbers[f"{here}norm1.{kind}"]
            out[f"{there}intermediate.dense.{kind}"] = numbers[f"{here}mlp.fc1.{kind}"]
            out[f"{there}output.dense.{kind}"] = numbers[f"{here}mlp.fc2.{kind}"]
            out[f"{there}layernorm_after.{kind}"] = numbers[f"{here}norm2.{kind}"]
    return out


def hf_vit(folder, numbers):
    """A ViTForImageClassification read from a folder with the saved names."""
    config = transformers.ViTConfig(
        hidden_size=24, intermediate_size=48, num_hidden_layers=IMAGE["layers"], num_attention_heads=3, layer_norm_eps=1e-6,
        image_size=IMAGE["size"], patch_size=IMAGE["patch"], num_labels=CLASSES,
    )
    config.save_pretrained(folder)
    store(folder / "model.safetensors", vit_saved_names(numbers))
    model, report = transformers.ViTForImageClassification.from_pretrained(folder, output_loading_info=True)
    if report["missing_keys"] or report["unexpected_keys"]:
        sys.exit(f"Hugging Face's ViT has other names: {report}")
    return model.eval()


def write_vit(out, generator):
    model = timm.models.vision_transformer.VisionTransformer(
        img_size=IMAGE["size"], patch_size=IMAGE["patch"], embed_dim=24, depth=IMAGE["layers"], num_heads=3, mlp_ratio=2,
        num_classes=CLASSES,
    )
    randomise(model, generator)
    pixels, _ = make_inputs(generator, ragged=True)
    labels = torch.randint(0, CLASSES, (BATCH,), generator=generator)
    features = model.forward_features(normalised(pixels))
    logits = model(normalised(pixels))
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    reference = {
        "image.pixels": pixels,
        "labels": labels.int(),
        "image.hidden": features,
        "logits": logits,
        "loss": loss,
    } | gradients(model)
    numbers = dict(model.named_parameters())
    folder = out / "hf_vit.tmp"
    folder.mkdir()
    expect_same(logits, hf_vit(folder, numbers)(normalised(pixels)).logits, "ViT")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    store(out / "vit_timm.safetensors", numbers)
    store(out / "vit_hf.safetensors", vit_saved_names(numbers))
    store(out / "vit_reference.safetensors", reference)


def write_positions(out, generator):
    """A table with one extra row, interpolated as torch.nn.functional.interpolate does."""
    table = torch.randn(1 + 16, 3, generator=generator)
    tensors = {"table": table}
    for side in (2, 3, 5, 7):
        grid = table[1:].reshape(1, 4, 4, 3).permute(0, 3, 1, 2)
        grid = torch.nn.functional.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False)
        tensors[f"to.{side}"] = torch.cat([table[:1], grid.permute(0, 2, 3, 1).reshape(-1, 3)])
    store(out / "positions.safetensors", tensors)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/golden/clip"
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for index, write in enumerate((write_clip, write_siglip, write_vit, write_positions)):
        torch.manual_seed(SEED + index)
        write(out, torch.Generator().manual_seed(SEED + index))
    packages = ("torch", "open_clip_torch", "timm", "transformers")
    meta = {
        "seed": SEED,
        "batch": BATCH,
        "image": IMAGE,
        "text": TEXT,
        "classes": CLASSES,
        "mean": MEAN,
        "std": STD,
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }
    (out / "config.json").write_text(json.dumps(meta, indent=2) + "\n")
    size = sum(file.stat().st_size for file in out.iterdir())
    print(f"{out}: {size:,} bytes")


if __name__ == "__main__":
    main()
