const nearestMax = 3;
/** Of 1 for the same text. */
const likenessMin = 0.4;

/** The ids that were probably meant, the likeliest first. */
export function findNearestIds(text: string, ids: readonly string[]): string[] {
  return ids
    .map((id) => ({ id, likeness: Math.max(compare(text, id), compare(text, nameOf(id))) }))
    .filter(({ likeness }) => likeness >= likenessMin)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, nearestMax)
    .map(({ id }) => id);
}

function nameOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** Part of the pairs of neighbouring letters that two texts share (Dice). */
function compare(one: string, other: string): number {
  const pairs = toPairs(one);
  const others = toPairs(other);
  const shared = [...pairs].filter((pair) => others.has(pair)).length;
  return (2 * shared) / Math.max(1, pairs.size + others.size);
}

function toPairs(text: string): Set<string> {
  const letters = text.toLowerCase();
  return new Set(
    Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2)),
  );
}
