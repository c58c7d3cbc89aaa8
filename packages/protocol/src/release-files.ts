import { z } from 'zod';

/** Folders of packages: not copied; a release links those of its source, or makes its own with `release.install`. */
export const packageFolders: ReadonlySet<string> = new Set(['node_modules', '.venv']);

/** Names that are in no release, wherever they stand: made by tools, or by running it. `dist` and `test` may be needed to run. */
export const leftOutNames: ReadonlySet<string> = new Set([
  ...packageFolders,
  '.git',
  '.alwayson',
  '.cache',
  'coverage',
]);

export const releaseBounds = { files: 20_000, bytes: 512 * 1024 ** 2 } as const;

/** One file as it was copied. */
export const ReleaseFile = z.strictObject({
  /** Relative to the folder, with `/`. */
  path: z.string(),
  kind: z.enum(['file', 'program', 'link']),
  bytes: z.int(),
  /** Of the content; of a link's target. */
  sha256: z.string(),
  /** The source's, when it was copied: a file of the same size and time needs no second look. No part of the digest. */
  modifiedMs: z.number(),
});
export type ReleaseFile = z.infer<typeof ReleaseFile>;

/** `files.json` of a release, in the order of their paths. */
export const ReleaseFiles = z.array(ReleaseFile);
