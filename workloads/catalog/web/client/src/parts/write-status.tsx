import type { Write } from '../state/write.ts';
import { outbox } from '../state/shop.ts';
import { CorrelationId } from './correlation-id.tsx';
import { explain } from './error-panel.tsx';
import { Icon, type IconName } from './icon.tsx';
import { RetryButton } from './retry-button.tsx';

interface WriteStatusProps {
  write: Write;
  /** Offered when it failed: take it back, to change it. */
  onTakeBack?: () => void;
}

/** Where a visitor's own write is on its way. Its changes are spoken by the page's live region. */
export function WriteStatus({ write, onTakeBack = () => outbox.drop(write.key) }: WriteStatusProps) {
  const { state } = write;
  if (state.phase !== 'failed') {
    const [icon, words] = toWords(state);
    return (
      <p className={`write-status is-${state.phase}`} data-phase={state.phase}>
        <Icon name={icon} />
        {words}
      </p>
    );
  }
  return (
    <div className="write-status-failed" data-phase="failed">
      <p className="write-status is-failed">
        <Icon name="alert" />
        Not saved. {explain(state.error)}
      </p>
      <CorrelationId error={state.error} />
      <div className="button-row">
        {state.error.failure !== 'refused' && (
          <RetryButton
            label="Try again"
            className="button"
            onRetry={() => outbox.retry(write.key)}
            isRetrying={false}
          />
        )}
        <button type="button" className="button-quiet" onClick={onTakeBack}>
          Take back and edit
        </button>
      </div>
    </div>
  );
}

function toWords(state: Exclude<Write['state'], { phase: 'failed' }>): [IconName, string] {
  switch (state.phase) {
    case 'sending':
      return ['clock', state.attempt === 1 ? 'Saving…' : `Saving… (try ${state.attempt})`];
    case 'accepted':
      return state.late
        ? ['check', 'Accepted. It will appear for everyone a little later.']
        : ['clock', 'Saving… (accepted)'];
    case 'saved':
      return ['check', 'Saved'];
  }
}
