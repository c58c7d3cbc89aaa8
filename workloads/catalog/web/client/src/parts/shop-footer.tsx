import { answers } from '../state/answers.ts';
import { useStore } from '../state/store.ts';

export function ShopFooter() {
  return (
    <footer className="shop-footer">
      <div className="shop-footer-row">
        <p className="footer-words">
          <strong>Hearth &amp; Trail</strong>
          <span>Good things for going out and coming home.</span>
        </p>
        <ServedBy />
      </div>
    </footer>
  );
}

/** Colours in layout.css. */
const tones = 6;

/** Who answered last, and one tick for each of the last answers, coloured by server. */
function ServedBy() {
  const list = useStore(answers);
  const last = list.at(-1);
  if (!last) return null;
  return (
    <p className="served-by" data-testid="served-by">
      <span className="served-ticks" aria-hidden="true">
        {list.map((answer) => (
          <span
            key={answer.sequence}
            className={`tick tone-${answer.acquaintance % tones}`}
            title={answer.server}
          />
        ))}
      </span>
      <span>
        Served by <span className="served-server">{last.server}</span>
        {last.region && <> in {last.region}</>}
      </span>
    </p>
  );
}
