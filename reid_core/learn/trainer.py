"""The training loop: one step after the other, from a configuration to a network.

    pictures -> network -> features -> loss of the whole batch -> step
    every so often: validation, the best kept, a checkpoint from which the run goes on exactly

A run's folder: config.toml (resolved), log.csv, status.json, last.pt, best.pt, result.json.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from reid_core.errors import TrainingError
from reid_core.files import write_atomically
from reid_core.learn import augment, checkpoint, config, distributed, parts, validate
from reid_core.learn.config import Config
from reid_core.learn.ema import RunningMean
from reid_core.learn.guard import Guard
from reid_core.learn.network import Features, Network
from reid_core.learn.runlog import RunLog, claim_folder, telling_failure
from reid_core.learn.schedule import schedule
from reid_core.protocols import Progress, no_progress

log = logging.getLogger(__name__)
AMP = {"off": None, "bf16": torch.bfloat16, "fp16": torch.float16}
State = dict[str, Any]
Batch = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to. metrics: of the best; losses: (step, loss) as they were reported."""

    folder: Path
    state: str  # done, stopped early, or interrupted
    steps: int
    best_step: int
    metrics: dict[str, float]
    untrained: dict[str, float]
    identities: int
    pictures: int
    broken: list[tuple[str, str]]
    seconds: float


def never() -> bool:
    """A `should_stop` or `is_paused` that lets the run end by itself."""
    return False


def train(
    told: Config,
    *,
    resume: bool = False,
    progress: Progress = no_progress,
    should_stop: Callable[[], bool] = never,
    is_paused: Callable[[], bool] = never,
) -> Result:
    """Run a configuration, in this process or in those that torchrun started.

    resume: go on from the folder's last checkpoint. should_stop: asked after every step; what
    was learnt is kept then. is_paused: asked after every step of a single process; it waits until
    that is over, with what was learnt on disk. Raises TrainingError, DataError, Diverged.
    """
    device = distributed.pick_device(told.run.device)
    with distributed.processes(device):
        folder = Path(told.run.folder)
        if distributed.rank() == 0:
            claim_folder(folder, config.to_toml(told), resume=resume)
        with telling_failure(folder):
            return Trainer(told, device, resume=resume).run(progress, should_stop, is_paused)


