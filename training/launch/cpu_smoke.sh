#!/usr/bin/env bash
# No GPU, two processes: shows that the distributed path works on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec torchrun --standalone --nproc-per-node 2 -m reid_core.cli.main train \
    training/configs/body_smoke.toml run.device=cpu run.folder=runs/cpu_smoke \
    optim.epochs=2 optim.sync_bn=true "$@"
