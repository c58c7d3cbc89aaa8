import { afterAll, beforeAll, test } from 'vitest';
import { type Item, listItems } from '../harness/catalog-load.ts';
import { isWhole, startEnvironment, type TestEnvironment } from '../harness/environment.ts';
import { expectNothingLost, killUnit } from '../harness/under-load.ts';

let environment: TestEnvironment;
let items: Item[];

beforeAll(async () => {
  environment = await startEnvironment();
  await environment.until('whole after up', isWhole, 120_000);
  items = await listItems(environment.frontDoor);
});
afterAll(async () => {
  await environment?.down();
});

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
    const harm = async () => void (await killUnit(environment, (unit) => unit.id === id));
    await expectNothingLost({
      environment,
      items,
      name: `kill -9 of ${id}`,
      harm,
      graceMs: id.startsWith('gateway-west') ? 300 : 0,
    });
    await environment.until('whole again', isWhole, 90_000);
  });
}

for (const kind of ['stamp-agent', 'web', 'api', 'worker']) {
  test(`kill -9 of a ${kind}`, async () => {
    const harm = async () => {
      await killUnit(
        environment,
        (unit) => unit.zone === 'west-2' && (unit.kind === kind || unit.component === kind),
      );
    };
    await expectNothingLost({ environment, items, name: `kill -9 of a ${kind}`, harm });
    await environment.until('whole again', isWhole, 90_000);
  });
}

for (const role of ['writer', 'synchronous standby'] as const) {
  test(`kill -9 of the database's ${role}`, async () => {
    const harm = async () => {
      const { database } = await environment.status();
      const member = database.members.find(({ id, sync }) =>
        role === 'writer' ? id === database.writer : sync,
      );
      await killUnit(environment, (unit) => unit.id === member?.id);
    };
    await expectNothingLost({ environment, items, name: `kill -9 of the ${role}`, harm });
    await environment.until('whole again', isWhole, 90_000);
  });
}
