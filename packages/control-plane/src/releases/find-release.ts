import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Release } from '@alwayson/protocol/releases.ts';

/** Fewer characters of a digest would too often be those of another one. */
const digestCharactersMin = 6;

/** The release that is meant by a version, a digest or the beginning of one. Throws AON_NOT_FOUND, or AON_USAGE when it could be several. */
export function findRelease<R extends Pick<Release, 'version' | 'digest'>>(
  releases: readonly R[],
  ref: string,
): R {
  const exact = releases.find(({ version, digest }) => version === ref || digest === ref);
  if (exact !== undefined) return exact;
  const begun =
    ref.length < digestCharactersMin ? [] : releases.filter(({ digest }) => digest.startsWith(ref));
  const [only] = begun;
  if (only !== undefined && begun.length === 1) return only;
  const hint = 'See ./alwayson releases for those that are kept.';
  if (only === undefined) throw new AlwaysOnError('AON_NOT_FOUND', `There is no release ${ref}.`, { hint });
  const versions = begun.map(({ version }) => version).join(', ');
  throw new AlwaysOnError('AON_USAGE', `${ref} is the beginning of several digests: those of ${versions}.`, {
    hint,
  });
}
