"""Functions that tests sweep, in a module so that other processes find them."""

import os
import signal
import sys
import time
from dataclasses import dataclass

import xarray as xr

import kwantorque as kt

DEADLY = "KWANTORQUE_TEST_DEADLY"
"""Name of the environment variable with the value at which the process is killed."""


def junction(thickness, bias=0.1, spacing=0.1):
    """A tunnel junction of one's own: its window of bias, which takes a moment."""
    iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    barrier = kt.Layer(kt.FreeElectron(mass=0.4, bottom=1.0), thickness)
    left, right = kt.Layer(iron, m="z"), kt.Layer(iron, m="x")
    stack = kt.Stack([barrier], spacing, left=left, right=right)
    return kt.steady_state(stack, bias=bias, across=0, sea=False, tolerance=0.1)


def logged(x, log, pause=0.0):
    """x squared; every call leaves a line in a file, and at one value kill -9 comes."""
    with open(log, "a") as file:
        file.write(f"{x:g}\n")
    if f"{x:g}" == os.environ.get(DEADLY):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(pause)
    return xr.Dataset({"square": x**2, "square_error": 0.1})


def moody(x, calm):
    """A function that fails at 2 until a file is there."""
    if x == 2 and not os.path.exists(calm):
        raise ZeroDivisionError("a pole")
    return {"inverse": 1 / x}


@dataclass
class Power:
    """An object that is called."""

    order: int

    def __call__(self, x):
        return {"power": x**self.order}


if __name__ == "__main__":
    out, log, pause = sys.argv[1:]
    kt.sweep(logged, x=[1, 2, 3, 4], log=log, pause=float(pause), out=out, progress=False)
