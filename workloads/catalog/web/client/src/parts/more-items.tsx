import { useItems } from '../state/queries.ts';
import { ItemCard } from './item-card.tsx';

const shown = 4;

/** The neighbours on the shelf. An extra: when the items cannot be had, the page does without. */
export function MoreItems({ besides }: { besides: string }) {
  const items = useItems().data ?? [];
  const index = items.findIndex((item) => item.id === besides);
  const neighbours = [...items.slice(index + 1), ...items.slice(0, Math.max(index, 0))].slice(0, shown);
  if (neighbours.length === 0) return null;
  return (
    <section className="shelf" aria-labelledby="more-title">
      <h2 id="more-title">More from the shelves</h2>
      <ul className="item-grid">
        {neighbours.map((item) => (
          <ItemCard key={item.id} item={item} />
        ))}
      </ul>
    </section>
  );
}
