"""The small breaks that tests must notice, one at a time, in the syntax tree of a module. What the files say stays as it is."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
ASKS = ast.Compare | ast.BoolOp | ast.UnaryOp  # broken by themselves, so whoever tests them need not be


@dataclass(frozen=True, slots=True)
class Break:
    """One break: in which function ("" for a constant of the module) and statement, and the broken tree to compile."""

    function: str
    line: int
    words: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.function}: {self.words}"


def breaks(tree: ast.Module) -> Iterator[Break]:
    """Each break of the module's functions and number constants. The tree holds it until the next one is asked for."""
    seen: Counter[str] = Counter()
    for function, statement, node, put in _places(tree, "", 0):
        for other in _ways(node):
            words = f"{_brief(node)} → {_brief(other)}"
            seen[f"{function} {words}"] += 1
            nth = seen[f"{function} {words}"]
            put(ast.fix_missing_locations(ast.copy_location(other, node)))
            yield Break(function, statement, f"{words} ({nth})" if nth > 1 else words, tree)
            put(node)


Place = tuple[str, int, ast.AST, Callable[[ast.AST], None]]


def _places(owner: ast.AST, function: str, line: int) -> Iterator[Place]:
    """Every node that can be put another in place of: function, line of its statement, node, how to put it."""
    for name, value in ast.iter_fields(owner):
        if name in {"annotation", "returns", "args", "decorator_list", "bases"} and not isinstance(owner, ast.Call):
            continue
        nodes = list(value) if isinstance(value, list) else [value]
        for index, node in enumerate(nodes):
            if not isinstance(node, ast.AST) or _is_silent(node, function):
                continue

            def put(other: ast.AST, name: str = name, index: int = index, value: object = value) -> None:
                if isinstance(value, list):
                    value[index] = other
                else:
                    setattr(owner, name, other)

            at = node.lineno if isinstance(node, ast.stmt) else line
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield from _places(node, f"{function}.{node.name}" if function else node.name, at)
                continue
            yield function, at, node, put
            yield from _places(node, function, at)


def _is_silent(node: ast.AST, function: str) -> bool:
    """Docstrings say nothing to the machine; outside functions only numbers do."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    is_number = isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
    return (
        isinstance(node, ast.stmt)
        and not function
        and not is_number
        and not isinstance(node, ast.FunctionDef | ast.ClassDef)
    )


def _ways(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901 - one case for each kind of node
    match node:
        case ast.Compare(ops=[op]) if type(op) in OTHER:
            yield ast.Compare(node.left, [OTHER[type(op)]()], node.comparators)
        case ast.BoolOp():
            for left_out in node.values:
                rest = [value for value in node.values if value is not left_out]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield ast.Constant(node.value + 1)
        case ast.Constant(value=str()) if node.value:
            yield ast.Constant(node.value + "!")
        case ast.BinOp(op=ast.Add()):
            yield ast.BinOp(node.left, ast.Sub(), node.right)
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Set(elts=[_, _, *_]):
            for left_out in node.elts:
                yield ast.Set([item for item in node.elts if item is not left_out])
        case ast.If() if not isinstance(node.test, ASKS):
            yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.Return(value=ast.Call() | ast.Name() | ast.Attribute() as value):
            yield ast.Return(ast.UnaryOp(ast.Not(), value))
        case ast.With() if all(item.optional_vars is None for item in node.items):
            yield ast.If(ast.Constant(value=True), node.body, [])
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[*targets]) if all(isinstance(target, ast.Attribute) for target in targets):
            yield ast.Pass()


def _brief(node: ast.AST) -> str:
    """A node's text in one short line."""
    lines = ast.unparse(ast.fix_missing_locations(node)).splitlines()
    return lines[0][:100] + (" …" if len(lines) > 1 else "")
