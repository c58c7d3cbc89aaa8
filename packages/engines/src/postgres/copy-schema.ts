import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { superuser } from './server-files.ts';

const dumpFile = 'schema.dump';
/** Nobody who changes the schema is waited for longer. */
const lockDeadlineMs = 5000;

export interface SchemaCopy {
  binDir: string;
  address: string;
  port: number;
  password: string;
  from: string;
  /** An empty database on the same server. */
  to: string;
  timeoutMs: number;
}

/** Makes another database look like this one, without a row: run by the server's host, in the unit's folder. */
export function renderSchemaCopy(copy: SchemaCopy): TaskRequestInput {
  const { binDir, address, port, password, from, to, timeoutMs } = copy;
  const server = `host=${address} port=${port} user=${superuser} connect_timeout=5`;
  // Through a file: a pipe would hide that the dump failed.
  const script = `
    umask 077; trap 'rm -f ${dumpFile}' EXIT
    ${binDir}/pg_dump --format=custom --schema-only --lock-wait-timeout=${lockDeadlineMs} --file=${dumpFile} \\
      --no-password -d "${server} dbname=${from}"
    ${binDir}/pg_restore --exit-on-error --no-password -d "${server} dbname=${to}" ${dumpFile}`;
  return { command: ['sh', '-ec', script], env: { PGPASSWORD: password, PGOPTIONS: quick }, timeoutMs };
}

/** What is restored is thrown away soon: no copy of it is waited for. */
const quick = '-c synchronous_commit=off';
