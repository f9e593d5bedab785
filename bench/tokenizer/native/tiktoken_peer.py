"""Python's tiktoken as a candidate of the benchmark: does what measure.ts does, and prints the same line of JSON.

    python3 tiktoken_peer.py <encoding> <rank file> <regime> <file of documents>...
"""

import json
import os
import sys
import time

import tiktoken
import tiktoken.load
import tiktoken_ext.openai_public as published

HASHED_DOCUMENTS = 40


def load(name, ranks):
    """The encoding as tiktoken defines it, with the ranks of a local file instead of a download."""
    os.environ["TIKTOKEN_CACHE_DIR"] = ""
    read = tiktoken.load.load_tiktoken_bpe
    published.load_tiktoken_bpe = lambda *_, **__: read(ranks)
    return tiktoken.Encoding(**published.ENCODING_CONSTRUCTORS[name]())


def timed(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def encode_all(encoding, texts):
    for text in texts:
        encoding.encode_ordinary(text)


def decode_all(encoding, sequences):
    for ids in sequences:
        encoding.decode(ids)


def measure(encoding, documents, regime):
    """MB/s, or million tokens per second."""
    quarter = len(documents) // 4
    seen, unseen = documents[:quarter], documents[quarter:]
    size = sum(len(text.encode()) for text in unseen)
    if regime == "cold":
        return size / timed(lambda: encode_all(encoding, unseen)) / 1e6
    for _ in range(3):
        encode_all(encoding, seen)
    if regime == "fresh":
        return size / timed(lambda: encode_all(encoding, unseen)) / 1e6
    if regime == "warm":
        return size / min(timed(lambda: encode_all(encoding, unseen)) for _ in range(4)) / 1e6
    sequences = [encoding.encode_ordinary(text) for text in unseen]
    tokens = sum(len(ids) for ids in sequences)
    if regime == "encode":
        return tokens / min(timed(lambda: encode_all(encoding, unseen)) for _ in range(4)) / 1e6
    return tokens / min(timed(lambda: decode_all(encoding, sequences)) for _ in range(4)) / 1e6


def hash_of_ids(sequences):
    value = 0x811C9DC5
    for ids in sequences:
        for token in ids:
            value = ((value ^ token) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


def main():
    name, ranks, regime, *paths = sys.argv[1:]
    encoding = load(name, ranks)
    figures, hashes = {}, {}
    # There is no counting apart from encoding.
    for path in paths if regime != "count" else []:
        key = os.path.basename(path).removesuffix(".txt")
        with open(path, "rb") as file:
            documents = [part.decode() for part in file.read().split(b"\xff")]
        if regime == "single":
            try:
                encoding.encode_ordinary(documents[0][:10_000])
                figures[key] = timed(lambda: encoding.encode_ordinary(documents[0])) * 1000
            except BaseException as error:  # A panic of the compiled part is not an Exception.
                print(f"{key}: {error}", file=sys.stderr)
            continue
        figures[key] = measure(encoding, documents, regime)
        hashes[key] = hash_of_ids(encoding.encode_ordinary(text) for text in documents[:HASHED_DOCUMENTS])
    print(json.dumps({"figures": figures, "hashes": hashes}))


main()
