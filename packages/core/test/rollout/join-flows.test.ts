import { Manifest } from '@alwayson/protocol/manifest.ts';
import { expect, test } from 'vitest';
import { joinFlows } from '../../src/rollout/join-flows.ts';

const manifestOf = (names: readonly string[]) =>
  Manifest.parse({
    name: 'shop',
    owner: 'me',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'web', command: ['node'], routes: ['/'] }],
    flows: names.map((name) => ({ name, path: ['web'], requests: [{ path: `/${name}/**` }] })),
  }).flows;

test('a flow of one release only is asked first and served by that release; all others by both', () => {
  const live = { release: 'a', flows: manifestOf(['old', 'browse']) };
  const candidate = { release: 'b', flows: manifestOf(['browse', 'next']) };
  const { flows, onlyIn } = joinFlows(live, candidate);
  expect(flows.map(({ name }) => name)).toEqual(['next', 'old', 'browse']);
  expect(onlyIn).toEqual([
    { flow: 'next', release: 'b' },
    { flow: 'old', release: 'a' },
  ]);
  expect(joinFlows(live, null)).toEqual({ flows: live.flows, onlyIn: [] });
});
