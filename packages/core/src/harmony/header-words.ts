// What the words of a header can be.

import { type Role, roles } from "./message.ts";
import { isUnicodeSpace } from "./white-space.ts";

export const channelWords: readonly string[] = ["analysis", "commentary", "final"];
const typeWords: readonly string[] = ["json", "code", "text"];
const authorNames: readonly string[] = ["python", "browser", "container"];
const namedRoles = roles.filter((role) => role !== "tool");

/** Longest header that is still taken for one, in characters. */
export const longestHeader = 1024;

/** Longest word, recipients excepted. */
export const longestWord = 128;

// A word of a header is short and holds no punctuation of prose, code or JSON. This lets text without a header be
// recognised, and shown, long before its end.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among what a word must not hold
export const unlikelyCharacter: RegExp = /[\u0000-\u001f\u007f-\u009f{}[\]()"'`,;!?<>=*#|\\]/;

const doubledRoles: readonly string[] = roles.map((role) => role + role);
const knownWords: ReadonlySet<string> = new Set([...roles, ...doubledRoles, ...channelWords]);
const knownBeginnings: ReadonlySet<string> = new Set(
  [...knownWords, "to="].flatMap((word) => Array.from(word, (_, at) => word.slice(0, at + 1))),
);

/** True for a word as headers have them. */
export function isPlainWord(word: string): boolean {
  const short = word !== "" && word.length <= longestWord;
  return short && !unlikelyCharacter.test(word) && !Array.from(word).some(isUnicodeSpace);
}

export function roleWord(word: string): Role | undefined {
  return roles.find((role) => role === word);
}

/** The role of a word that repeats it without a space. */
export function doubledRole(word: string): Role | undefined {
  return roles.find((role) => role + role === word);
}

/** `role:name`. Tools are excepted: their name stands alone. */
export function namedRole(word: string): { role: Role; name: string } | undefined {
  const role = namedRoles.find((name) => word.startsWith(`${name}:`));
  return role === undefined ? undefined : { role, name: word.slice(role.length + 1) };
}

/** The channel in `assistantfinal` and the like. */
export function gluedChannel(word: string): string | undefined {
  return channelWords.find((channel) => word === `assistant${channel}`);
}

/** True for a word that means a content type wherever it stands alone. */
export function isTypeWord(word: string): boolean {
  return typeWords.includes(word);
}

/** A word that names the author of a tool's result even when nothing else says so. */
export function isToolAuthor(word: string, knownTools: ReadonlySet<string>): boolean {
  return (
    /^[A-Za-z_][\w-]*(\.[\w-]+)+$/.test(word) || authorNames.includes(word) || isKnownTool(word, knownTools)
  );
}

export function isKnownTool(word: string, knownTools: ReadonlySet<string>): boolean {
  return (
    knownTools.has(word) ||
    knownTools.has(`functions.${word}`) ||
    (word.startsWith("functions.") && knownTools.has(word.slice(10)))
  );
}

/** Everything that is not a recipient, a role, a channel, or (at the open end) the beginning of one. */
export function isBareWord(word: string, open: boolean): boolean {
  if (knownWords.has(word) || word.startsWith("to=")) return false;
  if (open && couldBeKnownWord(word)) return false;
  return namedRole(word) === undefined;
}

/** True for the beginning of a word that has a meaning of its own. */
export function couldBeKnownWord(word: string): boolean {
  return knownBeginnings.has(word);
}
