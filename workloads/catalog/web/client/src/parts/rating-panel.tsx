import { type FormEvent, useState } from 'react';
import type { RatingSummary } from '../api/model.ts';
import { announce } from '../state/announcements.ts';
import type { Write } from '../state/outbox.ts';
import { outbox } from '../state/shop.ts';
import { readOwnRating } from '../state/visitor.ts';
import { Icon } from './icon.tsx';
import { toCount } from './words.ts';
import { WriteStatus } from './write-status.tsx';

const meanings = ['Poor', 'Fair', 'Good', 'Very good', 'Wonderful'];

interface RatingPanelProps {
  itemId: string;
  base: RatingSummary;
  /** The visitor's own rating on its way, if there is one. */
  write: Write | undefined;
}

/** Either the five stars to choose from, or what this visitor chose: each item is rated once. */
export function RatingPanel({ itemId, base, write }: RatingPanelProps) {
  const underway = write?.content.kind === 'rating' ? write.content.rating : null;
  const given = underway ?? readOwnRating(itemId);
  if (given === null) return <RatingForm itemId={itemId} base={base} />;
  return (
    <div className="rating-panel">
      <h2>Your rating</h2>
      <p className="own-rating">
        You gave {toCount(given, 'star', 'stars')}: {meanings[given - 1]?.toLowerCase()}.{' '}
        {!write && 'Thank you!'}
      </p>
      {write && <WriteStatus write={write} />}
    </div>
  );
}

function RatingForm({ itemId, base }: { itemId: string; base: RatingSummary }) {
  const [chosen, setChosen] = useState(0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen === 0) return;
    outbox.add(itemId, { kind: 'rating', rating: chosen, base });
    announce('Saving your rating.');
  };
  return (
    <form className="rating-panel" onSubmit={submit}>
      <fieldset>
        <legend>
          <h2>Rate this item</h2>
        </legend>
        <div className="star-choice">
          {meanings.map((meaning, index) => (
            <label key={meaning} className={index < chosen ? 'is-filled' : undefined}>
              <input
                type="radio"
                name="stars"
                value={index + 1}
                checked={chosen === index + 1}
                onChange={() => setChosen(index + 1)}
              />
              <Icon name="star" />
              <span className="visually-hidden">
                {toCount(index + 1, 'star', 'stars')}: {meaning}
              </span>
            </label>
          ))}
          <span className="star-meaning" aria-hidden="true">
            {meanings[chosen - 1] ?? 'Choose 1 to 5 stars'}
          </span>
        </div>
      </fieldset>
      <button type="submit" className="button" disabled={chosen === 0}>
        Send rating
      </button>
    </form>
  );
}
