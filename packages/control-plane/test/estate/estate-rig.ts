import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { Manifest, type ManifestInput } from '@alwayson/protocol/manifest.ts';
import type { UnitStatus } from '@alwayson/protocol/units.ts';
import { onTestFinished } from 'vitest';
import { createHostLab } from '../../../agents/test/host/host-lab.ts';
import type { Controller } from '../../src/controller.ts';
import { createEstateController, type EstateController } from '../../src/estate/estate-controller.ts';
import { type Loop, startLoop } from '../../src/loop.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createHostPlacement } from '../../src/placement/host-placement.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createReleaseStore, type ReleaseStore } from '../../src/releases/release-store.ts';
import { createStampSignals } from '../../src/signals/stamp-signals.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';

/** Answers its probe with its release, from the folder that it runs in. */
const program = `
const { createServer } = require('node:http');
const { ALWAYSON_RELEASE, HOST, PORT } = process.env;
const about = JSON.stringify({ release: ALWAYSON_RELEASE, folder: process.cwd(), pid: process.pid });
createServer((request, response) => response.end(about)).listen(Number(PORT), HOST);
`;

export interface EstateRigOptions {
  /** The second and third byte of the loopback addresses. */
  network: string;
  scale?: ManifestInput['scale'];
  /** With it real gateways are started, and listen there. */
  frontDoorPort?: number;
}

/** The estate controller on real hosts of two zones, with a real release store and real records. */
export async function createEstateRig({ network, scale, frontDoorPort }: EstateRigOptions) {
  const lab = createHostLab(network);
  onTestFinished(() => lab.close());
  const workloadDir = join(lab.environment.stateDir, 'shop');
  const environment = { ...lab.environment, workloadDir, ...toFrontDoor(frontDoorPort) };
  writeFileSync(lab.environmentFile, JSON.stringify(environment), { mode: 0o600 });
  mkdirSync(workloadDir);
  const write = (text = program) => writeFileSync(join(workloadDir, 'api.js'), text);
  write();
  const manifest = Manifest.parse({
    name: 'shop',
    owner: 'team',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'api', command: ['node', 'api.js'], routes: ['/'] }],
    flows: [{ name: 'browse', path: ['api'], requests: [{ path: '/**' }] }],
    scale: scale ?? { max: 3 },
  });
  const store = openMemoryStore();
  const now = Date.now;
  const journal = createSqliteJournal(store, now);
  const records = createSqliteRecords(store, { mirror: noMirror, now });
  await lab.startHost('witness');
  const placement = createHostPlacement({ environment });
  onTestFinished(() => placement.close());
  const context = { environment, manifest, placement, records, journal, now };
  const releases = createReleaseStore(context);

  /** One life of the control plane, on what earlier ones left. */
  const live = (intent: string, { prepare = releases.prepare }: Partial<ReleaseStore> = {}) => {
    let loop: Loop | undefined;
    const nudge = () => loop?.nudge();
    const estate = createEstateController({
      ...context,
      intent,
      releases: { ...releases, prepare },
      contact: (stamp) => signals.contact(stamp),
      nudge,
    });
    const signals = createStampSignals({ ...context, stamps: estate.stamps, isBusy: () => false }, nudge);
    return {
      estate,
      signals,
      start(more: readonly Controller[] = []) {
        const started = startLoop([estate, signals, ...more], { journal, now });
        loop = started;
        placement.onChange(nudge);
        onTestFinished(() => started.close());
        return started;
      },
    };
  };

  return {
    context,
    database: store,
    releases,
    workloadDir,
    live,
    /** Another content of the folder is another release. */
    prepare(text: string) {
      write(text);
      const source = { kind: 'folder', path: workloadDir } as const;
      return releases.prepare({ path: workloadDir, source, manifest, owner: 'ann' });
    },
    program,
    unitsOf: (stamp: string): UnitStatus[] =>
      ['west-1', 'west-2'].flatMap((zone) =>
        (placement.observe(zone).host?.units ?? []).filter((unit) => unit.stamp === stamp),
      ),
    /** What the api of a stamp answers. */
    async ask(estate: Pick<EstateController, 'stamps'>, id: string) {
      const stamp = estate.stamps().find((candidate) => candidate.id === id);
      const response = await fetch(`http://${stamp?.address}:${stamp?.ports.api}/`);
      return (await response.json()) as { release: string; folder: string; pid: number };
    },
  };
}

function toFrontDoor(port: number | undefined): Partial<Environment> {
  return port === undefined ? {} : { frontDoor: { port, url: `http://127.0.0.1:${port}` } };
}
