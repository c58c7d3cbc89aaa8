import { Link } from 'wouter';
import type { Item } from '../api/model.ts';
import { Picture } from './picture.tsx';
import { toPrice } from './words.ts';

export function ItemCard({ item, isEager = false }: { item: Item; isEager?: boolean }) {
  return (
    <li className="item-card">
      <Picture item={item} isEager={isEager} />
      <div className="item-card-words">
        <h3>
          <Link href={`/catalog/${encodeURIComponent(item.id)}`}>{item.name}</Link>
        </h3>
        {item.price !== null && <p className="price">{toPrice(item.price)}</p>}
      </div>
    </li>
  );
}

/** Empty frames of the same size while the items are on their way. */
export function ItemCardSkeletons({ count }: { count: number }) {
  return (
    <ul className="item-grid" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <li key={index} className="item-card">
          <div className="picture skeleton" />
          <div className="item-card-words">
            <span className="skeleton skeleton-line" />
            <span className="skeleton skeleton-line skeleton-short" />
          </div>
        </li>
      ))}
    </ul>
  );
}
