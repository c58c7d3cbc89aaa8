import { expect, test } from 'vitest';
import {
  findEntity,
  formatBytes,
  listEntityNames,
  listUnits,
  toRegionViews,
  toUnitTags,
} from '../../src/map/estate.ts';
import { toUnitHealth } from '../../src/map/unit-health.ts';
import { createStatus, withZoneDead } from '../support/estate-fixture.ts';

test('every unit outside the witness is in exactly one place of the map', () => {
  for (const status of [createStatus(), withZoneDead(createStatus())]) {
    const placed = toRegionViews(status).flatMap((region) => [
      ...region.door.map(({ unit }) => unit.id),
      ...region.zones.flatMap((zone) => [
        ...zone.engines.map((unit) => unit.id),
        ...zone.stamps.flatMap((stamp) => stamp.units.map((unit) => unit.id)),
      ]),
    ]);
    const all = listUnits(status).map((unit) => unit.id);
    expect([...placed, 'control-plane'].toSorted()).toEqual(all.toSorted());
  }
});

test('units of a stamp that the status does not list are still shown, among the engines', () => {
  const status = createStatus();
  status.stamps = status.stamps.filter((stamp) => stamp.zone !== 'west-1');
  const zone = toRegionViews(status)[0]?.zones[0];
  expect(zone?.engines.map((unit) => unit.id)).toContain('west-1-3f9c2a-api');
});

test('roles and lag are told for databases and queues only', () => {
  const status = createStatus();
  const tags = (id: string) => {
    const entity = findEntity(status, id);
    return entity?.kind === 'unit' ? toUnitTags(status, entity.unit).map((tag) => tag.text) : [];
  };
  expect(tags('pg-west-1')).toEqual(['primary']);
  expect(tags('pg-west-2')).toEqual(['sync', 'lag 0 B']);
  expect(tags('pg-east-1')).toEqual(['standby', 'lag 1.5 KiB']);
  expect(tags('queue-west-1')).toEqual(['primary']);
  expect(tags('queue-west-2')).toEqual(['replica']);
  expect(tags('cache-west')).toEqual([]);
});

test('a copy that runs but fails its part is not shown as healthy', () => {
  const status = withZoneDead(createStatus());
  const health = (id: string) => {
    const entity = findEntity(status, id);
    return entity?.kind === 'unit' ? toUnitHealth(status, entity.unit) : undefined;
  };
  expect(health('pg-west-2')).toEqual({ state: 'unhealthy', reason: 'being promoted' });
  expect(health('queue-west-2')).toEqual({ state: 'degraded', reason: 'one copy: the replica is gone' });
  expect(health('pg-east-1')).toEqual({ state: 'healthy', reason: undefined });
  expect(findEntity(status, 'pg-west-2')?.state).toBe('unhealthy');

  const late = createStatus();
  late.gateways = [{ region: 'west', generation: 11, inForce: false, state: 'degraded' }];
  expect(findEntity(late, 'gateway-west')?.state).toBe('degraded');
  expect(findEntity(late, 'gateway-agent-west')?.state).toBe('healthy');
});

test('names find their entity, and only those', () => {
  const status = createStatus();
  for (const name of listEntityNames(status)) expect(findEntity(status, name)?.name).toBe(name);
  expect(findEntity(status, 'west')?.kind).toBe('region');
  expect(findEntity(status, 'west-1')?.kind).toBe('zone');
  expect(findEntity(status, 'west-1-3f9c2a')?.kind).toBe('stamp');
  expect(findEntity(status, 'control-plane')?.kind).toBe('unit');
  expect(findEntity(status, 'list-items')).toBeUndefined();
});

test('bytes are told with at most one decimal', () => {
  expect([0, 0.5, 512, 1024, 1536, 20 * 1024, 3 * 1024 ** 3].map(formatBytes)).toEqual([
    '0 B',
    '1 B',
    '512 B',
    '1.0 KiB',
    '1.5 KiB',
    '20 KiB',
    '3.0 GiB',
  ]);
});
