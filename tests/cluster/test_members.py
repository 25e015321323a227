"""Who of a cluster may work, as the scheduler and the workers themselves tell it."""

import pytest

from capture.errand import Greeting
from capture.errors import ClusterError
from capture.members import Members

FIT, BLIND = Greeting("host", "", sees=True), Greeting("host", "")
OLD = Greeting("host", "mediapipe is 0.0.1, the job's is 0.10.21")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def told():
    return []


@pytest.fixture
def members(told):
    made = Members(info=told.append, warn=told.append, clock=Clock())
    assert made.update({"a": {"name": "one", "nthreads": 2}, "b": {}}) == ["a", "b"]
    return made


def test_only_those_who_answered_count(members, told):
    assert (len(members), members.threads, members.some_unknown) == (2, 0, True)
    members.answer("a", FIT)
    assert (members.threads, members.admitted, members.some_unknown) == (2, ["a"], True)
    members.answer("b", OLD)
    members.answer("gone", FIT)
    assert (members.threads, members.some_unknown, members.some_refused) == (2, False, True)
    assert told == [
        "Worker one at a on host works with 2 threads, reads the clips where they lie.",
        "Worker at b on host is refused: mediapipe is 0.0.1, the job's is 0.10.21.",
    ]


def test_clips_lie_where_all_see_them_or_are_sent(members):
    assert not members.all_see, "nobody is known yet"
    members.answer("a", FIT)
    assert members.all_see
    members.answer("b", BLIND)
    assert not members.all_see
    members.update({"a": {}})
    assert members.all_see


def test_who_is_gone_and_comes_again_is_asked_again(members, told):
    members.answer("a", FIT)
    assert members.update({"b": {}}) == []
    assert told[-1] == "Worker one at a on host is gone."
    assert members.threads == 0
    assert members.update({"a": {}, "b": {}}) == ["a"]
    assert members.threads == 0


def test_who_fails_later_is_refused_and_stays_so(members, told):
    members.answer("a", FIT)
    members.refuse("a", "no space left")
    members.refuse("nobody", "no space left")
    members.answer("a", FIT)
    assert members.threads == 0
    assert told[-1] == "Worker one at a on host is refused: no space left."


def test_a_cluster_of_refused_workers_alone_is_given_up_after_a_while(members):
    members.require_hope()
    members.answer("a", OLD)
    members.answer("b", OLD)
    members.require_hope()
    members._clock.now = 14.0
    members.update({"a": {}, "b": {}, "c": {}})
    members.require_hope()
    members.update({"a": {}, "b": {}})
    members.require_hope()
    members._clock.now = 30.0
    with pytest.raises(
        ClusterError, match="Worker one at a on host and 1 more: mediapipe is"
    ) as caught:
        members.require_hope()
    assert caught.value.hint


def test_a_cluster_without_workers_is_waited_for(members):
    members.update({})
    members._clock.now = 1e6
    members.require_hope()
