import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Item, listItems } from '../harness/catalog-load.ts';
import { isWhole, startEnvironment, type TestEnvironment } from '../harness/environment.ts';
import { expectNothingLost, killZone } from '../harness/under-load.ts';

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

for (const zone of ['west-1', 'west-2', 'east-1', 'east-2']) {
  test(`kill -9 of zone ${zone}, and back`, async () => {
    const harm = () => killZone(environment, zone);
    const graceMs = zone.endsWith('-1') ? 300 : 0; // the first zone of a region carries its gateway
    await expectNothingLost({ environment, items, name: `kill -9 of zone ${zone}`, harm, graceMs });
    expect((await environment.cli('revive', zone, '--json')).exitCode).toBe(0);
    await environment.until('whole again', isWhole, 120_000);
  });
}
