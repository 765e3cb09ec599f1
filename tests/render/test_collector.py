"""The collector is off while anybody reads, and on again afterwards as it was."""

from __future__ import annotations

import gc
import threading

import pytest

from bot.render.collector import without_collector


def test_it_is_on_again_when_the_last_has_left() -> None:
    assert gc.isenabled()
    with without_collector():
        with without_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), without_collector():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_it_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        with without_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_many_threads() -> None:
    seen: list[bool] = []

    def read() -> None:
        for _ in range(200):
            with without_collector():
                seen.append(gc.isenabled())

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [False] * 800
    assert gc.isenabled()
