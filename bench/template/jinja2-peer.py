"""CPU microseconds of CPython's Jinja2 for templates and conversations given as JSON on standard input."""

import datetime
import json
import sys
import time

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


def best(run, rounds):
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        run()
        times.append((time.process_time_ns() - start) / 1000)
    return min(times)


def dumps(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = dumps
    env.globals["raise_exception"] = None
    env.globals["strftime_now"] = lambda form: datetime.datetime(2025, 7, 10, 12).strftime(form)
    return env


task = json.load(sys.stdin)
rows = []
for source in task["templates"]:
    env = environment()
    row = {"compile": best(lambda: env.from_string(source), 5)}
    template = env.from_string(source)
    for name, context in task["conversations"].items():
        try:
            template.render(**context)
            row[name] = best(lambda: template.render(**context), 60)
        except Exception:
            row[name] = None
    rows.append(row)
import jinja2

print(json.dumps({"version": f"Jinja2 {jinja2.__version__}, Python {sys.version.split()[0]}", "rows": rows}))
