"""Renders templates with Python's Jinja2, set up as Hugging Face transformers sets it up.

Reads one JSON object per line ({"t": template, "c": JSON text of the variables}), writes one per line: {"o": output}
or {"e": "Kind: message"}.
"""

import datetime
import json
import signal
import sys

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


class Late(Exception):
    pass


def alarm(*_):
    raise Late()


def dumps(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def refuse(message):
    raise jinja2.exceptions.TemplateError(message)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
env.filters["tojson"] = dumps
env.globals["raise_exception"] = refuse
env.globals["strftime_now"] = lambda form: datetime.datetime(2025, 7, 10, 12).strftime(form)
signal.signal(signal.SIGALRM, alarm)
compiled = {}

for line in sys.stdin:
    case = json.loads(line)
    source = case["t"]
    signal.alarm(5)
    try:
        if source not in compiled:
            if len(compiled) > 500:
                compiled.clear()
            compiled[source] = env.from_string(source)
        answer = {"o": compiled[source].render(**json.loads(case["c"]))}
    except Late:
        answer = {"late": True}
    except Exception as error:
        answer = {"e": f"{type(error).__name__}: {error}"}
    signal.alarm(0)
    print(json.dumps(answer), flush=True)
