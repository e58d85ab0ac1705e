#!/usr/bin/env bash
# All GPUs of this machine: training/launch/many_gpus.sh CONFIG [table.key=value …]
# sampler.batch is over all of them. Class centres are shared out where loss.sharded is true.
set -euo pipefail
exec torchrun --standalone --nproc-per-node "${GPUS:-gpu}" -m reid_core.cli.main train "$@" \
    run.device=cuda optim.sync_bn=true
