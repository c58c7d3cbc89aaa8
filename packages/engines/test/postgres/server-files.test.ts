import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPostgresBinaries } from '@alwayson/engines/postgres/find-binaries.ts';
import { renderServerFiles, type ServerFilesInput } from '@alwayson/engines/postgres/server-files.ts';
import { expect, test } from 'vitest';

const input: ServerFilesInput = {
  binDir: '/opt/bin',
  archiveCommand: null,
  name: 'pg-west-1',
  address: '127.0.1.1',
  port: 5432,
  synchronousCommit: 'on',
  role: { type: 'primary', waitFor: 'pg-west-2' },
};
const standby: ServerFilesInput = {
  ...input,
  role: {
    type: 'standby',
    source: { address: '127.0.1.2', port: 5432, password: `it's \\ a secret` },
    slot: 'pg_west_1',
  },
};

function contentOf(files: ReturnType<typeof renderServerFiles>, path: string): string {
  return files.find((file) => file.path === path)?.content ?? '';
}

test('the writer waits for the standby it is told to wait for, or for none', () => {
  const names = (waitFor: string | null) =>
    contentOf(renderServerFiles({ ...input, role: { type: 'primary', waitFor } }), 'postgresql.conf');
  expect(names('pg-west-2')).toContain(`synchronous_standby_names = 'FIRST 1 ("pg-west-2")'`);
  expect(names(null)).toContain(`synchronous_standby_names = ''`);
});

test('a member that is not the writer can acknowledge nothing and starts as a standby', () => {
  const files = renderServerFiles(standby);
  expect(contentOf(files, 'postgresql.conf')).toContain(
    `synchronous_standby_names = 'FIRST 1 ("alwayson-nobody")'`,
  );
  expect(contentOf(files, 'start.sh')).toContain('touch "$1/data/standby.signal"');
  expect(contentOf(renderServerFiles(input), 'start.sh')).not.toContain('standby.signal');
});

test('files with passwords are for their owner only', () => {
  expect(renderServerFiles(standby).map(({ path, mode }) => [path, mode])).toEqual([
    ['postgresql.conf', 0o600],
    ['pg_hba.conf', 0o600],
    ['start.sh', 0o700],
  ]);
});

test('PostgreSQL is found where distributions put it, outside PATH', () => {
  expect(existsSync(join(findPostgresBinaries('').dir, 'pg_rewind'))).toBe(true);
});
