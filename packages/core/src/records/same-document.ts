/** Of two documents of plain JSON. Field order is an accident of whoever wrote them. */
export function isSameDocument(left: unknown, right: unknown): boolean {
  return toText(left) === toText(right);
}

function toText(document: unknown): string | undefined {
  return JSON.stringify(document, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
