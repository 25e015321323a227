"""Items come in order, one is fetched in advance, and nobody reads on once it is closed."""

import threading
from contextlib import closing

import pytest

from capture.ahead import iter_ahead


def test_items_come_in_order_and_one_is_fetched_in_advance():
    fetched, third = [], threading.Event()

    def items():
        for number in range(5):
            fetched.append(number)
            if number == 2:
                third.set()
            yield number

    seen = []
    for number in iter_ahead(items()):
        if number == 1:
            assert third.wait(10), "the next one comes while this one is worked on"
            assert fetched == [0, 1, 2]
        seen.append(number)
    assert seen == list(range(5))


def test_nothing_comes_of_nothing():
    assert list(iter_ahead(iter(()))) == []


def test_a_fault_comes_in_its_place():
    def items():
        yield 1
        raise ValueError("broken")

    ahead = iter_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_closed_it_reads_no_more():
    going = threading.Event()

    class Items:
        fetched, reading = 0, False

        def __iter__(self):
            return self

        def __next__(self):
            self.reading = True
            if self.fetched:
                going.wait(10)
            self.fetched += 1
            self.reading = False
            return self.fetched

    items = Items()
    with closing(iter_ahead(items)) as ahead:
        assert next(ahead) == 1
        threading.Timer(0.1, going.set).start()
    assert not items.reading
    assert items.fetched == 2
