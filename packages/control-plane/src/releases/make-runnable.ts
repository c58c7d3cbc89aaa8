import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { linkPackages } from './linked-packages.ts';
import type { CopiedContent, Preparation } from './preparation.ts';
import { runIsolated, toScratch } from './run-isolated.ts';

/** Installs or links packages, then builds. Returns which kept packages it leads to. Throws CommandFailure. */
export async function makeRunnable(preparation: Preparation, { packages }: CopiedContent): Promise<string[]> {
  const { environment, input, partial, log, signal, commandDeadlineMs, packagesStore: store } = preparation;
  const { release, components } = input.manifest;
  const { installDir } = environment;
  const shared = { partial, installDir, log, signal, deadlineMs: commandDeadlineMs };
  const tree = join(partial, 'tree');
  for (const folder of [...Object.values(toScratch(partial)), join(partial, 'build')]) {
    await mkdir(folder, { recursive: true });
  }
  let kept: string[] = [];
  if (release.install === undefined) {
    kept = await linkPackages({ release: partial, store, installDir, signal }, packages);
  } else {
    input.tell?.(`Installing packages: ${release.install.join(' ')}.`);
    // Not with NODE_ENV=production: package managers would leave out what builds need.
    await runIsolated({ ...shared, command: release.install, cwd: tree, environment: {} });
  }
  for (const { name, cwd, build } of components) {
    if (build === undefined) continue;
    input.tell?.(`Building ${name}: ${build.join(' ')}.`);
    const buildDir = join(partial, 'build', name);
    await mkdir(buildDir);
    const variables = { NODE_ENV: 'production', ALWAYSON_BUILD_DIR: buildDir };
    await runIsolated({ ...shared, command: build, cwd: resolve(tree, cwd), environment: variables });
  }
  return kept;
}
