import { expect, test } from 'vitest';
import { addRelease, firstEstate, setCount, setLive } from '../../src/estate/estate-record.ts';
import { planStamps } from '../../src/estate/stamps.ts';

const [old = '', next = ''] = ['00000a', '00000b'].map((name) => name.padEnd(64, '0'));
const zones = ['west-1', 'west-2', 'east-1', 'east-2'];
const environment = {
  frontDoor: { port: 8080, url: '' },
  zones: ['witness', ...zones].map((name, n) => ({
    name,
    region: name.replace(/-\d$/, ''),
    address: `127.0.0.${n + 1}`,
  })),
};

test('every stamp of every release is planned, with the components of its own release in their order', () => {
  const live = setLive(addRelease(firstEstate, old, zones), old);
  const record = addRelease(setCount(live, 'west-2', 2), next, zones);
  const plans = planStamps(environment, record, (release) => ({
    components: (release === old ? ['web', 'api'] : ['api', 'web']).map((name) => ({ name })),
  }));
  expect(plans.map(({ id }) => id)).toEqual([
    'west-1-00000a',
    'west-1-00000b',
    'west-2-00000a',
    'west-2-b-00000a',
    'west-2-00000b',
    'west-2-b-00000b',
    'east-1-00000a',
    'east-1-00000b',
    'east-2-00000a',
    'east-2-00000b',
  ]);
  const portsOf = (id: string) => plans.find((plan) => plan.id === id);
  expect(portsOf('west-2-b-00000a')).toMatchObject({
    region: 'west',
    zone: 'west-2',
    release: old,
    ordinal: 1,
    agentPort: 10_352,
    ports: { web: 10_353, api: 10_354 },
  });
  expect(portsOf('west-1-00000b')).toMatchObject({ agentPort: 10_352, ports: { api: 10_353, web: 10_354 } });
  const all = plans.flatMap((plan) =>
    [plan.agentPort, ...Object.values(plan.ports)].map((port) => `${plan.address}:${port}`),
  );
  expect(new Set(all).size).toBe(all.length);
});

test('a stamp stays clear of the front door, whatever its port', () => {
  const record = setLive(addRelease(firstEstate, old, zones), old);
  const portsAt = (port: number) => {
    const at = { ...environment, frontDoor: { port, url: '' } };
    return planStamps(at, record, () => ({ components: [{ name: 'api' }] })).map(
      ({ agentPort }) => agentPort,
    );
  };
  expect(portsAt(8080)).toEqual([10_320, 10_320, 10_320, 10_320]);
  expect(portsAt(10_351)).toEqual([12_048, 12_048, 12_048, 12_048]);
  expect(portsAt(10_352)).toEqual(portsAt(8080));
});
