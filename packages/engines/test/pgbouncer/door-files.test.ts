import { renderDoorFiles } from '@alwayson/engines/pgbouncer/door-files.ts';
import { expect, test } from 'vitest';

const files = renderDoorFiles({
  address: '127.0.1.1',
  port: 6432,
  database: 'app',
  user: 'app',
  password: 'with "quotes"',
  administratorPassword: 'other',
  write: { address: '127.0.1.1', port: 5432 },
  read: { address: '127.0.1.2', port: 5432 },
  poolSizes: { write: 14, read: 8 },
});

test('write leads to the writer, read to a readable member', () => {
  const [configuration] = files;
  expect(configuration?.content).toContain('write = host=127.0.1.1 port=5432 dbname=app pool_size=14\n');
  expect(configuration?.content).toContain('read = host=127.0.1.2 port=5432 dbname=app pool_size=8\n');
  expect(configuration?.mode).toBe(0o600);
});

test('users are quoted as PgBouncer reads them', () => {
  expect(files[1]).toEqual({
    path: 'userlist.txt',
    content: '"app" "with ""quotes"""\n"alwayson" "other"\n',
    mode: 0o600,
  });
});
