import { join } from 'node:path';
import { createAlertsController } from '../../src/alerts/alerts-controller.ts';
import { createWebhookNotifier } from '../../src/alerts/webhook-notifier.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createRecordsMirror } from '../../src/records/records-mirror.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { openStore } from '../../src/records/sqlite-store.ts';
import { environmentOf, manifestOf } from '../api/fixtures.ts';
import { outageInput } from './fixtures.ts';

/** Alerting on its own records, with an outage that lasts: what a test kills. `outbox-program.ts FOLDER URL`. */
const [, , folder = '', url = ''] = process.argv;
let offsetMs = 0;
const now = () => Date.now() + offsetMs;
const mirror = createRecordsMirror(join(folder, 'records.json'));
const { database } = openStore(join(folder, 'state.db'), mirror, now);
const notifier = createWebhookNotifier({ name: 'webhook', url: () => url, secret: undefined, now });
const controller = createAlertsController({
  environment: environmentOf(),
  manifest: manifestOf(),
  records: createSqliteRecords(database, { mirror, now }),
  journal: createSqliteJournal(database, now),
  now,
  input: () => outageInput(),
  targets: [{ notifier, severities: ['page'] }],
});
for (;;) {
  await controller.tick(new AbortController().signal);
  offsetMs += 3000;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
