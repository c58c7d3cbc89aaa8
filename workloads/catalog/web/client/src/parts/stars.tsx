import type { RatingSummary } from '../api/model.ts';
import { Icon } from './icon.tsx';
import { toCount } from './words.ts';

/** The average as filled stars, with the same in words for everyone. */
export function Stars({ summary }: { summary: RatingSummary }) {
  const { averageRating, numberOfVotes } = summary;
  if (averageRating === null || numberOfVotes === 0) {
    return (
      <p className="stars-line">
        <StarRow value={0} />
        <span className="soft">No ratings yet. Yours would be the first.</span>
      </p>
    );
  }
  return (
    <p className="stars-line">
      <StarRow value={averageRating} />
      <span>
        <strong>{averageRating.toFixed(1)}</strong> <span className="visually-hidden">out of 5 stars</span>
        <span className="soft"> · {toCount(numberOfVotes, 'rating', 'ratings')}</span>
      </span>
    </p>
  );
}

const five = [1, 2, 3, 4, 5];

function StarRow({ value }: { value: number }) {
  const row = five.map((star) => <Icon key={star} name="star" />);
  return (
    <span className="star-row" aria-hidden="true">
      <span className="star-row-empty">{row}</span>
      <span className="star-row-full" style={{ width: `${Math.min(100, value * 20)}%` }}>
        {row}
      </span>
    </span>
  );
}
