import { parseTraceparent, renderTraceparent } from '@alwayson/protocol/trace-parent.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((text) => !/^0+$/.test(text));

test('what is rendered is read back', () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
      expect(parseTraceparent(renderTraceparent({ traceId, spanId, sampled }))).toEqual({
        traceId,
        spanId,
        sampled,
      });
    }),
  );
});

test('whatever else a client sends is no parent, and nothing throws', () => {
  const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const nearly = fc
    .tuple(fc.nat(valid.length), fc.nat(3), fc.string({ maxLength: 3 }))
    .map(([at, cut, text]) => valid.slice(0, at) + text + valid.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), nearly), (value) => {
      const parsed = parseTraceparent(value);
      if (parsed === null) return;
      // Only something of the very form is read, so rendering it again tells the same trace.
      expect(String(value)).toContain(`00-${parsed.traceId}-${parsed.spanId}-`);
      expect(parsed.traceId).toMatch(/^[0-9a-f]{32}$/);
    }),
    { numRuns: 2000 },
  );
  for (const wrong of [
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
    valid.toUpperCase(),
    `${valid},${valid}`,
    `01${valid.slice(2)}`,
    '',
    undefined,
  ]) {
    expect(parseTraceparent(wrong)).toBeNull();
  }
});
