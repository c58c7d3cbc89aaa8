import { type FormEvent, useRef, useState } from 'react';
import type { RatingSummary } from '../api/model.ts';
import { announce } from '../state/announcements.ts';
import type { Write } from '../state/write.ts';
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
  const panel = useRef<HTMLDivElement>(null);
  const underway = write?.content.kind === 'rating' ? write.content.rating : null;
  const given = underway ?? readOwnRating(itemId);
  const send = (rating: number) => {
    outbox.add(itemId, { kind: 'rating', rating, base });
    announce('Saving your rating.');
    // The form goes away with its button; what takes its place gets the focus.
    panel.current?.focus({ preventScroll: true });
  };
  return (
    <div className="rating-panel" ref={panel} tabIndex={-1}>
      {given === null ? (
        <RatingForm onSend={send} />
      ) : (
        <>
          <h2>Your rating</h2>
          <p>
            You gave {toCount(given, 'star', 'stars')}: {meanings[given - 1]?.toLowerCase()}.{' '}
            {!write && 'Thank you!'}
          </p>
          {write && <WriteStatus write={write} />}
        </>
      )}
    </div>
  );
}

function RatingForm({ onSend }: { onSend: (rating: number) => void }) {
  const [chosen, setChosen] = useState(0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen > 0) onSend(chosen);
  };
  return (
    <form onSubmit={submit}>
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
