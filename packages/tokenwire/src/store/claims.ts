// Names that one server at a time may hold, where several share a store: conversations that are being written, and
// requests that are being answered. A holder renews its claims; those of a dead server become free. What came of a claim
// can be left under its name, for everybody and for a time.

/** A claim of somebody else. */
export interface Claimed {
  /** What its holder noted. */
  readonly note: string;
  /** What came of it, once it is settled. */
  readonly value?: Uint8Array;
}

export interface Claims {
  /** Milliseconds from a renewal to the end of a claim. */
  readonly duration: number;
  /** Takes a free name; else who has it, or what is left under it. */
  take(owner: string, name: string, note: string): Promise<Claimed | undefined>;
  /** Prolongs claims of an owner. */
  renew(owner: string, names: readonly string[]): Promise<void>;
  /** Frees a name, if it is still the owner's. */
  release(owner: string, name: string): Promise<void>;
  /** Leaves a value under a name, if it is still the owner's, for so many milliseconds. */
  settle(owner: string, name: string, value: Uint8Array, age: number): Promise<void>;
}
