import { expect, test } from 'vitest';
import { isWidening } from '../../src/schema/type-widening.ts';

test.each([
  ['smallint', 'integer'],
  ['integer', 'bigint'],
  ['bigint', 'numeric'],
  ['real', 'double precision'],
  ['character varying(20)', 'character varying(40)'],
  ['character varying(20)', 'character varying'],
  ['character varying(20)', 'text'],
  ['text', 'character varying'],
  ['text COLLATE "C"', 'text COLLATE "C"'],
  ['numeric(10,2)', 'numeric(12,2)'],
  ['numeric(10,2)', 'numeric(11,3)'],
  ['numeric(10,2)', 'numeric'],
  ['timestamp(3) without time zone', 'timestamp without time zone'],
  ['timestamp(3) with time zone', 'timestamp(6) with time zone'],
  ['integer[]', 'bigint[]'],
  ['mood', 'mood'],
])('%s may become %s', (from, to) => {
  expect(isWidening(from, to)).toBe(true);
});

test.each([
  ['integer', 'smallint'],
  ['bigint', 'numeric(4,0)'],
  ['double precision', 'real'],
  ['integer', 'text'],
  ['character varying(20)', 'character varying(10)'],
  ['text', 'character varying(20)'],
  ['character varying', 'character varying(900)'],
  ['character(4)', 'character(8)'],
  ['text', 'text COLLATE "C"'],
  ['numeric(10,2)', 'numeric(10,3)'],
  ['numeric(10,2)', 'numeric(10,1)'],
  ['numeric', 'numeric(30,10)'],
  ['timestamp without time zone', 'timestamp with time zone'],
  ['timestamp without time zone', 'timestamp(3) without time zone'],
  ['date', 'timestamp without time zone'],
  ['integer', 'integer[]'],
  ['integer[]', 'bigint'],
  ['mood', 'feeling'],
  ['"odd(1)"', '"odd(2)"'],
])('%s may not become %s', (from, to) => {
  expect(isWidening(from, to)).toBe(false);
});
