// Floats in decimal, rounded exactly: half-way cases of the binary value go to the even digit, as in C and Python.
// JavaScript's toFixed rounds them up and stops at 100 digits.

interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The exact value of a finite, non-negative double. */
function exactRatio(value: number): Ratio {
  let exponent = 0;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent++;
  }
  return { numerator: BigInt(scaled), denominator: 1n << BigInt(exponent) };
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twiceRest = (numerator % denominator) * 2n;
  if (twiceRest < denominator) return quotient;
  return twiceRest > denominator || quotient % 2n === 1n ? quotient + 1n : quotient;
}

/** Digits of a non-negative double with `places` after the point (negative: rounded before it). */
export function fixed(value: number, places: number): string {
  const { numerator, denominator } = exactRatio(value);
  if (places < 0) {
    const unit = 10n ** BigInt(-places);
    return String(roundedQuotient(numerator, denominator * unit) * unit);
  }
  const digits = String(roundedQuotient(numerator * 10n ** BigInt(places), denominator)).padStart(
    places + 1,
    "0",
  );
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** `significant` digits of a non-negative double, and the power of ten of the first one. */
export function significantDigits(value: number, significant: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: "0".repeat(significant), exponent: 0 };
  const { numerator, denominator } = exactRatio(value);
  let exponent = Number(value.toExponential().split("e")[1]);
  for (;;) {
    const shift = significant - 1 - exponent;
    const digits = String(
      shift >= 0
        ? roundedQuotient(numerator * 10n ** BigInt(shift), denominator)
        : roundedQuotient(numerator, denominator * 10n ** BigInt(-shift)),
    );
    if (digits.length === significant) return { digits, exponent };
    exponent += digits.length - significant;
  }
}

/** Mantissa and exponent as `%e` prints them. */
export function scientific(value: number, places: number, alternate = false): string {
  const { digits, exponent } = significantDigits(value, places + 1);
  const point = places > 0 || alternate ? "." : "";
  const sign = exponent < 0 ? "-" : "+";
  return `${digits[0]}${point}${digits.slice(1)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** `%g`: whichever of the two forms is shorter, without trailing zeros unless `alternate`. */
export function general(value: number, precision: number, alternate: boolean): string {
  const significant = Math.max(precision, 1);
  const { exponent } = significantDigits(value, significant);
  if (exponent < -4 || exponent >= significant) {
    const [mantissa = "", power = ""] = scientific(value, significant - 1, alternate).split("e");
    return `${alternate ? mantissa : withoutZeros(mantissa)}e${power}`;
  }
  const text = fixed(value, significant - 1 - exponent);
  if (!alternate) return withoutZeros(text);
  return text.includes(".") ? text : `${text}.`;
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
