import { isReachable } from '../state/connection.ts';
import { useStore } from '../state/store.ts';
import { Icon } from './icon.tsx';

export function OfflineBanner() {
  const isShown = !useStore(isReachable);
  return (
    <div aria-live="polite">
      {isShown && (
        <div className="offline-banner">
          <div className="offline-banner-row">
            <Icon name="offline" />
            <p>
              <strong>You seem to be offline.</strong> What you have seen stays here, and what you write is
              sent as soon as the shop can be reached.
            </p>
          </div>
        </div>
      )}
    </div>
  );
}
