"""Answers requests on standard input with what Python's tiktoken makes of them.

First line: JSON list of {name, pattern, ranks (path of a .tiktoken file), special_tokens}.
Every further line: JSON {"encoding": name, "texts": [...], "ids": bool}. The answer is one line: a JSON list with,
per text, the IDs or (if "ids" is false) the SHA-256 of the IDs as little-endian 32-bit words.
"""

import array
import base64
import hashlib
import json
import sys

import tiktoken


def read_ranks(path):
    with open(path, "rb") as file:
        pairs = (line.split() for line in file.read().splitlines() if line)
        return {base64.b64decode(token): int(rank) for token, rank in pairs}


def main():
    encodings = {}
    for definition in json.loads(sys.stdin.readline()):
        encodings[definition["name"]] = tiktoken.Encoding(
            name=definition["name"],
            pat_str=definition["pattern"],
            mergeable_ranks=read_ranks(definition["ranks"]),
            special_tokens=definition["special_tokens"],
        )
    print(json.dumps({"version": tiktoken.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        encoding = encodings[request["encoding"]]
        answers = []
        for text in request["texts"]:
            ids = encoding.encode_ordinary(text)
            if request["ids"]:
                answers.append(ids)
            else:
                answers.append(hashlib.sha256(array.array("I", ids).tobytes()).hexdigest())
        print(json.dumps(answers), flush=True)


main()
