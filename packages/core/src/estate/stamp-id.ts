/** The second stamp of a zone is `b`: the first has no letter. */
const letters = 'abcdefghijklmnopqrstuvwxyz';

/** What stamps are named after: two releases that share it cannot stand side by side. */
export function toShortRelease(release: string): string {
  return release.slice(0, 6);
}

/**
 * `<zone>-<release>`, and `<zone>-<letter>-<release>` for the second and later of a zone. Readable in a status, distinct beside another
 * release in the same zone; the last part is always the release.
 */
export function toStampId({ zone, ordinal, release }: { zone: string; ordinal: number; release: string }) {
  const letter = letters[ordinal];
  if (letter === undefined) throw new Error(`A zone has no stamp ${ordinal} of one release.`);
  return [zone, ...(ordinal === 0 ? [] : [letter]), toShortRelease(release)].join('-');
}
