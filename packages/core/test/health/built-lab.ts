import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { StampPlan } from '../../src/estate/stamps.ts';
import { buildHealthModel } from '../../src/health/build-health-model.ts';
import type { HealthModelInput } from '../../src/health/health-model-input.ts';
import { HealthLab, type Told } from './health-lab.ts';

export const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [
    { name: 'api', command: ['node'], routes: ['/api/'] },
    { name: 'worker', command: ['node'] },
  ],
  stores: [
    { name: 'database', kind: 'relational' },
    { name: 'queue', kind: 'queue' },
    { name: 'cache', kind: 'cache' },
  ],
  flows: [
    { name: 'comment', requests: [{ path: '/api/comments' }], path: ['api', 'queue'] },
    {
      name: 'list',
      criticality: 'high',
      requests: [{ path: '/api/**' }],
      path: ['api', 'cache', 'database'],
      probe: { path: '/api/items' },
    },
    { name: 'apply', kind: 'system', path: ['queue', 'worker', 'database'] },
  ],
  dependencies: [
    { from: 'api', to: 'database', kind: 'soft' },
    { from: 'api', to: 'cache', kind: 'soft' },
    { from: 'api', to: 'queue' },
    { from: 'worker', to: 'queue' },
    { from: 'worker', to: 'database' },
  ],
});
const regions = ['west', 'east'].map((name) => ({
  name,
  zones: [1, 2].map((zone) => ({ name: `${name}-${zone}`, region: name, address: '' })),
}));
export const stamps = regions.flatMap((region) =>
  region.zones.map((zone): StampPlan => {
    return {
      id: `${zone.name}-abc`,
      region: region.name,
      zone: zone.name,
      address: '',
      release: 'abc',
      ordinal: 0,
      agentPort: 1,
      ports: {},
    };
  }),
);
export const input: HealthModelInput = { manifest, regions, witness: 'witness', stamps };

/** An estate in which every signal that has no say in a test is well. */
export function start(change: Partial<HealthModelInput> = {}): {
  lab: HealthLab;
  look: (bad?: Record<string, Told>, rounds?: number) => void;
} {
  const model = buildHealthModel({ ...input, ...change });
  const lab = new HealthLab(model.entities);
  const well: Record<string, Told> = Object.fromEntries(
    model.entities.flatMap(({ id, signals }) =>
      signals.filter(({ type }) => type === 'state').map(({ name }) => [`${id} ${name}`, 'healthy']),
    ),
  );
  const look = (bad: Record<string, Told> = {}, rounds = 3) => {
    for (let round = 0; round < rounds; round += 1) lab.step({ ...well, ...bad });
  };
  look();
  return { lab, look };
}

export const statesOf = (lab: HealthLab, ...ids: string[]) => ids.map((id) => lab.state(id));

/** Every signal of the entities whose id matches. */
export function all(lab: HealthLab, pattern: RegExp, state: State): Record<string, Told> {
  return Object.fromEntries(
    lab.model.entities
      .filter(({ id }) => pattern.test(id))
      .flatMap(({ id, signals }) =>
        signals.filter(({ type }) => type === 'state').map(({ name }) => [`${id} ${name}`, state]),
      ),
  );
}
