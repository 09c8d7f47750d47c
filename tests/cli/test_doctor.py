"""`kwantorque doctor`: versions, and the self test."""

from kwantorque.cli import commands


def run(*words):
    return commands.main([str(word) for word in words])


def test_doctor(capsys):
    assert run("doctor") == 0
    out = capsys.readouterr().out
    assert "kwant 1.5" in out
    assert "self test against kwant.operator" in out
