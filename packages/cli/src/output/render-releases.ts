import type { ListedRelease, ReleaseSource } from '@alwayson/protocol/releases.ts';
import { sayLocalTime } from './say-local-time.ts';
import { renderTable } from './text-table.ts';

const kibibyte = 1024;
const byteUnits = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** A table for people, newest first. */
export function renderReleases(releases: readonly ListedRelease[]): string {
  if (releases.length === 0) return 'No release is kept yet.';
  const rows = releases.map((release) => [
    release.version,
    release.digest.slice(0, 12),
    release.state,
    sayLocalTime(release.createdAt),
    release.createdBy,
    saySource(release.source),
    `${release.files} files, ${sayBytes(release.bytes)}`,
  ]);
  const head = ['version', 'digest', 'state', 'created', 'by', 'source', 'size'];
  return renderTable([head, ...rows], '').join('\n');
}

function saySource({ kind, path, revision }: ReleaseSource): string {
  return kind === 'git' ? `${path} at ${(revision ?? '?').slice(0, 12)}` : path;
}

function sayBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= kibibyte && unit < byteUnits.length - 1) {
    size /= kibibyte;
    unit += 1;
  }
  return `${Number(size.toPrecision(3))} ${byteUnits[unit]}`;
}
