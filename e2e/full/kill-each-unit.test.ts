import { test } from 'vitest';
import { isWhole } from '../harness/environment.ts';
import { expectNothingLost, killUnit } from '../harness/under-load.ts';
import { useCatalog } from '../harness/use-catalog.ts';

const catalog = useCatalog();

const victims = [
  'gateway-west',
  'gateway-agent-west',
  'observer-west',
  'pgbouncer-west-1',
  'pgbouncer-east-2',
  'queue-west-1',
  'queue-west-2',
  'cache-west',
  'pg-east-1',
];

for (const id of victims) {
  test(`kill -9 of ${id}`, async () => {
    const aim = killUnit(catalog.environment, (unit) => unit.id === id);
    await expectNothingLost(catalog, {
      name: `kill -9 of ${id}`,
      aim,
      graceMs: id.startsWith('gateway-west') ? 300 : 0,
    });
    await catalog.environment.until('whole again', isWhole, 90_000);
  });
}

for (const kind of ['stamp-agent', 'web', 'api', 'worker']) {
  test(`kill -9 of a ${kind}`, async () => {
    const aim = killUnit(
      catalog.environment,
      (unit) => unit.zone === 'west-2' && (unit.kind === kind || unit.component === kind),
    );
    await expectNothingLost(catalog, { name: `kill -9 of a ${kind}`, aim });
    await catalog.environment.until('whole again', isWhole, 90_000);
  });
}

for (const role of ['writer', 'synchronous standby'] as const) {
  test(`kill -9 of the database's ${role}`, async () => {
    const { database } = await catalog.environment.status();
    const member = database.members.find(({ id, sync }) =>
      role === 'writer' ? id === database.writer : sync,
    );
    const aim = killUnit(catalog.environment, (unit) => unit.id === member?.id);
    await expectNothingLost(catalog, { name: `kill -9 of the ${role}`, aim });
    await catalog.environment.until('whole again', isWhole, 90_000);
  });
}
