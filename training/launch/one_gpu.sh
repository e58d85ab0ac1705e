#!/usr/bin/env bash
# One GPU: training/launch/one_gpu.sh CONFIG [table.key=value …]
set -euo pipefail
exec cameo train "$@" run.device=cuda
