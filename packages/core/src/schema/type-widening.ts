/** From the narrowest: each takes all values of those before it. */
const chains = [
  ['smallint', 'integer', 'bigint', 'numeric'],
  ['real', 'double precision'],
];
const texts = new Set(['text', 'character varying']);
/** Types with a bound that may grow or go. */
const bounded = new Set([
  'character varying',
  'bit varying',
  'time without time zone',
  'time with time zone',
  'timestamp without time zone',
  'timestamp with time zone',
  'interval',
]);

interface ParsedType {
  base: string;
  modifiers: number[];
  /** Array brackets and a collation: they must stay. */
  rest: string;
}

/** Whether every value of the one type is a value of the other and reads the same. Types are written as PostgreSQL writes them. */
export function isWidening(from: string, to: string): boolean {
  if (from === to) return true;
  const [a, b] = [parseType(from), parseType(to)];
  if (a.rest !== b.rest) return false;
  if (a.base === 'numeric' && b.base === 'numeric') return isWiderNumeric(a.modifiers, b.modifiers);
  if (a.base === b.base && bounded.has(a.base)) return isWiderBound(a.modifiers[0], b.modifiers[0]);
  if (texts.has(a.base) && texts.has(b.base)) return b.modifiers.length === 0;
  const isInChain = chains.some((chain) => {
    const place = chain.indexOf(a.base);
    return place >= 0 && chain.indexOf(b.base) > place;
  });
  return isInChain && b.modifiers.length === 0;
}

function isWiderNumeric(from: readonly number[], to: readonly number[]): boolean {
  const [precision, scale = 0] = to;
  if (precision === undefined) return true;
  const [oldPrecision, oldScale = 0] = from;
  if (oldPrecision === undefined) return false;
  return scale >= oldScale && precision - scale >= oldPrecision - oldScale;
}

function isWiderBound(from: number | undefined, to: number | undefined): boolean {
  return to === undefined || (from !== undefined && to >= from);
}

function parseType(text: string): ParsedType {
  const [, head = '', modifiers = '', tail = '', rest = ''] =
    /^([^([]*?)(?:\(([\d, -]+)\))?((?: with(?:out)? time zone)?)((?:\[\])*(?: COLLATE .*)?)$/.exec(text) ??
    [];
  if (head === '') return { base: text, modifiers: [], rest: '' };
  return {
    base: `${head}${tail}`,
    modifiers: modifiers === '' ? [] : modifiers.split(',').map(Number),
    rest,
  };
}
