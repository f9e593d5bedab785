//! The crate bpe-openai as a candidate of the benchmark: does what measure.ts does, and prints the same line of JSON.
//!
//!     bpe-openai-peer <encoding> <regime> <file of documents>...

use std::{env, fs, hint::black_box, path::Path};

use bpe_openai::{cl100k_base, o200k_base, Tokenizer};

const HASHED_DOCUMENTS: usize = 40;

extern "C" {
    /// Processor time of this process in microseconds (C's; its unit is POSIX's).
    fn clock() -> std::ffi::c_long;
}

/// Seconds of processor time.
fn timed(work: impl FnOnce()) -> f64 {
    let start = unsafe { clock() };
    work();
    (unsafe { clock() } - start) as f64 / 1e6
}

fn best(rounds: usize, work: impl Fn()) -> f64 {
    (0..rounds).map(|_| timed(&work)).fold(f64::INFINITY, f64::min)
}

fn encode_all(tokenizer: &Tokenizer, texts: &[&str]) {
    for text in texts {
        black_box(tokenizer.encode(*text));
    }
}

/// MB/s, or million tokens per second.
fn measure(tokenizer: &Tokenizer, documents: &[&str], regime: &str) -> f64 {
    let (seen, unseen) = documents.split_at(documents.len() / 4);
    let megabytes = unseen.iter().map(|text| text.len()).sum::<usize>() as f64 / 1e6;
    if regime == "cold" {
        return megabytes / timed(|| encode_all(tokenizer, unseen));
    }
    for _ in 0..3 {
        encode_all(tokenizer, seen);
    }
    if regime == "fresh" {
        return megabytes / timed(|| encode_all(tokenizer, unseen));
    }
    if regime == "warm" {
        return megabytes / best(4, || encode_all(tokenizer, unseen));
    }
    let sequences: Vec<Vec<u32>> = unseen.iter().map(|text| tokenizer.encode(*text)).collect();
    let tokens = sequences.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    tokens
        / best(4, || match regime {
            "encode" => encode_all(tokenizer, unseen),
            "count" => unseen.iter().for_each(|text| {
                black_box(tokenizer.count(*text));
            }),
            _ => sequences.iter().for_each(|ids| {
                black_box(tokenizer.decode(ids));
            }),
        })
}

fn hash_of_ids(tokenizer: &Tokenizer, documents: &[&str]) -> u32 {
    let ids = documents.iter().take(HASHED_DOCUMENTS).flat_map(|text| tokenizer.encode(*text));
    ids.fold(0x811c9dc5, |hash, id| (hash ^ id).wrapping_mul(0x01000193))
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [encoding, regime, paths @ ..] = &arguments[..] else {
        panic!("usage: bpe-openai-peer <encoding> <regime> <file of documents>...");
    };
    let tokenizer = if encoding == "cl100k_base" { cl100k_base() } else { o200k_base() };
    let (mut figures, mut hashes) = (Vec::new(), Vec::new());
    for path in paths {
        let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
        let file = fs::read(path).unwrap();
        let documents: Vec<&str> =
            file.split(|byte| *byte == 0xff).map(|part| std::str::from_utf8(part).unwrap()).collect();
        if regime == "single" {
            let text = documents[0];
            let end = text.char_indices().nth(10_000).map_or(text.len(), |(at, _)| at);
            black_box(tokenizer.encode(&text[..end]));
            let seconds = timed(|| {
                black_box(tokenizer.encode(text));
            });
            figures.push(format!("\"{name}\":{}", seconds * 1000.0));
            continue;
        }
        figures.push(format!("\"{name}\":{}", measure(tokenizer, &documents, regime)));
        hashes.push(format!("\"{name}\":\"{:08x}\"", hash_of_ids(tokenizer, &documents)));
    }
    println!("{{\"figures\":{{{}}},\"hashes\":{{{}}}}}", figures.join(","), hashes.join(","));
}
