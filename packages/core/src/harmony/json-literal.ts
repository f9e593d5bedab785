// Compact JSON text as the reference prints it (its numbers differ from those of JSON.stringify).

import { JsonFloat } from "../json/index.ts";
import { members } from "./json-view.ts";
import { wellFormed } from "./well-formed.ts";

const smallest64 = -(2n ** 63n);
const largest64 = 2n ** 64n - 1n;

/**
 * JSON text without spaces, members in the order held.
 *
 * @example jsonLiteral({ a: [1, 1e21, "é"] }) // {"a":[1,1e21,"é"]}
 */
export function jsonLiteral(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(wellFormed(value));
    case "number":
      return numberLiteral(value);
    case "bigint":
      return value >= smallest64 && value <= largest64 ? value.toString() : doubleLiteral(Number(value));
    case "boolean":
      return String(value);
    default:
      return value === null || value === undefined ? "null" : structureLiteral(value);
  }
}

function structureLiteral(value: object): string {
  if (value instanceof JsonFloat) return doubleLiteral(value.value);
  if (Array.isArray(value)) return `[${value.map(jsonLiteral).join(",")}]`;
  const parts = Array.from(members(value), ([key, item]) => `${jsonLiteral(key)}:${jsonLiteral(item)}`);
  return `{${parts.join(",")}}`;
}

function numberLiteral(value: number): string {
  // Plain JavaScript numbers no longer tell 1 from 1.0; an integral one is taken for an integer.
  if (!Number.isInteger(value) || Object.is(value, -0)) return doubleLiteral(value);
  const exact = BigInt(value);
  return exact >= smallest64 && exact <= largest64 ? exact.toString() : doubleLiteral(value);
}

/** Shortest digits that read back as the same double, plain for exponents from -5 to 15, else scientific. */
function doubleLiteral(value: number): string {
  if (!Number.isFinite(value)) return "null";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponent = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const point = Number(exponent) + 1;
  return (
    (value < 0 ? "-" : "") + (point > -5 && point <= 16 ? plain(digits, point) : scientific(digits, point))
  );
}

function plain(digits: string, point: number): string {
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (digits.length <= point) return `${digits.padEnd(point, "0")}.0`;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function scientific(digits: string, point: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${digits[0]}${fraction}e${point - 1}`;
}
