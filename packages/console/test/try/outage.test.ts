import { expect, test } from 'vitest';
import { findEntity } from '../../src/map/estate.ts';
import { canTry, describeOutage } from '../../src/try/outage.ts';
import { createStatus, withUnit, withZoneDead } from '../support/estate-fixture.ts';

function describeKill(name: string, status = createStatus()) {
  const entity = findEntity(status, name);
  if (entity === undefined) throw new Error(`No entity ${name}.`);
  const text = describeOutage('kill', entity, status);
  return { ...text, expect: text.expect.join('\n') };
}

test('killing the writer names the copy that is promoted', () => {
  expect(describeKill('pg-west-1').expect).toMatch(/pg-west-2 is promoted/);
  expect(describeKill('pg-west-2').expect).toMatch(/second copy of every database write/);
  expect(describeKill('pg-east-1').expect).toMatch(/writes go on, and it catches up/);
});

test('killing a zone counts its units and tells what each loss means', () => {
  const text = describeKill('west-1');
  expect(text.what).toMatch(/host process and all 9 units/);
  expect(text.what).toMatch(/stays down until it is revived/);
  expect(text.expect).toMatch(/other stamps.*\n.*other gateway.*\n.*pg-west-2 is promoted/);
  expect(text.expect).not.toMatch(/by itself/);
});

test('killing the writer region promises no promotion within it and no door that is gone', () => {
  const text = describeKill('west').expect;
  expect(text).toMatch(/writes to the database stop/);
  expect(text).not.toMatch(/promoted|other PgBouncer|Reads of this region/);
});

test('with a zone down already the last gateway and the missing writer are told', () => {
  const dead = withZoneDead(createStatus());
  expect(describeKill('gateway-east', dead).expect).toMatch(/No gateway is left/);
  expect(describeKill('west-2', dead).expect).toMatch(/no writer now/);
  expect(describeKill('pgbouncer-west-2', dead).expect).toMatch(/No PgBouncer is left/);
});

test('only what runs can be killed, only what does not run can be revived', () => {
  const status = withZoneDead(createStatus());
  const can = (name: string) => {
    const entity = findEntity(status, name);
    return entity === undefined ? [] : [canTry('kill', entity), canTry('revive', entity)];
  };
  expect(can('west-1')).toEqual([false, true]);
  expect(can('west')).toEqual([true, true]);
  expect(can('east-1')).toEqual([true, false]);
  expect(can('witness')).toEqual([false, false]);
  expect(can('control-plane')).toEqual([true, false]);
});

test('a process that lives but fails its probe can be revived', () => {
  const status = withUnit(createStatus(), 'pg-east-1', { process: 'failing', state: 'unhealthy' });
  const entity = findEntity(status, 'pg-east-1');
  expect(entity && canTry('revive', entity)).toBe(true);
});
