#!/usr/bin/env python3
"""Writes tests/golden/bert/: a tiny random Hugging Face BERT and what it computes.

Usage: bert_golden.py [OUT]        (OUT defaults to tests/golden/bert of this checkout)
Needs: torch, transformers, safetensors. Runs on the CPU in float32, one thread, so that the same
versions give the same bytes. The layout of the files is described in tests/golden/README.md.
"""

import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

SEED = 20240229
BATCHES = 4
STEPS = 100
IGNORE = -100
CONFIG = {
    "vocab_size": 120,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "pad_token_id": 0,
}
ADAMW = {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}
# Lengths of the sequences of each batch: odd ones, a length of 3 and the longest position.
LENGTHS = [[7, 64, 3, 21, 12], [33, 5, 18, 9, 40], [11, 11, 11, 11, 11], [4, 50, 29, 16, 23]]
CLS, SEP, MASK, FIRST_WORD = 2, 3, 4, 5


def make_model():
    """A BertForPreTraining whose biases and norms are random too, so that none hides behind 0 or 1."""
    torch.manual_seed(SEED)
    config = transformers.BertConfig(**CONFIG, attn_implementation="eager")
    model = transformers.BertForPreTraining(config)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
            else:
                parameter.copy_(0.15 * torch.randn_like(parameter))
    return model.train()  # every dropout rate is 0


def make_batch(lengths, generator):
    """One ragged batch: two segments a sequence, about one token in six masked, at least one."""

    def draw(low, high, shape=(1,)):
        return torch.randint(low, high, shape, generator=generator)

    ids, segments, rows, labels = [], [], [], []
    start = 0
    for length in lengths:
        tokens = draw(FIRST_WORD, CONFIG["vocab_size"], (length,))
        middle = 1 + int(draw(0, max(1, length - 2)))  # the first separator
        tokens[0], tokens[middle], tokens[length - 1] = CLS, SEP, SEP
        words = [i for i in range(1, length - 1) if i != middle] or [0]
        order = torch.randperm(len(words), generator=generator)[: max(1, len(words) // 6)]
        for i in sorted(words[j] for j in order.tolist()):
            rows.append(start + i)
            labels.append(int(tokens[i]))
            tokens[i] = MASK
        ids.append(tokens)
        segments.append((torch.arange(length) > middle).long())
        start += length
    return {
        "ids": torch.cat(ids),
        "segments": torch.cat(segments),
        "lengths": torch.tensor(lengths),
        "mlm_rows": torch.tensor(rows),
        "mlm_labels": torch.tensor(labels),
        "nsp_labels": draw(0, 2, (len(lengths),)),
    }


def padded(batch):
    """The same batch as the padded arguments of the reference, and the mask of real tokens."""
    lengths = batch["lengths"].tolist()
    shape = (len(lengths), max(lengths))
    real = torch.arange(shape[1])[None, :] < batch["lengths"][:, None]
    ids = torch.zeros(shape, dtype=torch.long)
    segments = torch.zeros(shape, dtype=torch.long)
    ids[real] = batch["ids"]
    segments[real] = batch["segments"]
    flat_labels = torch.full_like(batch["ids"], IGNORE)
    flat_labels[batch["mlm_rows"]] = batch["mlm_labels"]
    labels = torch.full(shape, IGNORE, dtype=torch.long)
    labels[real] = flat_labels
    arguments = {"input_ids": ids, "token_type_ids": segments, "attention_mask": real.long()}
    return arguments, labels, real


def losses(model, batch):
    """Mean masked-token loss, mean sentence-pair loss, and all the hidden states."""
    arguments, labels, real = padded(batch)
    output = model(
        **arguments,
        labels=labels,
        next_sentence_label=batch["nsp_labels"],
        output_hidden_states=True,
    )
    cross_entropy = torch.nn.functional.cross_entropy
    mlm = cross_entropy(output.prediction_logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE)
    nsp = cross_entropy(output.seq_relationship_logits, batch["nsp_labels"])
    assert abs(output.loss.item() - (mlm + nsp).item()) < 1e-5, "the reference weighs them otherwise"
    return mlm, nsp, [state[real] for state in output.hidden_states], output


def reference(model, batch):
    """Outputs and gradients of mlm + nsp, ragged: only the rows of real tokens."""
    model.zero_grad(set_to_none=True)
    mlm, nsp, states, output = losses(model, batch)
    (mlm + nsp).backward()
    # hidden_states[0] is the embedding output, the last one the encoder's output.
    tensors = {f"hidden.{i}": state for i, state in enumerate(states)}
    pooled = torch.tanh(model.bert.pooler.dense(output.hidden_states[-1][:, 0]))
    tensors |= {"pooled": pooled, "loss.mlm": mlm, "loss.nsp": nsp}
    tensors["nsp_logits"] = output.seq_relationship_logits
    for name, parameter in model.named_parameters():
        tensors[f"grad.{name}"] = parameter.grad
    return tensors


def train(model, batches):
    """Losses of a plain AdamW loop; decay on tensors of two or more dimensions only."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": ADAMW["weight_decay"]},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups, lr=ADAMW["lr"], betas=tuple(ADAMW["betas"]), eps=ADAMW["eps"], foreach=False
    )
    curve = []
    for step in range(STEPS):
        optimizer.zero_grad()
        mlm, nsp, _, _ = losses(model, batches[step % len(batches)])
        (mlm + nsp).backward()
        optimizer.step()
        curve.append([mlm.item(), nsp.item()])
    return torch.tensor(curve, dtype=torch.float32)


def store(path, tensors):
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in sorted(tensors.items())}
    save_file(plain, path)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/golden/bert"
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    model = make_model()
    generator = torch.Generator().manual_seed(SEED + 1)
    batches = [make_batch(lengths, generator) for lengths in LENGTHS]
    assert len(batches) == BATCHES

    store(out / "model.safetensors", dict(model.named_parameters()))
    store(
        out / "batches.safetensors",
        {f"{i}.{name}": t.int() for i, batch in enumerate(batches) for name, t in batch.items()},
    )
    store(out / "reference.safetensors", reference(model, batches[0]))
    store(out / "curve.safetensors", {"losses": train(model, batches)})

    meta = CONFIG | {
        "batches": BATCHES,
        "steps": STEPS,
        "optimizer": ADAMW,
        "seed": SEED,
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
    }
    (out / "config.json").write_text(json.dumps(meta, indent=2) + "\n")
    sizes = {path.name: path.stat().st_size for path in sorted(out.iterdir())}
    print(f"wrote {out}: {sizes}, {sum(sizes.values())} bytes in all")


if __name__ == "__main__":
    main()
