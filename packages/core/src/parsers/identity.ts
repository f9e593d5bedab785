// Identifiers of calls. Not secrets: they only have to be unique within a conversation.

import type { CallIdentity } from "./format.ts";

const hexDigits = "0123456789abcdef";
const alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function random(alphabet: string, length: number): string {
  let text = "";
  for (let index = 0; index < length; index++) text += alphabet[Math.floor(Math.random() * alphabet.length)];
  return text;
}

/** `call_` and 32 hexadecimal digits. */
export const defaultCallId = (): string => `call_${random(hexDigits, 32)}`;

/** Nine alphanumeric characters: Mistral's templates reject anything else. */
export const mistralCallId = (): string => random(alphanumerics, 9);

/** `call_{index}_{32 hex}`, as xLAM's parser makes them. */
export const xlamCallId = ({ index }: CallIdentity): string => `call_${index}_${random(hexDigits, 32)}`;

/** `NAME:ORDINAL`, counted from 1 in order of appearance. */
export const ordinalCallId = ({ index, name }: CallIdentity): string => `${name}:${index + 1}`;

/** `functions.NAME:INDEX`; the index counts the calls of the whole conversation. */
export const kimiCallId = ({ index, name, nativeId, history }: CallIdentity): string =>
  nativeId ?? `functions.${name}:${history + index}`;

/** The model's own id where it wrote one. */
export const nativeCallId = ({ nativeId }: CallIdentity): string => nativeId ?? defaultCallId();
