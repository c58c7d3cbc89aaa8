/** A time without a zone is of this machine; everything else is for the control plane to understand. */
export function parseTarget(text: string): string {
  const isTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text));
  return isTime ? new Date(text).toISOString() : text;
}
