import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { expect, test } from 'vitest';
import { decideFlowState } from '../../src/status/flow-state.ts';

const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'api', command: ['node', 'api.ts'], routes: ['/api/'] }],
  stores: [
    { name: 'database', kind: 'relational' },
    { name: 'cache', kind: 'cache' },
  ],
  flows: [{ name: 'browse', path: ['api', 'database', 'cache'] }],
  dependencies: [
    { from: 'api', to: 'database', kind: 'hard' },
    { from: 'api', to: 'cache', kind: 'soft' },
  ],
});
const flow = manifest.flows[0];
if (flow === undefined) throw new Error('The fixture has a flow.');

function verdict(entities: Record<string, State[]>, observations: Observation[] = []) {
  if (flow === undefined) throw new Error('The fixture has a flow.');
  return decideFlowState(manifest, flow, { entities: new Map(Object.entries(entities)), observations });
}

function seen(region: string, ok: boolean, streak: number): Observation {
  const at = '2026-01-01T00:00:00.000Z';
  const probe = {
    flow: 'browse',
    at,
    ok,
    status: ok ? 200 : 503,
    durationMs: 5,
    streak,
    reason: 'answered 503',
  };
  return { region, at, countersSince: at, flows: [], probes: [probe], linesLost: 0 };
}

const whole = { api: ['healthy', 'healthy'], database: ['healthy'], cache: ['healthy'] } satisfies Record<
  string,
  State[]
>;

test('everything healthy is healthy', () => {
  expect(verdict(whole)).toEqual({ state: 'healthy' });
});

test('one replica gone degrades, all gone break, and the reason names who', () => {
  expect(verdict({ ...whole, api: ['healthy', 'unhealthy'] }).state).toBe('degraded');
  expect(verdict({ ...whole, api: ['unhealthy', 'unhealthy'] })).toEqual({
    state: 'unhealthy',
    reason: 'api: unhealthy',
  });
});

test('a soft dependency never breaks a flow, a hard one does', () => {
  expect(verdict({ ...whole, cache: ['unhealthy'] }).state).toBe('degraded');
  expect(verdict({ ...whole, database: ['unhealthy'] }).state).toBe('unhealthy');
});

test('what is not reported is unknown, never healthy', () => {
  expect(verdict({ api: ['healthy'], cache: ['healthy'] }).state).toBe('unknown');
});

test('who is served from outside is not down; who is seen failing from everywhere is', () => {
  expect(verdict({ ...whole, database: ['unhealthy'] }, [seen('west', true, 3)]).state).toBe('degraded');
  expect(verdict(whole, [seen('west', false, 2), seen('east', false, 3)]).state).toBe('unhealthy');
  expect(verdict(whole, [seen('west', false, 2), seen('east', true, 3)]).state).toBe('degraded');
  expect(verdict(whole, [seen('west', false, 1), seen('east', true, 3)]).state).toBe('healthy');
});
