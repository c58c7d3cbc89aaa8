import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { toFutureId, toRequestIdentity } from '../src/request-identity.ts';

const request = (key: string | undefined, body: unknown, url = '/catalogservice/api/1.0/catalogitem') =>
  ({ method: 'POST', url, body, headers: { 'idempotency-key': key } }) as unknown as FastifyRequest;
const identify = (key: string | undefined, body: unknown, isTest = false) =>
  toRequestIdentity(request(key, body), isTest);

test('with a key the future id is the same wherever it is made, and depends on key and content', () => {
  const id = toFutureId(identify('k', { rating: 5 }));
  expect(toFutureId(identify('k', { rating: 5 }))).toBe(id);
  const others = [
    identify('l', { rating: 5 }),
    identify('k', { rating: 4 }),
    identify('k', { rating: 5 }, true),
  ];
  expect(new Set([id, ...others.map(toFutureId)]).size).toBe(4);
});

test('it is a UUID of version 8 in the RFC variant', () => {
  for (let n = 0; n < 200; n += 1) {
    expect(toFutureId(identify(`k${n}`, {}))).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
});

test('without a key every request is one of its own', () => {
  const identity = identify(undefined, {});
  expect(toFutureId(identity)).not.toBe(toFutureId(identity));
});

test('the query and the case of the path change nothing', () => {
  const one = toRequestIdentity(request('k', {}, '/a/B?x=1'), false);
  expect(toRequestIdentity(request('k', {}, '/A/b'), false)).toEqual(one);
});
