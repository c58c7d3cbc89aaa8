import type { Item } from '../api/model.ts';

interface Order {
  label: string;
  compare: (one: Item, other: Item) => number;
}

const byName = (one: Item, other: Item) => one.name.localeCompare(other.name, 'en');
const byPrice = (one: Item, other: Item) =>
  (one.price ?? Infinity) - (other.price ?? Infinity) || byName(one, other);

/** The newest change first; ISO 8601 times compare as text. */
const byNewest = (one: Item, other: Item) =>
  other.lastUpdated.localeCompare(one.lastUpdated) || byName(one, other);

export const orders = {
  name: { label: 'Name', compare: byName },
  newest: { label: 'Newest first', compare: byNewest },
  cheapest: { label: 'Price, low to high', compare: byPrice },
  dearest: {
    label: 'Price, high to low',
    compare: (one, other) => (other.price ?? 0) - (one.price ?? 0) || byName(one, other),
  },
} as const satisfies Record<string, Order>;

type OrderName = keyof typeof orders;

export function toOrder(name: string | null): OrderName {
  return name !== null && Object.hasOwn(orders, name) ? (name as OrderName) : 'name';
}

/** Case and accents do not matter to a search. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The items whose name has every word of the search, in the order asked for. */
export function selectItems(items: readonly Item[], search: string, order: OrderName): Item[] {
  const words = fold(search).split(/\s+/).filter(Boolean);
  return items
    .filter((item) => words.every((word) => fold(item.name).includes(word)))
    .toSorted(orders[order].compare);
}
