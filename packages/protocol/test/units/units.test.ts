import { isAbsolute, join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventsQuery } from '../../src/control-api.ts';
import { hostRoutes, UnitFile, UnitSpec, type UnitSpecInput } from '../../src/units.ts';

const spec: UnitSpecInput = {
  id: 'pg-west-1',
  kind: 'postgres',
  generation: 1,
  command: ['postgres'],
  address: '127.208.1.1',
  port: 5432,
  probe: { type: 'http', path: '/readyz' },
};

test('a short spec is filled in', () => {
  expect(UnitSpec.parse(spec)).toMatchObject({
    env: {},
    files: [],
    runAs: 'self',
    restart: 'always',
    startOrder: 5,
    stop: { signal: 'SIGTERM', deadlineMs: 10_000 },
    probe: { intervalMs: 1000, timeoutMs: 1000, headers: {} },
  });
});

test('a unit id is one segment of a path and of a URL', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 90 }), (id) => {
      fc.pre(UnitSpec.shape.id.safeParse(id).success);
      expect(hostRoutes.unit(id)).toBe(`/units/${encodeURIComponent(id)}`);
      expect(join('/units', id)).toBe(`/units/${id}`);
    }),
  );
  for (const id of ['', '..', 'a/b', 'A', '-a', 'a b'])
    expect(UnitSpec.shape.id.safeParse(id).success).toBe(false);
});

test("a unit's file stays in the unit's folder", () => {
  const segment = fc.constantFrom('a', '..', '.', '', 'b.conf', '...', 'pg_hba.conf', '~', 'C:');
  const path = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.array(segment).map((parts) => parts.join('/')),
  );
  fc.assert(
    fc.property(path, (candidate) => {
      fc.pre(UnitFile.safeParse({ path: candidate, content: '' }).success);
      const inside = relative('/unit', join('/unit', candidate));
      expect(isAbsolute(inside) || inside.startsWith('..')).toBe(false);
    }),
  );
  expect(UnitFile.safeParse({ path: 'conf/pg_hba.conf', content: '' }).success).toBe(true);
  for (const bad of ['../x', '/etc/passwd', 'a/../../x', '']) {
    expect(UnitFile.safeParse({ path: bad, content: '' }).success).toBe(false);
  }
});

test('the query of events is read from text and bounded', () => {
  expect(EventsQuery.parse({})).toEqual({ limit: 200 });
  expect(EventsQuery.parse({ after: '7', limit: '3' })).toEqual({ after: 7, limit: 3 });
  for (const bad of [{ limit: '0' }, { limit: '1001' }, { after: '-1' }, { after: 'x' }]) {
    expect(EventsQuery.safeParse(bad).success).toBe(false);
  }
});
