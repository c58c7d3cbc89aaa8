import { Button, Modal } from '@mantine/core';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { useMutation } from '@tanstack/react-query';
import { postTry, type TryAction } from '../api/requests.ts';
import type { Entity } from '../map/estate.ts';
import { describeOutage } from './outage.ts';
import classes from './try.module.css';

interface TryDialogProps {
  action: TryAction;
  entity: Entity;
  status: Status;
  onClose(): void;
  onDone(message: string): void;
}

/** Says in plain words what will happen, then asks; stays open with the reason when it is refused. */
export function TryDialog({ action, entity, status, onClose, onDone }: TryDialogProps) {
  const text = describeOutage(action, entity, status);
  const change = useMutation({
    mutationFn: () => postTry(action, entity.name),
    onSuccess: (result) => onDone(result.message),
    onError(error) {
      // It cannot tell of its own death.
      if (entity.name === 'control-plane' && isUnreachable(error))
        onDone('The control plane was killed; wait for it here.');
    },
  });
  const isKill = action === 'kill';
  return (
    <Modal
      opened
      onClose={onClose}
      title={<span className={classes.title}>{text.title}</span>}
      size="lg"
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes.dialog}>
        <h3>What happens</h3>
        <p>{text.what}</p>
        <h3>What to expect</h3>
        <ul>
          {text.expect.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {status.type === 'production' ? (
          <p className={classes.notice} data-state="degraded">
            This is a production environment: people may be using it now.
          </p>
        ) : null}
        {change.isError ? <Refusal error={change.error} /> : null}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            color={isKill ? '#c1272d' : 'petrol'}
            loading={change.isPending}
            onClick={() => change.mutate()}
          >
            {isKill ? 'Kill' : 'Revive'} {entity.name}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function Refusal({ error }: { error: Error }) {
  const isUnauthorized = isAlwaysOnError(error) && error.code === 'AON_UNAUTHORIZED';
  return (
    <p className={classes.notice} data-state="unhealthy" role="alert">
      <strong>
        {isUnreachable(error) ? 'No answer: look at the map before you try again.' : 'Not done.'}
      </strong>{' '}
      {isUnauthorized ? (
        <>
          Open the console with <code>./alwayson open</code> to be allowed to change things.
        </>
      ) : (
        <>
          {error.message} {isAlwaysOnError(error) ? `${error.hint} (${error.code})` : null}
        </>
      )}
    </p>
  );
}

function isUnreachable(error: Error): boolean {
  return isAlwaysOnError(error) && error.code === 'AON_UNREACHABLE';
}
