import { setTimeout as delay } from 'node:timers/promises';
import type { DrillEvidence, DrillReport } from '@alwayson/protocol/drills.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RecoveryMode } from '@alwayson/protocol/recovery.ts';
import { type ControlPlaneClient, createControlPlaneClient } from '../client/control-plane-client.ts';
import type { StateFolder } from '../environment/state-folder.ts';
import { readEnvironmentIfSound } from '../environment/environment-file.ts';
import { readLiveRelease } from '../releases/live-release.ts';
import { copyEnvironment } from '../start/copy-environment.ts';
import { purgeEnvironment } from '../stop/purge-environment.ts';
import { stopEnvironment } from '../stop/stop-environment.ts';
import { countLoad } from './count-load.ts';
import { createDrillMarks, type DrillMarks } from './drill-marks.ts';
import { lifted } from './lift-copy.ts';
import { rehearse, untilReady } from './rehearse.ts';
import { findWrites, startDrillLoad } from './start-load.ts';

export interface DrillOptions {
  mode: RecoveryMode;
  /** Who is copied, and its control plane. */
  source: Environment;
  client: ControlPlaneClient;
  /** Where the copy will be. */
  target: StateFolder;
  owner: string;
  /** The copy stays, to be looked at. */
  isKept: boolean;
  /** Ends it: the copy is removed, and that is filed. */
  signal: AbortSignal;
  note: (text: string) => void;
}

/** Fresh processes are slow at first, and those of a copy start behind everybody else. */
const loadBeforeMs = 30_000;
const loadAfterMs = 10_000;
const failureMax = 2000;

/**
 * Copies the environment, puts load on the copy, does to it what would be done in earnest, looks for every acknowledged write, removes it, and
 * files what was measured with the source. The source only makes a backup. Also a drill that fails is filed.
 */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { mode, source, client, target, owner, isKept, signal, note } = options;
  const marks = createDrillMarks(source.stateDir);
  await removeAbandoned(marks, target, note);
  marks.add(target.name);
  const startedAt = new Date().toISOString();
  const watch = createStopwatch(note);
  const facts: Facts = { backup: null, release: null, recovery: null, load: null };
  const noteFailure = (error: unknown) => {
    const cause: unknown = signal.aborted ? signal.reason : error;
    facts.failure ??= (cause instanceof Error ? cause.message : String(cause)).slice(0, failureMax);
  };
  await act(options, facts, watch).catch(noteFailure);
  const left = isKept ? Promise.resolve() : watch.phase('remove', () => remove(target.path, note));
  await left.then(() => marks.remove(target.name)).catch(noteFailure);
  const endedAt = new Date().toISOString();
  return client.fileDrill({ mode, owner, startedAt, endedAt, ...facts, phases: watch.phases });
}

type Facts = Pick<DrillEvidence, 'backup' | 'release' | 'recovery' | 'load' | 'failure'>;
type Stopwatch = ReturnType<typeof createStopwatch>;

/** What is known by when it fails is in `facts`. */
async function act(options: DrillOptions, facts: Facts, { phase }: Stopwatch): Promise<void> {
  const { mode, owner, signal, note } = options;
  const { environment } = await phase('copy', () => copyEnvironment({ ...options, mask: '' }));
  facts.backup = environment.origin?.backup ?? null;
  facts.release = environment.origin?.release ?? null;
  const context = { client: createControlPlaneClient(environment), owner, signal, note };
  await phase('ready', () => untilReady(context, mode));
  const manifest = readLiveRelease(environment.stateDir)?.manifest;
  if (manifest === undefined) throw new AlwaysOnError('AON_STARTING', 'The copy has no live release.');
  const load = startDrillLoad(environment, manifest);
  try {
    await phase('load', () => delay(loadBeforeMs, undefined, { signal })); // part of the measure
    const { report, target } = await phase('operation', () =>
      lifted(environment.stateDir, () => rehearse(context, mode)),
    );
    facts.recovery = report;
    await phase('after', () => delay(loadAfterMs, undefined, { signal })); // part of the measure
    const requests = await load.stop();
    const found = await phase('check', () => findWrites(environment, requests));
    facts.load = countLoad({ requests, found, target });
  } finally {
    await load.stop();
  }
}

async function remove(path: string, note: (text: string) => void): Promise<void> {
  await stopEnvironment({ stateDir: path, note: () => undefined });
  purgeEnvironment(path);
  note('The copy is gone.');
}

/** They stand beside the one that is about to be made. */
async function removeAbandoned(
  marks: DrillMarks,
  target: StateFolder,
  note: (text: string) => void,
): Promise<void> {
  const beside = target.path.slice(0, -target.name.length);
  for (const name of marks.abandoned()) {
    const path = `${beside}${name}`;
    // Somebody has found a use for it.
    const isWanted = readEnvironmentIfSound(path)?.type === 'production';
    if (!isWanted) {
      note(`Removing ${name}, which an earlier drill has left.`);
      await remove(path, note);
    }
    marks.remove(name);
  }
}

function createStopwatch(note: (text: string) => void) {
  const phases: { name: string; ms: number }[] = [];
  return {
    phases,
    async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
      note(`${words[name] ?? name} ...`);
      const began = performance.now();
      try {
        return await work();
      } finally {
        phases.push({ name, ms: Math.round(performance.now() - began) });
      }
    },
  };
}

const words: Record<string, string> = {
  copy: 'Making the copy',
  ready: 'Waiting until the copy could do it',
  load: 'Putting load on the copy',
  operation: 'Doing it',
  after: 'Keeping the load on for a while',
  check: 'Looking for every acknowledged write',
  remove: 'Removing the copy',
};
