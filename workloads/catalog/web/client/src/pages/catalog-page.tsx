import { useDeferredValue, useEffect, useRef } from 'react';
import { useSearchParams } from 'wouter';
import type { Item } from '../api/model.ts';
import { ErrorPanel, StaleNotice } from '../parts/error-panel.tsx';
import { ItemCard, ItemCardSkeletons } from '../parts/item-card.tsx';
import { orders, selectItems, toOrder } from '../parts/select-items.ts';
import { Icon } from '../parts/icon.tsx';
import { useTitle } from '../parts/use-title.ts';
import { toCount } from '../parts/words.ts';
import { announce } from '../state/announcements.ts';
import { useItems } from '../state/queries.ts';

export function CatalogPage() {
  useTitle('Catalog');
  const items = useItems();
  return (
    <div className="page">
      <div className="page-head">
        <h1>The catalog</h1>
        <p className="lead">Everything on our shelves, for outdoors and for home.</p>
      </div>
      {items.data ? (
        <>
          {items.isError && (
            <StaleNotice
              error={items.error}
              onRetry={() => void items.refetch()}
              isRetrying={items.isFetching}
            />
          )}
          <Shelves items={items.data} />
        </>
      ) : items.isError ? (
        <ErrorPanel
          title="We could not load the catalog"
          error={items.error}
          onRetry={() => void items.refetch()}
          isRetrying={items.isFetching}
        />
      ) : (
        <>
          <p className="visually-hidden">Loading the catalog…</p>
          <ItemCardSkeletons count={8} />
        </>
      )}
    </div>
  );
}

/** What is looked for and in which order, kept in the address so that it can be shared and survives "back". */
function useSelection() {
  const [search, setSearch] = useSearchParams();
  const change = (name: string, value: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return { words: search.get('q') ?? '', order: toOrder(search.get('sort')), change };
}

/** How many cards show their picture at once: those that most screens see without scrolling. */
const eagerCards = 8;

function Shelves({ items }: { items: readonly Item[] }) {
  const { words, order, change } = useSelection();
  const selected = selectItems(items, useDeferredValue(words), order);
  const searchField = useRef<HTMLInputElement>(null);
  const showEverything = () => {
    change('q', '');
    searchField.current?.focus();
  };
  const found = toCount(selected.length, 'item', 'items');
  useEffect(() => {
    if (words !== '') announce(`${found} found.`);
  }, [words, found]);

  if (items.length === 0) {
    return <p className="empty-state">The shelves are still empty. Please come back a little later.</p>;
  }
  return (
    <section aria-label="Items">
      <search className="toolbar">
        <div className="search-field">
          <label htmlFor="search" className="visually-hidden">
            Search the catalog
          </label>
          <Icon name="search" />
          <input
            ref={searchField}
            id="search"
            type="search"
            placeholder="Search the catalog"
            autoComplete="off"
            value={words}
            onChange={(event) => change('q', event.target.value)}
          />
        </div>
        <label className="sort-field">
          <span>Order</span>
          <select value={order} onChange={(event) => change('sort', event.target.value)}>
            {Object.entries(orders).map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <p className="toolbar-count">{found}</p>
      </search>
      <h2 className="visually-hidden">Items</h2>
      {selected.length === 0 ? (
        <div className="empty-state">
          <p>Nothing on the shelves matches “{words}”.</p>
          <button type="button" className="button" onClick={showEverything}>
            Show everything
          </button>
        </div>
      ) : (
        <ul className="item-grid">
          {selected.map((item, index) => (
            <ItemCard key={item.id} item={item} isEager={index < eagerCards} />
          ))}
        </ul>
      )}
    </section>
  );
}
