// Where everything lies in the kernel's memory. The host (src/tokenizer/fast/memory-layout.ts) has the same numbers.

/** 16 masks of 16 bytes that keep the first n bytes. */
export const MASKS: usize = 0x400;
/** Classes of the characters in the window that is being scanned: 64 bytes and 3 more. */
export const WINDOW: usize = 0x800;
/** Token of each single byte, 256 words. */
export const SINGLES: usize = 0xc00;
/** Ends of the pieces that are found but not encoded yet. The last window may write up to 256 bytes more. */
export const PIECES: usize = 0x1000;
export const PIECES_FULL: usize = 0x2000;
/** Class flags of code points below 0x40000. */
export const CLASSES: usize = 0x10000;
/** Node of each two-byte string, 65,536 words. */
export const PAIRS: usize = 0x50000;
/** Node of each character of three bytes, by code point, 65,536 words. */
export const CHARACTERS: usize = 0x90000;
/** Results of the pair check: 2^15 entries of two words. */
export const MEMO: usize = 0xd0000;
/** Short pieces: 2^16 buckets of two entries of 32 bytes (key of 16, four IDs), eight of them a set. */
export const SHORT_CACHE: usize = 0x110000;
/** Long pieces: 2^14 sets of four positions in the arena, then the arena. */
export const LONG_TABLE: usize = 0x510000;
export const LONG_ARENA: usize = 0x550000;
export const LONG_ARENA_END: usize = 0x850000;
/** Numbers of IDs of the shortest pieces, 2^15 entries of two words. */
export const COUNTS: usize = 0x850000;
/** Positions of a piece that are known to lead nowhere. */
export const DEAD: usize = 0x890000;
export const INPUT: usize = 0x8b1000;
/** Second half of the input: the last part of a long piece, while the first half has the next one. */
export const PART_BEFORE: usize = 0x8c1000;
export const OUTPUT: usize = 0x8d2000;
