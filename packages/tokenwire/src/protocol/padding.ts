// Padding against readers of encrypted traffic, to whom the length of a frame tells the length of a token.

const characters = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01";
const step = 32;

/** Text that brings a piece of this length to a multiple of 32 characters. */
export function paddingFor(length: number): string {
  return characters.slice(0, step - (length % step));
}
