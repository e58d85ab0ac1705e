"""The fences: who may import whom, and what no module may contain."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted([*(ROOT / "reid_core").rglob("*.py"), *(ROOT / "app").rglob("*.py")])
AROUND = sorted(
    p for part in ("tests", "benchmarks", "training") for p in (ROOT / part).rglob("*.py")
)

BASE = {"types", "errors", "protocols", "files"}
PURE = {"boxes", "align", "quality", "images", "draw", "calibration", "adapter"}
MAY = {  # package of reid_core -> packages of reid_core that it may import at any depth
    **dict.fromkeys(BASE, BASE),
    **dict.fromkeys(PURE, BASE | PURE),
    "models": BASE,
    "detect": BASE | PURE | {"models"},
    "embed": BASE | PURE | {"models", "detect"},
    "track": BASE | PURE,
    "library": BASE | PURE,
    "evaluate": BASE | PURE,
    "search": BASE | PURE | {"library"},
    "report": BASE | PURE | {"video"},
    "video": BASE | PURE | {"track"},
    "learn": BASE | PURE | {"models", "evaluate", "library"},
    "actions": None,
    "cli": None,
}
HEAVY = {
    *("numpy", "cv2", "onnxruntime", "onnx", "faiss", "av", "sqlalchemy", "alembic", "scipy"),
    *("trackers", "supervision", "PIL", "insightface", "torch", "PySide6"),
}


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    nodes = tree.body if top_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    for name in imports(path):
        package = name.split(".")
        if package[0] == "torch":
            assert parts[:2] == ("reid_core", "learn"), f"{name}: torch only in reid_core/learn"
        if package[0] in ("PySide6", "shiboken6"):
            assert parts[0] == "app", f"{name}: Qt only in app"
        assert package[0] != "app" or parts[0] == "app", "nothing imports the window"
        if parts[:2] in (("app", "viewmodels"), ("app", "models")):
            assert package[0] != "PySide6" or package[1] == "QtCore", f"{name}: QtCore only"
            assert package[:2] not in (["app", "views"], ["app", "widgets"]), name
        if parts[:2] == ("app", "widgets"):
            assert package[:2] != ["app", "views"], f"{name}: views stand on widgets"
        if parts[0] == "reid_core" and package[0] == "reid_core" and len(package) > 1:
            allowed = MAY.get(parts[1]) if len(parts) > 1 else set()
            if allowed is not None and package[1] != parts[1]:
                assert package[1] in allowed or package[1] == "__version__", name


@pytest.mark.parametrize("path", sorted((ROOT / "reid_core" / "cli").glob("*.py")), ids=name_of)
def test_the_command_line_starts_light(path: Path) -> None:
    for name in imports(path, top_only=True):
        assert name.split(".")[0] not in HEAVY, name
        if name.startswith("reid_core."):
            assert name.split(".")[1] in {"cli", "errors", "__version__"}, name


@pytest.mark.parametrize("path", [*MODULES, *AROUND], ids=name_of)
def test_a_module_is_short_enough_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


def test_every_module_of_tests_has_a_name_of_its_own() -> None:
    """They are imported by their names alone, from whichever folder they lie in."""
    names = Counter(p.name for p in AROUND if p.is_relative_to(ROOT / "tests"))
    assert [n for n, count in names.items() if count > 1 and n != "conftest.py"] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_house_rules(path: Path) -> None:
    text = path.read_text("utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            assert caught not in ("everything", "Exception", "BaseException")
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in (
                "print",
                "eval",
                "exec",
                "pickle.load",
                "pickle.loads",
            )
            assert not any(k.arg == "shell" for k in node.keywords)


def test_packages_do_not_depend_on_one_another_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in (ROOT / "reid_core").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        own = graph.setdefault(parts[1], set())
        own |= {n.split(".")[1] for n in imports(path) if n.startswith("reid_core.")} - {parts[1]}
    while leaves := [n for n, uses in graph.items() if not uses & set(graph)]:
        for leaf in leaves:
            del graph[leaf]
    assert not graph, f"a circle among {sorted(graph)}"
