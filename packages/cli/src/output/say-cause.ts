import type { ShareCause } from '@alwayson/protocol/shares.ts';

/** What separates the bad stamps from the good ones, as a sentence; nothing when none is bad. */
export function sayCause({ kind, stamps, release, region, dependencies }: ShareCause): string[] {
  const bad = stamps.join(', ');
  const seen = dependencies.join(', ');
  switch (kind) {
    case 'none':
      return [];
    case 'stamp':
      return [`Cause, one stamp: ${bad} is bad and the others are not.`];
    case 'release':
      return [
        `Cause, the release: all stamps of release ${release ?? '?'} are bad (${bad}) and those of others are not. Roll it back.`,
      ];
    case 'region':
      return [
        `Cause, the region: all stamps of region ${region ?? '?'} are bad (${bad}) and those of others are not.`,
      ];
    case 'shared':
      return [
        `Cause, shared: all stamps see ${seen || 'the same'} bad. No stamp is at fault, and none is taken out.`,
      ];
    case 'differential':
      return [`Cause, the path: ${bad} see ${seen} bad and others do not. What is bad is their way to it.`];
    case 'independent':
      return [`Cause, several: ${bad} are bad, each by itself.`];
    case 'all-bad':
      return [`Cause, everywhere: all stamps are bad (${bad}). What can be reached at all is used.`];
  }
}