class Trainer:
    """One run in a folder that was claimed. All that changes while it goes on is in `learnt`."""

    def __init__(self, told: Config, device: torch.device, *, resume: bool) -> None:
        self.told, self.device = told, device
        self.folder = Path(told.run.folder)
        self.amp = AMP[told.optim.amp]
        torch.manual_seed(told.run.seed)
        self.sets = parts.make_sets(told)
        self.network: Network = parts.make_model(told, device)
        self.loss = parts.make_loss(
            told, dim=self.network.dim, classes=self.sets.train.pictures.classes
        ).to(device)
        self.shards = parts.shards_of(self.loss)
        self.optimiser = parts.make_optimiser(told, self.network, self.loss)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.amp is torch.float16)
        self.ema = RunningMean(self.network, told.optim.ema) if told.optim.ema else None
        self.batches = parts.make_sampler(told, self.sets.train.pictures)
        self.per_epoch = len(self.batches) // told.optim.accumulate
        if not self.per_epoch:
            raise TrainingError(
                f"optim.accumulate is {told.optim.accumulate}, but an epoch has only "
                f"{len(self.batches)} batches."
            )
        self.steps = max(round(told.optim.epochs * self.per_epoch), 1)
        self.step, self.best, self.best_step, self.waited = 0, -1.0, 0, 0
        self.best_metrics: dict[str, float] = {}
        self.untrained: dict[str, float] = {}
        self.factor = schedule(
            told.optim.schedule,
            steps=self.steps,
            warmup=min(told.optim.warmup, self.steps // 2),
            milestones=told.optim.milestones,
        )
        self.guard = Guard(self.learnt, self.restore_learnt, patient=device.type != "cpu")
        if resume:
            self._resume()
        self.runner = self._runner()
        self.log = (
            RunLog(
                self.folder,
                steps=self.steps,
                start=self.step,
                tensorboard=told.run.tensorboard,
                about={"per_epoch": self.per_epoch, **self.sets.about(device)},
            )
            if distributed.rank() == 0
            else None
        )

    def run(
        self,
        progress: Progress,
        should_stop: Callable[[], bool],
        is_paused: Callable[[], bool] = never,
    ) -> Result:
        """Train to the end, or until it is asked to stop, or stops improving."""
        began = time.monotonic()
        if not self.step:
            self.untrained = self.validate()
            self._report({f"val/{k}": v for k, v in self.untrained.items()})
        state = "done"
        self.runner.train()
        self.loss.train()
        for batches in self._steps():
            values = self.train_step(batches)
            self.step += 1
            self._tell(values, progress)
            if self._is_due(self.told.run.evaluate_every) or self.step == self.steps:
                self._warn(self.guard.settle(self.step))
                self._evaluate()
                if 0 < self.told.run.patience <= self.waited:
                    state = "stopped early"
                    break
            if self._is_due(self.told.run.save_every):
                self.save()
            if self.log is not None and distributed.world() == 1 and is_paused():
                self.save()
                self.log.hold(self.step, is_paused, should_stop)
            if self._agreed(should_stop):
                state = "interrupted"
                break
        self.save()
        return self._finish(state, time.monotonic() - began)

    def train_step(self, batches: list[Batch]) -> dict[str, float | Tensor]:
        """Learn from some batches at once; the values that are worth reporting."""
        rate = self.factor(self.step) * self.guard.factor
        for group in self.optimiser.param_groups:
            group["lr"] = group["asked"] * rate
        parts.soften(self.loss, self.step)
        self.optimiser.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        for i, batch in enumerate(batches):
            with self._syncing(last=i == len(batches) - 1):
                loss = self._loss_of(batch) / len(batches)
                torch.autograd.backward(self.scaler.scale(loss))
            total = total + loss.detach()
        norm = self._clip()
        watched = total if self.scaler.is_enabled() else total + 0 * norm
        if self._warn(self.guard.watch(self.step, watched)):
            self.scaler.update()  # or it would refuse to unscale again
            return {"loss": total, "rate": rate, "rewinds": float(self.guard.rewinds)}
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.ema is not None:
            self.ema.update(self.network)
        return {"loss": total, **parts.values_of(self.loss), "rate": rate, "gradient": norm}

    def validate(self) -> dict[str, float]:
        """The metrics of the network, or of its running mean, on people never trained on."""
        data = self.told.data
        with self.log.away("validating", self.step) if self.log else nullcontext():
            vectors = validate.embed(
                self.kept,
                self.sets.val,
                device=self.device,
                mean=tuple(data.mean),
                std=tuple(data.std),
                amp=self.amp,
            )
            return validate.measure(vectors, self.sets.val)

    @property
    def kept(self) -> nn.Module:
        """The network that would be kept now: the running mean, where there is one."""
        return self.network if self.ema is None else self.ema.module

    def learnt(self) -> State:
        """All that a step changes, as this process has it."""
        state: State = {
            "network": self.network.state_dict(),
            "loss": self.loss.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
        }
        if self.ema is not None:
            state["ema"] = self.ema.module.state_dict()
            state["averaged"] = self.ema.count
        return state

    def restore_learnt(self, state: State) -> None:
        """Put back what `learnt` gave."""
        self.network.load_state_dict(state["network"])
        self.loss.load_state_dict(state["loss"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        if self.ema is not None:
            self.ema.module.load_state_dict(state["ema"] if "ema" in state else state["network"])
            self.ema.count = int(state.get("averaged", 0))

    def save(self, name: str = "last.pt") -> None:
        """Write a checkpoint; every process takes part, the first one writes."""
        self._warn(self.guard.settle(self.step))
        state = checkpoint.gathered(self.learnt(), self.shards, self.optimiser)
        every = distributed.every_ones(checkpoint.random_state())
        if distributed.rank() == 0:
            checkpoint.save({**state, **self._standing(), "random": every}, self.folder / name)

    def _standing(self) -> State:
        return {
            "step": self.step,
            "best": self.best,
            "best_step": self.best_step,
            "best_metrics": self.best_metrics,
            "untrained": self.untrained,
            "waited": self.waited,
            "slower": self.guard.factor,
            "config": config.to_toml(self.told),
            "names": list(self.sets.train.pictures.names),
        }

    def _resume(self) -> None:
        state = checkpoint.load(self.folder / "last.pt")
        if state["names"] != list(self.sets.train.pictures.names):
            raise TrainingError(
                f"{self.folder} was trained on other identities than there are now; it cannot go "
                "on. Begin in another folder: run.folder=…"
            )
        asked = [{**group} for group in self.optimiser.param_groups]
        try:
            checkpoint.same_kind(self.optimiser, state["optimiser"])
            self.restore_learnt(checkpoint.sliced(state, self.shards, self.optimiser))
            for name in ("step", "best", "best_step", "best_metrics", "untrained", "waited"):
                setattr(self, name, state[name])
            self.guard.factor = float(state["slower"])
            if len(state["random"]) == distributed.world():
                checkpoint.restore_random(state["random"][distributed.rank()])
            else:
                torch.manual_seed(self.told.run.seed + 7919 * self.step + distributed.rank())
        except checkpoint.DAMAGE as error:
            raise TrainingError(
                f"{self.folder / 'last.pt'} does not fit this configuration, or is damaged. Go "
                "on with the network, loss and optimiser that it began with."
            ) from error
        for group, own in zip(self.optimiser.param_groups, asked, strict=True):
            group.update({k: v for k, v in own.items() if k != "params"})  # rates as said now
        if distributed.rank() == 0:
            write_atomically(self.folder / "config.toml", config.to_toml(self.told).encode())

    def _runner(self) -> nn.Module:
        """The network as it is called in training: compiled, and over several processes."""
        network: nn.Module = self.network
        if self.told.optim.compile:
            network = torch.compile(network)  # type: ignore[assignment]
        return distributed.spread(network, self.device)

    def _steps(self) -> Iterator[list[Batch]]:
        """The batches of each step to the end of the run, from where it stands."""
        many = self.told.optim.accumulate
        loader = parts.make_loader(self.told, self.sets.train, self.batches, self.device)
        while self.step < self.steps:
            epoch, done = divmod(self.step, self.per_epoch)
            self.batches.set_epoch(epoch, start=done * many)
            left = self.per_epoch - done
            waiting: list[Batch] = []
            for batch in loader:
                waiting.append(batch)
                if len(waiting) == many:
                    yield waiting
                    waiting, left = [], left - 1
                    if not left or self.step >= self.steps:
                        break

    def _loss_of(self, batch: Batch) -> Tensor:
        pictures, labels, _ = batch
        data = self.told.data
        x = augment.normalise(
            pictures.to(self.device, non_blocking=True),
            mean=tuple(data.mean),
            std=tuple(data.std),
        )
        if self.told.optim.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        y = labels.to(self.device, non_blocking=True)
        with torch.autocast(self.device.type, dtype=self.amp, enabled=self.amp is not None):
            raw, neck = self.runner(x)
        whole = distributed.gather(neck)
        features = Features(whole if raw is neck else distributed.gather(raw), whole)
        loss = parts.apply_loss(self.loss, features, distributed.gather_labels(y))
        # every process waits for a gradient of each weight, the neck's too where no loss reads it
        return loss if distributed.world() == 1 else loss + 0 * neck.sum()

    def _syncing(self, *, last: bool) -> AbstractContextManager[Any]:
        """Gradients go to the other processes with the last batch of a step only."""
        if last or not isinstance(self.runner, DistributedDataParallel):
            return nullcontext()
        context: AbstractContextManager[Any] = self.runner.no_sync()
        return context

    def _warn(self, sentence: str) -> str:
        """The sentence, which is said where there is one."""
        if sentence:
            log.warning("%s", sentence)
        return sentence

    def _clip(self) -> Tensor:
        """Bound the gradient's length; the length before, of this process's weights."""
        if self.scaler.is_enabled():
            self.scaler.unscale_(self.optimiser)
        most = self.told.optim.clip or torch.inf
        return nn.utils.clip_grad_norm_(self.network.parameters(), most)

    def _is_due(self, epochs: float) -> bool:
        every = max(round(epochs * self.per_epoch), 1)
        return self.step % every == 0

    def _tell(self, values: dict[str, float | Tensor], progress: Progress) -> None:
        if self.step % self.told.run.log_every and self.step != self.steps:
            if self.log is not None:
                self.log.beat(self.step)
            return
        shown = {k: float(v) for k, v in values.items()}
        self._report({"epoch": self.step / self.per_epoch, **shown})
        best = f", best {self.told.run.metric} {self.best:.3f}" if self.best >= 0 else ""
        where = f"step {self.step} of {self.steps}, loss {shown['loss']:.3f}{best}"
        progress(self.step / self.steps, where)

    def _report(self, values: dict[str, float]) -> None:
        if self.log is not None:
            self.log.report(self.step, values)

    def _evaluate(self) -> None:
        metrics = self.validate()
        self._report({f"val/{k}": v for k, v in metrics.items()})
        if metrics[self.told.run.metric] > self.best:
            self.best, self.best_step = metrics[self.told.run.metric], self.step
            self.best_metrics, self.waited = metrics, 0
            self.save("best.pt")
        else:
            self.waited += 1

    def _agreed(self, should_stop: Callable[[], bool]) -> bool:
        """Whether any process was asked to stop."""
        if distributed.world() > 1 and self.step % self.told.run.log_every:
            return False
        return distributed.any_of(should_stop(), self.device)

    def _finish(self, state: str, seconds: float) -> Result:
        result = Result(
            folder=self.folder,
            state=state,
            steps=self.step,
            best_step=self.best_step,
            metrics=self.best_metrics,
            untrained=self.untrained,
            identities=self.sets.train.pictures.classes,
            pictures=len(self.sets.train),
            broken=self.sets.broken,
            seconds=round(seconds, 1),
        )
        if self.log is not None:
            self.log.finish({**asdict(result), "folder": str(self.folder)}, self.step)
        return result
