import { useMemo } from 'react';
import { Link } from 'wouter';
import type { Item } from '../api/model.ts';
import { ErrorPanel } from '../parts/error-panel.tsx';
import { HeroScene } from '../parts/hero-scene.tsx';
import { Icon } from '../parts/icon.tsx';
import { ItemCard, ItemCardSkeletons } from '../parts/item-card.tsx';
import { selectItems } from '../parts/select-items.ts';
import { useTitle } from '../parts/use-title.ts';
import { useItems } from '../state/queries.ts';

export function HomePage() {
  useTitle('Hearth & Trail');
  return (
    <>
      <section className="hero">
        <div className="hero-words">
          <h1>Good things for going out and coming home.</h1>
          <p className="lead">
            Gear that is happy in the rain and goods that make the evening longer. Looked at, rated and talked
            about by the people who use them.
          </p>
          <Link href="/catalog" className="button button-large">
            Browse the catalog <Icon name="arrow" />
          </Link>
        </div>
        <HeroScene />
      </section>
      <div className="page">
        <Featured />
        <Promises />
      </div>
    </>
  );
}

const shelfLength = 4;

/** Two shelves without an item on both: what is new, and what costs little. */
function pickFeatured(items: readonly Item[]) {
  const fresh = selectItems(items, '', 'newest').slice(0, shelfLength);
  const others = items.filter((item) => !fresh.includes(item) && item.price !== null);
  return { fresh, small: selectItems(others, '', 'cheapest').slice(0, shelfLength) };
}

function Featured() {
  const items = useItems();
  const { fresh, small } = useMemo(() => pickFeatured(items.data ?? []), [items.data]);
  if (items.isError && !items.data) {
    return (
      <ErrorPanel
        title="We could not load the shelves"
        error={items.error}
        onRetry={() => void items.refetch()}
        isRetrying={items.isFetching}
      />
    );
  }
  if (items.data?.length === 0) {
    return <p className="empty-state">The shelves are still empty. Please come back a little later.</p>;
  }
  return (
    <>
      <Shelf title="Fresh on the shelves" sort="newest" items={items.data ? fresh : null} isEager />
      {(!items.data || small.length > 0) && (
        <Shelf title="Little finds" sort="cheapest" items={items.data ? small : null} />
      )}
    </>
  );
}

interface ShelfProps {
  title: string;
  /** The order of the catalog page that continues this shelf. */
  sort: string;
  /** Null while they are on their way. */
  items: readonly Item[] | null;
  isEager?: boolean;
}

function Shelf({ title, sort, items, isEager = false }: ShelfProps) {
  return (
    <section className="shelf" aria-label={title}>
      <div className="shelf-head">
        <h2>{title}</h2>
        <Link href={`/catalog?sort=${sort}`} className="shelf-link" aria-label={`${title}: see all`}>
          See all <Icon name="arrow" />
        </Link>
      </div>
      {items ? (
        <ul className="item-grid">
          {items.map((item) => (
            <ItemCard key={item.id} item={item} isEager={isEager} />
          ))}
        </ul>
      ) : (
        <ItemCardSkeletons count={shelfLength} />
      )}
    </section>
  );
}

function Promises() {
  return (
    <section className="promises" aria-label="How this shop works">
      <div>
        <h2>Picked with care</h2>
        <p>A short catalog on purpose. If it is here, somebody would miss it.</p>
      </div>
      <div>
        <h2>Told honestly</h2>
        <p>Every star and every word is from a visitor. Yours are welcome, too.</p>
      </div>
      <div>
        <h2>Always open</h2>
        <p>Two regions keep the lights on. The foot of the page tells which one served you.</p>
      </div>
    </section>
  );
}
