"""The breaks themselves: each kind is made, and the tree is whole afterwards."""

import ast

from tests.mutants.breaks import breaks

SAMPLE = '''
"""Words."""
DEEPEST: Final = 3
NAMES = ["left alone"]

class Change:
    @verb
    def close(self, by: User = None) -> None:
        """Words."""
        if self.is_closed:
            raise ClosedError
        with atomic():
            self.at = at
        self.tell(by is not None and not by.is_staff, at + 1, via or "x")

def can_close(user):
    return user.can(True if user.pk in {1, OWNER} else FALSE)
'''


ASKED = "user.can(True if user.pk in {1, OWNER} else FALSE)"


def test_each_kind_of_break_is_made_once_and_mended() -> None:
    tree = ast.parse(SAMPLE)
    made = [(one.line, str(one), ast.unparse(one.tree)) for one in breaks(tree)]
    assert ast.unparse(tree) == ast.unparse(ast.parse(SAMPLE))
    assert all(text != ast.unparse(tree) for _, _, text in made)
    assert [(line, words) for line, words, _ in made] == [
        (3, ": 3 → 4"),
        (10, "Change.close: if self.is_closed: … → if not self.is_closed: …"),
        (11, "Change.close: raise ClosedError → pass"),
        (12, "Change.close: with atomic(): … → if True: …"),
        (13, "Change.close: self.at = at → pass"),
        (14, "Change.close: self.tell(by is not None and (not by.is_staff), at + 1, via or 'x') → pass"),
        (14, "Change.close: by is not None and (not by.is_staff) → not by.is_staff"),
        (14, "Change.close: by is not None and (not by.is_staff) → by is not None"),
        (14, "Change.close: by is not None → by is None"),
        (14, "Change.close: not by.is_staff → by.is_staff"),
        (14, "Change.close: at + 1 → at - 1"),
        (14, "Change.close: 1 → 2"),
        (14, "Change.close: via or 'x' → 'x'"),
        (14, "Change.close: via or 'x' → via"),
        (14, "Change.close: 'x' → 'x!'"),
        (17, f"can_close: return {ASKED} → return not {ASKED}"),
        (17, "can_close: True if user.pk in {1, OWNER} else FALSE → True"),
        (17, "can_close: True if user.pk in {1, OWNER} else FALSE → FALSE"),
        (17, "can_close: user.pk in {1, OWNER} → user.pk not in {1, OWNER}"),
        (17, "can_close: {1, OWNER} → {OWNER}"),
        (17, "can_close: {1, OWNER} → {1}"),
        (17, "can_close: 1 → 2"),
        (17, "can_close: True → False"),
    ]
