import {
  addRelease,
  type EstateRecord,
  firstEstate,
  isLeaving,
  setLive,
} from '@alwayson/core/estate/estate-record.ts';
import { toStampId } from '@alwayson/core/estate/stamp-id.ts';
import { planStamps } from '@alwayson/core/estate/stamps.ts';
import { listZones, toRegions } from '@alwayson/core/estate/topology.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { GateVerdict, Release, RolloutPlan } from '@alwayson/protocol/releases.ts';
import type { HostStatus } from '@alwayson/protocol/units.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import type { ReleaseStore } from '../../src/releases/release-store.ts';
import { createReleaseHistory } from '../../src/rollout/release-history.ts';
import { createRolloutController } from '../../src/rollout/rollout-controller.ts';
import { createRolloutRecord, type RolloutRequest } from '../../src/rollout/rollout-record.ts';
import { createRolloutTeller } from '../../src/rollout/rollout-teller.ts';
import type { RolloutTools } from '../../src/rollout/rollout-tools.ts';
import { createWebhookWatch } from '../../src/rollout/webhook-watch.ts';
import { recordingPlacement } from '../api/fixtures.ts';
import { environment as somewhere } from '../health/health-world.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';
import { toReport, toRoutes } from '../routes/obedient-gateways.ts';

export const from = 'a'.repeat(64);
export const release = 'b'.repeat(64);
const tools = ['prepare', 'expand', 'contract', 'warm', 'smoke', 'prove'] as const;
export type Tool = (typeof tools)[number];

/**
 * The rollout controller on real records, a real history and real webhooks, in an estate that does at once what it is told. What takes
 * long elsewhere is a list of calls here, each of which may be made to fail. `restart` is a control plane that died and came back.
 */
export function createRolloutWorld(webhooks: readonly { name: string; type: string; url: string }[] = []) {
  const stateDir = mkdtempSync(join(tmpdir(), 'aon-rollout-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const environment = { ...somewhere, stateDir };
  const manifest = Manifest.parse({
    name: 'shop',
    owner: 'team',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'api', command: ['node', 'api.js'], routes: ['/'] }],
    flows: [{ name: 'browse', path: ['api'] }],
    release: { bakeSeconds: 0, gates: { webhooks } },
  });
  const world = {
    calls: [] as Tool[],
    failing: new Set<Tool>(),
    verdict: 'pass' as GateVerdict,
    manifestsChanged: 0,
    tidied: [] as string[],
  };
  const database = openMemoryStore();
  const now = Date.now;
  const journal = createSqliteJournal(database, now);
  const record = createRolloutRecord(createSqliteRecords(database, { mirror: noMirror, now }));
  const zones = listZones(environment);
  let estate: EstateRecord = { ...setLive(addRelease(firstEstate, from, zones), from), broughtUp: true };
  const stamps = () => planStamps(environment, estate, () => manifest);
  const store = createStore(manifest);
  const history = createReleaseHistory(join(stateDir, 'releases.jsonl'), { now, journal });

  const create = () => {
    const webhookWatch = createWebhookWatch({
      environment,
      manifestOf: () => manifest,
      onAnswer: () => {},
      now,
    });
    const teller = createRolloutTeller({
      journal,
      history,
      record,
      store,
      webhooks: webhookWatch,
      tidy: async (live) => void world.tidied.push(live),
      now,
    });
    const leaving = () => {
      const ids = estate.stamps.filter((stamp) => isLeaving(estate, stamp)).map(toStampId);
      return new Set([...ids, ...controller.draining()]);
    };
    const controller = createRolloutController({
      environment,
      placement: {
        ...recordingPlacement(),
        zones: ['west-1'],
        observe: (zone: string) => ({
          zone,
          contact: 'connected' as const,
          since: '',
          host: {
            units: stamps().map((stamp) => ({ stamp: stamp.id, release: stamp.release })),
          } as HostStatus,
        }),
      },
      estate: {
        record: () => estate,
        change: (next) => (estate = next(estate)),
        stamps,
        stampProblem: () => null,
      },
      routes: {
        record: () => toRoutes(stamps(), leaving(), controller.rollout()),
        reports: () =>
          new Map(
            toRegions(environment).map(({ name }) => [
              name,
              toReport(name, stamps(), { leaving: leaving(), sessions: new Map() }),
            ]),
          ),
      },
      demand: () => 10,
      capacityOf: () => 100,
      record,
      store,
      tools: createCalls(world),
      watchers: {
        gate: {
          look: () => ({
            memory: null,
            gate: {
              verdict: world.verdict,
              synthetic: 0,
              checks: [{ name: 'success', verdict: world.verdict, text: '' }],
            },
            blindMs: 0,
          }),
          close: async () => {},
        },
        prober: { start: () => {}, state: () => null, stop: () => null },
        webhooks: webhookWatch,
        losses: { measure: async () => loss },
      },
      teller,
      onManifest: () => void (world.manifestsChanged += 1),
      nudge: () => {},
      now,
    });
    return controller;
  };
  let controller = create();
  onTestFinished(() => controller.close());

  return {
    world,
    record,
    journal,
    history,
    order: (order: 'abort' | 'promote') => controller.order({ order, owner: 'ann' }),
    estate: () => estate,
    releases: () => [...new Set(stamps().map((stamp) => stamp.release))],
    ask(id = 'deploy-1') {
      record.changeRequests((requests) => ({
        ...requests,
        waiting: [...requests.waiting, toRequest(manifest, id)],
      }));
    },
    tick: () => controller.tick(new AbortController().signal),
    /** All that was in its memory is gone. */
    async restart() {
      await controller.close();
      controller = create();
    },
  };
}

