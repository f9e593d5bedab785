// SHA-256 (FIPS 180-4) without a platform: hosts differ in what they offer, and the web's own is asynchronous.

/** The first 32 bits of the fractional parts of the n-th roots of the first primes: 2 for the state, 3 for the rounds. */
function rootBits(count: number, root: 2 | 3): Uint32Array {
  const out = new Uint32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate++) {
    if (!isPrime(candidate)) continue;
    const value = root === 2 ? Math.sqrt(candidate) : Math.cbrt(candidate);
    out[found++] = Math.floor((value - Math.floor(value)) * 2 ** 32);
  }
  return out;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

let constants: { readonly initial: Uint32Array; readonly rounds: Uint32Array } | undefined;

/** SHA-256 state of data that arrives in parts. */
export class Sha256 {
  readonly #state: Uint32Array;
  readonly #rounds: Uint32Array;
  readonly #schedule: Uint32Array = new Uint32Array(64);
  readonly #block: Uint8Array = new Uint8Array(64);
  #used = 0;
  #length = 0;

  constructor() {
    constants ??= { initial: rootBits(8, 2), rounds: rootBits(64, 3) };
    this.#state = constants.initial.slice();
    this.#rounds = constants.rounds;
  }

  push(bytes: Uint8Array): this {
    this.#length += bytes.length;
    let from = 0;
    while (from < bytes.length) {
      const size = Math.min(64 - this.#used, bytes.length - from);
      this.#block.set(bytes.subarray(from, from + size), this.#used);
      this.#used += size;
      from += size;
      if (this.#used === 64) this.#compress();
    }
    return this;
  }

  /** The 32 bytes of the digest. The object must not be used after this. */
  end(): Uint8Array {
    const bits = this.#length * 8;
    this.#block.fill(0, this.#used);
    this.#block[this.#used] = 0x80;
    if (this.#used >= 56) {
      this.#compress();
      this.#block.fill(0);
    }
    const view = new DataView(this.#block.buffer);
    view.setUint32(56, Math.floor(bits / 2 ** 32));
    view.setUint32(60, bits >>> 0);
    this.#compress();
    const out = new Uint8Array(32);
    const outView = new DataView(out.buffer);
    for (let i = 0; i < 8; i++) outView.setUint32(i * 4, this.#state[i]!);
    return out;
  }

  #compress(): void {
    const w = this.#schedule;
    const view = new DataView(this.#block.buffer);
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + this.#rounds[i]! + w[i]!) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    const result = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i++) this.#state[i] = this.#state[i]! + result[i]!;
    this.#used = 0;
  }
}

function rotate(x: number, bits: number): number {
  return (x >>> bits) | (x << (32 - bits));
}

/** SHA-256 of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Sha256().push(bytes).end();
}

/** SHA-256 of `bytes` as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return Array.from(sha256(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
