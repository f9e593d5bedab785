// Where everything lies in the kernel's memory: the same numbers as in assembly/layout.ts.

export const MASKS = 0x400;
export const SINGLES = 0xc00;
export const CLASSES = 0x10000;
export const CLASSES_END = 0x50000;
export const PAIRS = 0x50000;
export const CHARACTERS = 0x90000;
export const MEMO = 0xd0000;
export const SHORT_CACHE = 0x110000;
/** Where the arena of long pieces is: free until the first text, so unpacking borrows it. */
export const LONG_ARENA = 0x550000;
export const LONG_ARENA_END = 0x850000;
export const INPUT = 0x8b1000;
/** Longest block that the kernel takes, in bytes. */
export const MAX_BLOCK = 0x20000;
export const OUTPUT = 0x8d2000;
export const VOCABULARY = 0x960000;
