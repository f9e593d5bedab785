// Floats as Python prints them: the shortest digits that round-trip (JavaScript finds the same ones) in Python's
// layout, which always shows that the value is a float.

/**
 * `repr` of a Python float.
 *
 * @example floatText(1) // "1.0"; floatText(1e22) // "1e+22"; floatText(1e-7) // "1e-07"
 */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e16 || size < 1e-4) return exponentText(value);
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

function exponentText(value: number): string {
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  const digits = exponent.slice(1).padStart(2, "0");
  return `${mantissa}e${exponent[0]}${digits}`;
}
