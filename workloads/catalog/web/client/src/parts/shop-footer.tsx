import { type AnsweredBy, answers } from '../state/answers.ts';
import { useStore } from '../state/store.ts';

export function ShopFooter() {
  return (
    <footer className="shop-footer">
      <div className="shop-footer-row">
        <p className="footer-words">
          <strong>Hearth &amp; Trail</strong>
          <span>Good things for going out and for coming home.</span>
        </p>
        <ServedBy />
      </div>
    </footer>
  );
}

/** Who answered last, and one tick for each of the last answers, coloured by server. */
function ServedBy() {
  const list = useStore(answers);
  const last = list.at(-1);
  if (!last) return null;
  return (
    <p className="served-by" data-testid="served-by">
      <span className="served-ticks" aria-hidden="true">
        {list.map((answer) => (
          <span key={answer.sequence} className={`tick tone-${toTone(answer)}`} title={answer.server} />
        ))}
      </span>
      <span>
        Served by <span className="served-server">{last.server}</span>
        {last.region && <> in {last.region}</>}
      </span>
    </p>
  );
}

const tones = 6;

/** The same server has the same colour on every page and after a reload. */
function toTone({ server }: AnsweredBy): number {
  let sum = 0;
  for (const character of server) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % tones;
}
