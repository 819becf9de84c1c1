from __future__ import annotations

import msgspec
import pytest
from rows import START, layer, sha, step

from imgopt.report.changes_lines import Line, blame, layer_lines, step_lines
from imgopt.report.model import Change, Metric


def change(before: float, after: float) -> Change:
    ratio = after / before
    return Change("api", Metric.TIME, "cold", sha(1), START, "", "", before, after, ratio, ratio,
                  ratio, 1.0, (sha(1),))  # fmt: skip


def lines(*of: tuple[int, str, float], stage: str = "app") -> list[Line]:
    return [Line(stage, line, instruction, value) for line, instruction, value in of]


SLOWER, FASTER = change(10, 20), change(20, 10)


def blamed(of: Change, before: list[Line], after: list[Line]) -> tuple[int, str, float]:
    found = blame(of, before, after)
    return found.line, found.instruction, found.line_delta


def test_the_line_that_moved_most_in_the_direction_of_the_change() -> None:
    before = lines((2, "RUN", 5.0), (5, "COPY", 0.1), (7, "RUN", 4.0))
    after = lines((2, "RUN", 1.0), (5, "COPY", 0.1), (7, "RUN", 18.0))
    assert blamed(SLOWER, before, after) == (7, "RUN", 14.0)
    assert blamed(FASTER, before, after) == (2, "RUN", -4.0)


def test_lines_that_shifted_are_the_same_lines() -> None:
    before = lines((2, "RUN apt", 5.0), (5, "COPY . .", 0.1), (7, "RUN pip", 4.0))
    after = lines((9, "RUN apt", 5.0), (12, "COPY . .", 0.1), (14, "RUN pip", 4.5))
    assert blamed(SLOWER, before, after) == (14, "RUN pip", 0.5)


def test_a_line_that_came_and_one_that_went() -> None:
    few = lines((2, "RUN", 5.0), (7, "RUN", 4.0))
    more = lines((2, "RUN", 5.0), (4, "RUN", 9.0), (9, "RUN", 4.0))
    assert blamed(SLOWER, few, more) == (4, "RUN", 9.0)
    assert blamed(FASTER, more, few) == (4, "RUN", -9.0)


def test_an_instruction_with_another_text_is_the_same_line_when_it_stands_there() -> None:
    before = lines((2, "RUN pip install a", 5.0))
    after = lines((2, "RUN pip install a b", 9.0))
    assert blamed(SLOWER, before, after) == (2, "RUN pip install a b", 4.0)


def test_stages_are_kept_apart() -> None:
    before = lines((2, "RUN", 5.0), stage="build")
    after = lines((2, "RUN", 6.0), stage="other")
    assert blamed(SLOWER, before, after) == (2, "RUN", 6.0)


def test_what_ran_beside_the_critical_path_is_not_blamed() -> None:
    before = [Line("a", 2, "RUN", 10.0, False), Line("b", 7, "RUN", 30.0)]
    after = [Line("a", 2, "RUN", 20.0, False), Line("b", 7, "RUN", 35.0)]
    assert blamed(SLOWER, before, after) == (7, "RUN", 5.0)
    assert blamed(SLOWER, before[:1], after[:1]) == (2, "RUN", 10.0)


def test_a_line_is_critical_when_most_builds_waited_for_it() -> None:
    rows = [step(n, 3, 1.0, critical=n > 0) for n in range(3)]
    assert [line.critical for line in step_lines(rows)] == [True]
    rows = [step(n, 3, 1.0, critical=n > 1) for n in range(3)]
    assert [line.critical for line in step_lines(rows)] == [False]


def test_nothing_is_blamed_when_nothing_is_known_or_moved() -> None:
    same = lines((2, "RUN", 5.0))
    assert blame(SLOWER, [], []) == SLOWER
    assert blame(SLOWER, same, same) == SLOWER
    assert blame(FASTER, same, lines((2, "RUN", 9.0))) == FASTER


def test_lines_of_steps_are_medians_over_builds_without_what_few_builds_have() -> None:
    rows = [step(n, 3, seconds) for n, seconds in enumerate([1.0, 2.0, 9.0])]
    rows += [step(0, 0, 5.0), step(0, 8, 7.0)]
    assert step_lines(rows) == [Line("app", 3, "RUN", 2.0)]


def test_layers_of_the_base_are_line_0_and_are_summed() -> None:
    rows = [layer(1, 0, 30), layer(1, 0, 40, position=1), layer(1, 4, 5)]
    assert layer_lines(rows) == [Line("", 0, "", 70.0), Line("", 4, "COPY", 5.0)]


def test_a_base_image_that_grew_is_line_0_with_what_it_grew_by() -> None:
    grown = msgspec.structs.replace(SLOWER, metric=Metric.SIZE)
    before, after = layer_lines([layer(1, 0, 30)]), layer_lines([layer(2, 0, 90)])
    assert blamed(grown, before, after) == (0, "", 60.0)


@pytest.mark.parametrize("count", [3000])
def test_files_with_very_many_lines_are_compared_by_their_heaviest(count: int) -> None:
    before = step_lines(step(1, line, 0.001) for line in range(1, count))
    after = step_lines([*(step(2, line, 0.001) for line in range(1, count)), step(2, count, 8.0)])
    assert blamed(SLOWER, before, after)[0] == count