const loss = {
  requests: 100,
  lost: 0,
  longestGapMs: 10,
  p50Ms: { before: 1, during: 1, after: 1 },
  p99Ms: { before: 1, during: 1, after: 1 },
  coverage: 1,
};

function createStore(manifest: Manifest): ReleaseStore {
  const releases = [toRelease(from, '1'), toRelease(release, '2')];
  return {
    list: () => releases,
    find: (ref) => releases.find(({ digest, version }) => digest === ref || version === ref) ?? null,
    manifest: () => manifest,
    folder: () => ({ tree: '/', builds: new Map() }),
    prepare: async () => toRelease(release, '2'),
    remove: async () => {},
  };
}

function toRelease(digest: string, version: string): Release {
  return {
    digest,
    version,
    source: { kind: 'folder', path: '/shop' },
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'ann',
    files: 1,
    bytes: 1,
    config: digest,
    migrations: [],
    packages: [],
  };
}

function toRequest(manifest: Manifest, id: string): RolloutRequest {
  const source = { path: '/shop', source: { kind: 'folder' as const, path: '/shop' }, manifest };
  return { id, kind: 'deploy', at: Date.now(), source, release: '', owner: 'ann', override: false };
}

const plan: RolloutPlan = {
  planId: 'p',
  kind: 'deploy',
  release,
  version: '2',
  from,
  fromVersion: '1',
  stamps: [],
  steps: [0.5, 1].map((part) => ({ parts: { west: part, east: part }, bakeSeconds: 0 })),
  capacity: [],
  schema: { expand: [], contract: ['0002_contract.sql'], waiting: [], faults: [] },
  budget: 'normal',
  expectedSeconds: 1,
  pointOfNoReturn: 'contract',
  refusals: [],
};

function createCalls(world: { calls: Tool[]; failing: ReadonlySet<Tool> }): RolloutTools {
  const call = async (tool: Tool) => {
    world.calls.push(tool);
    if (world.failing.has(tool)) throw new Error(`${tool} does not work`);
  };
  return {
    async prepare() {
      await call('prepare');
      return { release: toRelease(release, '2'), plan };
    },
    expand: () => call('expand'),
    contract: () => call('contract'),
    warm: () => call('warm'),
    smoke: () => call('smoke'),
    prove: () => call('prove'),
  };
}
