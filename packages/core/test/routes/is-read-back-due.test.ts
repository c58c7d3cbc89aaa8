import type { GatewayServer } from '@alwayson/protocol/routes.ts';
import { expect, test } from 'vitest';
import { isReadBackDue } from '../../src/routes/is-read-back-due.ts';

const server = (state: GatewayServer['state']) => ({ state }) as GatewayServer;

test.each<{ states: GatewayServer['state'][]; everyMs: number }>([
  { states: ['up', 'up'], everyMs: 4900 },
  { states: ['up', 'drain', 'maintenance'], everyMs: 4900 },
  { states: [], everyMs: 4900 },
  { states: ['up', 'down'], everyMs: 900 },
])('with servers $states a gateway is read back every $everyMs ms', ({ states, everyMs }) => {
  const report = { servers: states.map(server) };
  expect(isReadBackDue(report, everyMs - 1)).toBe(false);
  expect(isReadBackDue(report, everyMs)).toBe(true);
});
