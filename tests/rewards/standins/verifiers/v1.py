"""The parts of `verifiers.v1` that a task with a reward is made of."""

from types import SimpleNamespace
from typing import Generic, TypeVar

Data = TypeVar("Data")


class TaskData(SimpleNamespace):
    pass


class Trace:
    last_reply: str


class Task(Generic[Data]):
    def __init__(self, data: Data) -> None:
        self.data = data


def reward(weight: float):
    def mark(function):
        function.reward = weight
        return function

    return mark
