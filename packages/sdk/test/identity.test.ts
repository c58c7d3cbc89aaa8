import { expect, test } from 'vitest';
import { readCacheUrl, readIdentity, readQueues, readSqlDoors } from '../src/identity.ts';

test('a process that is run by hand gets sensible defaults', () => {
  expect(readIdentity({})).toEqual({
    host: '127.0.0.1',
    port: 8081,
    region: 'local',
    zone: 'local',
    stamp: 'local',
    unit: 'local-component',
    release: 'local',
    component: 'component',
    apiKeys: [],
    buildDir: undefined,
  });
});

test('lists are split, own zone first', () => {
  expect(readIdentity({ ALWAYSON_API_KEYS: 'new, old,' }).apiKeys).toEqual(['new', 'old']);
  expect(readSqlDoors({ ALWAYSON_SQL_WRITE: 'postgres://a,postgres://b' })).toEqual({
    writeUrls: ['postgres://a', 'postgres://b'],
    readUrls: [],
  });
  expect(readCacheUrl({ ALWAYSON_CACHE: '' })).toBeUndefined();
});

test('what is missing or wrong is named, with an example of what it should be', () => {
  expect(() => readIdentity({ PORT: 'http' })).toThrow('PORT is "http"');
  expect(() => readSqlDoors({})).toThrow('ALWAYSON_SQL_WRITE is not set');
  expect(() => readQueues({})).toThrow('ALWAYSON_QUEUES is not set');
  for (const text of ['{', '[]', '[{"region":"west"}]', '[{"region":"west","servers":[]}]']) {
    expect(() => readQueues({ ALWAYSON_QUEUES: text }), text).toThrow(
      'ALWAYSON_QUEUES is not a list of queues',
    );
  }
});

test('queues are read in their order', () => {
  const queues = [
    { region: 'west', servers: ['redis://a', 'redis://b'] },
    { region: 'east', servers: ['redis://c'] },
  ];
  expect(readQueues({ ALWAYSON_QUEUES: JSON.stringify(queues) })).toEqual(queues);
});
