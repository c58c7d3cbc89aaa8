import { Link } from 'wouter';
import { toApiError } from '../api/api-error.ts';
import type { Item, RatingSummary } from '../api/model.ts';
import { ErrorPanel, StaleNotice } from '../parts/error-panel.tsx';
import { HeroScene } from '../parts/hero-scene.tsx';
import { Icon } from '../parts/icon.tsx';
import { CommentSection } from '../parts/comment-section.tsx';
import { MoreItems } from '../parts/more-items.tsx';
import { Picture } from '../parts/picture.tsx';
import { RatingPanel } from '../parts/rating-panel.tsx';
import { Stars } from '../parts/stars.tsx';
import { useTitle } from '../parts/use-title.ts';
import { toPrice } from '../parts/words.ts';
import { findOwnRating, withOwnRating } from '../state/own-writes.ts';
import { useItem, useRatings } from '../state/queries.ts';
import { outbox } from '../state/shop.ts';
import { useStore } from '../state/store.ts';

export function ItemPage({ itemId }: { itemId: string }) {
  const item = useItem(itemId);
  const isGone = item.isError && ['missing', 'refused'].includes(toApiError(item.error).failure);
  useTitle(isGone ? 'Item not found' : (item.data?.name ?? null));
  if (isGone) return <ItemGone />;
  return (
    <div className="page">
      <BackLink />
      {item.data ? (
        <>
          {item.isError && (
            <StaleNotice
              error={item.error}
              onRetry={() => void item.refetch()}
              isRetrying={item.isFetching}
            />
          )}
          <ItemView item={item.data} />
        </>
      ) : item.isError ? (
        <ErrorPanel
          title="We could not load this item"
          error={item.error}
          onRetry={() => void item.refetch()}
          isRetrying={item.isFetching}
        />
      ) : (
        <ItemSkeleton />
      )}
    </div>
  );
}

function BackLink() {
  return (
    <Link href="/catalog" className="back-link">
      <Icon name="back" /> All items
    </Link>
  );
}

function ItemView({ item }: { item: Item }) {
  return (
    <>
      <article className="item-view">
        <Picture item={item} isEager />
        <div className="item-words">
          <h1>{item.name}</h1>
          {item.price !== null && <p className="price price-large">{toPrice(item.price)}</p>}
          <ItemDescription description={item.description} />
          <ItemRating itemId={item.id} />
        </div>
      </article>
      <CommentSection itemId={item.id} />
      <MoreItems besides={item.id} />
    </>
  );
}

function ItemDescription({ description }: { description: string | undefined }) {
  if (description !== undefined) return <p className="item-description">{description}</p>;
  return (
    <div aria-hidden="true">
      <span className="skeleton skeleton-line" />
      <span className="skeleton skeleton-line" />
      <span className="skeleton skeleton-line skeleton-short" />
    </div>
  );
}

const noRatings: RatingSummary = { averageRating: null, numberOfVotes: 0 };

function ItemRating({ itemId }: { itemId: string }) {
  const ratings = useRatings(itemId);
  const write = findOwnRating(useStore(outbox.writes), itemId);
  const summary = ratings.data ?? noRatings;
  return (
    <>
      {ratings.data ? (
        <Stars summary={withOwnRating(ratings.data, write)} />
      ) : ratings.isError ? (
        <ErrorPanel
          title="We could not load the ratings"
          error={ratings.error}
          onRetry={() => void ratings.refetch()}
          isRetrying={ratings.isFetching}
        />
      ) : (
        <span className="skeleton skeleton-line skeleton-short" aria-hidden="true" />
      )}
      <RatingPanel itemId={itemId} base={summary} write={write} />
    </>
  );
}

function ItemSkeleton() {
  return (
    <>
      <h1 className="visually-hidden">Loading the item…</h1>
      <div className="item-view" aria-hidden="true">
        <div className="picture skeleton" />
        <div className="item-words">
          <span className="skeleton skeleton-title" />
          <span className="skeleton skeleton-line skeleton-short" />
          <span className="skeleton skeleton-line" />
          <span className="skeleton skeleton-line" />
          <span className="skeleton skeleton-line" />
        </div>
      </div>
    </>
  );
}

function ItemGone() {
  return (
    <div className="page message-page">
      <HeroScene />
      <h1>This item is not on our shelves</h1>
      <p>It may have been sold out for good, or the link has a slip in it.</p>
      <Link href="/catalog" className="button">
        See what is there
      </Link>
    </div>
  );
}
