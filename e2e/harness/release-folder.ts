import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const installDir = join(import.meta.dirname, '..', '..');
const skipped = new Set(['node_modules', 'test', 'dist']);

/** A change of one file of the catalog: its text as it is to be. A file that is not there begins empty. */
export type Edits = Readonly<Record<string, (text: string) => string>>;

export interface ReleaseFolder {
  path: string;
  config: string;
  edit(edits: Edits): Promise<void>;
  remove(): Promise<void>;
}

/** A copy of the catalog's files, to be changed and deployed as a developer would. */
export async function createReleaseFolder(edits: Edits = {}): Promise<ReleaseFolder> {
  const path = await mkdtemp(join(tmpdir(), 'alwayson-release-'));
  await cp(join(installDir, 'workloads', 'catalog'), path, {
    recursive: true,
    filter: (source) => !skipped.has(basename(source)),
  });
  await symlink(join(installDir, 'node_modules'), join(path, 'node_modules'));
  const edit = async (changes: Edits) => {
    for (const [file, change] of Object.entries(changes)) {
      const target = join(path, file);
      await writeFile(target, change(await readFile(target, 'utf8').catch(() => '')));
    }
  };
  await edit(edits);
  return {
    path,
    config: join(path, 'alwayson.config.ts'),
    edit,
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Replaces a part of a text that must be there. */
export function replacing(from: string, to: string): (text: string) => string {
  return (text) => {
    if (!text.includes(from)) throw new Error(`The catalog has no ${JSON.stringify(from)} any more.`);
    return text.replace(from, to);
  };
}

/** The catalog with a program that is quick enough to be watched. */
export function withProgram(trafficSteps: readonly number[], bakeSeconds: number): Edits {
  return {
    'alwayson.config.ts': (text) =>
      text.replace(
        /release: \{[^}]*\}/,
        `release: { trafficSteps: [${trafficSteps.join(', ')}], bakeSeconds: ${bakeSeconds}, keep: 3 }`,
      ),
  };
}
