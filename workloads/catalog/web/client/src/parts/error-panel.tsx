import { type Failure, toApiError } from '../api/api-error.ts';
import { CorrelationId } from './correlation-id.tsx';
import { Icon } from './icon.tsx';
import { RetryButton } from './retry-button.tsx';

const explanations: Record<Failure, string> = {
  unreachable: 'No answer came back. Check your connection; we try again as soon as it is there.',
  busy: 'The shop is very busy or partly down right now. We have tried several times; please try again in a moment.',
  missing: 'It is not here, or not here any more.',
  refused: 'The shop did not accept this request.',
  broken: 'Something went wrong on our side. If it stays so, the ID below helps us to find out why.',
};

export function explain(error: unknown): string {
  const { failure, detail } = toApiError(error);
  return failure === 'refused' && detail ? `${explanations.refused} ${detail}` : explanations[failure];
}

interface ErrorPanelProps {
  title: string;
  error: unknown;
  onRetry: () => void;
  isRetrying: boolean;
}

/** In place of what could not be shown: what happened, what to do, and the reference to quote. */
export function ErrorPanel({ title, error, onRetry, isRetrying }: ErrorPanelProps) {
  return (
    <div className="error-panel" role="alert">
      <Icon name="alert" />
      <div>
        <p className="error-title">{title}</p>
        <p>{explain(error)}</p>
        <CorrelationId error={error} />
        <RetryButton label="Try again" className="button" onRetry={onRetry} isRetrying={isRetrying} />
      </div>
    </div>
  );
}

/** Beside what is still shown from before, when its refresh failed. */
export function StaleNotice({ error, onRetry, isRetrying }: Omit<ErrorPanelProps, 'title'>) {
  return (
    <div className="stale-notice" aria-live="polite">
      <p>This may be a little old: the last refresh did not work.</p>
      <CorrelationId error={error} />
      <RetryButton label="Refresh" className="button-quiet" onRetry={onRetry} isRetrying={isRetrying} />
    </div>
  );
}
