#!/usr/bin/env python3
"""Time and memory of the contrastive loss beside PyTorch's dense form.

    tools/bench/contrastive_loss.py BENCH [--rounds 3] [--size 16384] [--width 512] [--threads 2]

BENCH is the program ops_bench (cmake -DTPRETRAIN_BENCH=ON). The Python that runs this needs torch.
Each round runs the dense form and ours in turn, each in a process of its own: forward and backward
once to warm up, then timed (wall, and the CPU time of all threads, which other load on the machine
moves less). Memory is the peak of the resident memory less what was resident once
the inputs were made; the warm-up counts. Prints the figures of each round and the ratios of medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time


def memory_mib(name):
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    raise KeyError(name)


def dense(size, width, threads, repeats):
    """Prints one JSON line: median seconds and peak MiB."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    a = normalize(torch.randn(size, width)).requires_grad_(True)
    b = normalize(torch.randn(size, width)).requires_grad_(True)
    scale = torch.tensor(14.2857, requires_grad=True)
    labels = torch.arange(size)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as clear:
        clear.write("5")
    before = memory_mib("VmRSS")
    seconds = []
    cpu = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        cpu_start = time.process_time()
        logits = scale * a @ b.T
        loss = (cross_entropy(logits, labels) + cross_entropy(logits.T, labels)) / 2
        del logits
        torch.autograd.grad(loss, [a, b, scale])
        del loss
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - cpu_start)
    result = {
        "version": torch.__version__,
        "seconds": statistics.median(seconds[1:]),
        "cpu": statistics.median(cpu[1:]),
        "mib": memory_mib("VmHWM") - before,
    }
    print(json.dumps(result))


def run_dense(options):
    command = [sys.executable, os.path.abspath(__file__), "--dense"]
    for name in ("size", "width", "threads", "repeats"):
        command += [f"--{name}", str(getattr(options, name))]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_ours(options):
    sizes = f"{options.size}/{options.width}/{options.threads}"
    case = f"contrastive_case/ours/{sizes}/process_time/real_time"
    command = [
        options.bench,
        f"--benchmark_filter=^{case}$",
        "--benchmark_format=json",
        "--benchmark_min_time=0.01",
        f"--benchmark_repetitions={options.repeats}",
    ]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    runs = [run for run in json.loads(out)["benchmarks"] if run["run_type"] == "iteration"]
    return {
        "seconds": statistics.median(run["real_time"] for run in runs) / 1000,
        "cpu": statistics.median(run["cpu_time"] for run in runs) / 1000,
        "mib": max(run["peak_mib"] for run in runs),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench", nargs="?")
    parser.add_argument("--dense", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--size", type=int, default=16384)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.dense:
        dense(options.size, options.width, options.threads, options.repeats)
        return
    if options.bench is None:
        parser.error("the program ops_bench is required")
    sides = {"dense": [], "ours": []}
    for turn in range(options.rounds):
        sides["dense"].append(run_dense(options))
        sides["ours"].append(run_ours(options))
        for name, runs in sides.items():
            last = runs[-1]
            figures = f"{last['seconds']:.2f} s, {last['cpu']:.2f} s of CPU, {last['mib']:.0f} MiB"
            print(f"round {turn + 1} {name}: {figures}", flush=True)
    for what in ("seconds", "cpu", "mib"):
        ours, peer = (statistics.median(r[what] for r in sides[s]) for s in ("ours", "dense"))
        print(f"{what}: ours {ours:.2f}, dense {peer:.2f}, ratio {ours / peer:.3f}")
    print(f"dense form: torch {sides['dense'][0]['version']}")


if __name__ == "__main__":
    main()
