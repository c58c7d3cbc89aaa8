import { createHash } from 'node:crypto';
import { canonicalJson } from '@alwayson/protocol/canonical-json.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { ReleaseFile } from '@alwayson/protocol/release-files.ts';

/** Of the manifest with all defaults, the order of its fields aside. */
export function hashManifest(manifest: Manifest): string {
  return hashText(canonicalJson(manifest));
}

export interface DigestParts {
  /** In the order of their paths. */
  files: readonly ReleaseFile[];
  /** `hashManifest`. */
  config: string;
  /** Checksums of the lockfiles beside packages that are linked. */
  lockfiles: readonly string[];
}

/** What a release is named by: contents, names and executable bits of its files, its manifest, and the packages it is linked to. */
export function toDigest({ files, config, lockfiles }: DigestParts): string {
  const lines = [
    ...files.map(({ kind, sha256, path }) => `${kind} ${sha256} ${JSON.stringify(path)}`),
    `manifest ${config}`,
    ...lockfiles.map((sha256) => `packages ${sha256}`),
  ];
  return hashText(lines.join('\n'));
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
