// "Did you mean": the known name with the fewest edits.

/** Number of insertions, deletions and substitutions that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** ` Did you mean "x"?` for the closest of `names`, or an empty string if none is close. */
export function didYouMean(name: string, names: readonly string[]): string {
  const lower = name.slice(0, 64).toLowerCase();
  let closest = "";
  // A name that the given one begins or completes is close, whatever its length.
  let fewest = 0.4 * Math.max(lower.length, 4) + 0.5;
  for (const candidate of names) {
    const related = lower.length > 2 && (candidate.startsWith(lower) || lower.startsWith(candidate));
    const distance = related ? 0.5 : editDistance(lower, candidate.toLowerCase());
    if (distance < fewest) {
      closest = candidate;
      fewest = distance;
    }
  }
  return closest === "" ? "" : ` Did you mean ${JSON.stringify(closest)}?`;
}
