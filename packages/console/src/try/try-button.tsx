import { Button } from '@mantine/core';
import type { Status } from '@alwayson/protocol/status.ts';
import type { TryAction } from '../api/requests.ts';
import { findEntity } from '../map/estate.ts';
import { canTry } from './outage.ts';
import { useAskTry } from './try-provider.tsx';

export function TryButton({ action, name, status }: { action: TryAction; name: string; status: Status }) {
  const ask = useAskTry();
  const entity = findEntity(status, name);
  if (entity === undefined) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      color={action === 'kill' ? 'red' : 'petrol'}
      disabled={!canTry(action, entity)}
      onClick={() => ask(action, name)}
    >
      {action === 'kill' ? 'Kill' : 'Revive'}…
    </Button>
  );
}
