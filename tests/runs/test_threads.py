"""Threads that sleep while they wait, unless somebody says otherwise."""

from __future__ import annotations

import os

import pytest

from diffrendergan.runs.threads import COUNT, OWN_CHOICES, POLICY, asked_threads, wait_without_spinning


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch):
    for name in OWN_CHOICES:
        monkeypatch.setenv(name, "to be taken back")  # so that what is set here does not stay
        monkeypatch.delenv(name)


def test_threads_sleep_while_they_wait():
    wait_without_spinning()
    assert os.environ[POLICY] == "passive"


@pytest.mark.parametrize(("name", "value"), [(POLICY, "active"), ("GOMP_SPINCOUNT", "1000")])
def test_what_somebody_has_set_stays(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    wait_without_spinning()
    assert {other: os.environ.get(other) for other in OWN_CHOICES} == dict.fromkeys(OWN_CHOICES) | {name: value}


@pytest.mark.parametrize(("said", "threads"), [("1", 1), ("4,2", 4), ("", None), ("0", None), ("many", None)])
def test_how_many_threads_are_asked_for(monkeypatch, said, threads):
    monkeypatch.setenv(COUNT, said)
    assert asked_threads() == threads


def test_any_number_where_nothing_is_said(monkeypatch):
    monkeypatch.delenv(COUNT, raising=False)
    assert asked_threads() is None
