import { readFileSync } from 'node:fs';
import { superuser } from '@alwayson/engines/postgres/server-files.ts';
import { Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import { readMigrations } from '../../src/database/migration-files.ts';
import { checkSchema } from '../../src/database/schema-check.ts';

/** Checks the slow migration of a folder, in a process that a test can kill. */
const [environmentFile = '', writer = '', folder = ''] = process.argv.slice(2);
const environment = Environment.parse(JSON.parse(readFileSync(environmentFile, 'utf8')));
const zone = environment.zones.find(({ name }) => `pg-${name}` === writer);
if (zone === undefined) throw new Error(`There is no zone of ${writer}.`);

await checkSchema({
  administrator: {
    host: zone.address,
    port: zonePorts.postgres,
    user: superuser,
    password: environment.passwords.postgresSuperuser,
    database: 'postgres',
    timeoutMs: 10_000,
  },
  copySchema: async () => {},
  expand: (await readMigrations(folder)).filter(({ name }) => name.endsWith('slow.sql')),
  contract: [],
  sizes: new Map(),
});
