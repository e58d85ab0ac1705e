"""What a configuration can choose by name, for programs that must not import torch."""

from __future__ import annotations

LOSSES = (  # as `losses.named.names`
    *("a-softmax", "ada-face", "am-softmax", "arc-face", "centre", "circle-classes"),
    *("circle-pairs", "contrastive", "cos-face", "curricular-face", "l2-softmax"),
    *("large-margin-softmax", "lifted-structure", "mag-face", "multi-similarity", "n-pair"),
    *("norm-face", "proxy-anchor", "softmax", "sub-centre-arc-face"),
    *("supervised-contrastive", "triplet"),
)
NETWORKS = (  # as `backbones.named.names`
    *("iresnet18", "iresnet34", "iresnet50", "iresnet100", "mobilefacenet"),
    *("osnet-x0.25", "osnet-x0.5", "osnet-x0.75", "osnet-x1.0"),
    *("resnet18", "resnet34", "resnet50", "resnet101", "vit-tiny", "vit-small"),
)
