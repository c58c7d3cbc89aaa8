import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '@alwayson/protocol/canonical-json.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { leftOutNames, type ReleaseFile, ReleaseFiles } from '@alwayson/protocol/release-files.ts';
import { Release } from '@alwayson/protocol/releases.ts';

export interface LiveRelease {
  /** Its version; short when that is only its digest. */
  name: string;
  digest: string;
  manifest: Manifest;
  files: readonly ReleaseFile[];
  /** Of the state folder's `packages/`. */
  packages: readonly string[];
}

/** The release that the control plane said is live; undefined when there is none, or it cannot be read. */
export function readLiveRelease(stateDir: string): LiveRelease | undefined {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(join(stateDir, 'releases/live', name), 'utf8'));
  try {
    const { version, digest, packages } = Release.parse(read('release.json'));
    return {
      name: digest.startsWith(version) ? digest.slice(0, 6) : version,
      digest,
      packages,
      manifest: Manifest.parse(read('manifest.json')),
      files: ReleaseFiles.parse(read('files.json')),
    };
  } catch {
    return undefined;
  }
}

export interface Workload {
  workloadDir: string;
  manifest: Manifest;
}

/** True when a deploy of the folder would bring something else. Reads only files whose size or time is another one. */
export function differsFrom(
  live: LiveRelease,
  { workloadDir, manifest }: Workload,
  stateDir: string,
): boolean {
  if (canonicalJson(manifest) !== canonicalJson(live.manifest)) return true;
  const expected = new Map(live.files.map((file) => [file.path, file]));
  let seen = 0;
  const isSame = (path: string): boolean =>
    readdirSync(join(workloadDir, path), { withFileTypes: true }).every((entry) => {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (leftOutNames.has(entry.name) || join(workloadDir, inside) === stateDir) return true;
      if (entry.isDirectory()) return isSame(inside);
      if (!entry.isFile() && !entry.isSymbolicLink()) return true;
      seen += 1;
      const file = expected.get(inside);
      return file !== undefined && isSameFile(join(workloadDir, inside), file);
    });
  return !isSame('') || seen !== live.files.length;
}

function isSameFile(path: string, file: ReleaseFile): boolean {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return file.kind === 'link' && hash(readlinkSync(path)) === file.sha256;
  const kind = (stats.mode & 0o111) === 0 ? 'file' : 'program';
  if (kind !== file.kind || stats.size !== file.bytes) return false;
  return stats.mtimeMs === file.modifiedMs || hash(readFileSync(path)) === file.sha256;
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
