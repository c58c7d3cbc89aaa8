import { Notification } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import type { TryAction } from '../api/requests.ts';
import { useLive } from '../live/live-provider.tsx';
import { findEntity } from '../map/estate.ts';
import { TryDialog } from './try-dialog.tsx';
import classes from './try.module.css';

type AskTry = (action: TryAction, name: string) => void;

const TryContext = createContext<AskTry>(() => {});

/** One dialog and one note for everything that can be killed or revived. */
export function TryProvider({ children }: { children: ReactNode }) {
  const { status } = useLive();
  const [asked, setAsked] = useState<{ action: TryAction; name: string } | null>(null);
  const [told, setTold] = useState<string | null>(null);
  const ask = useCallback<AskTry>((action, name) => {
    setTold(null);
    setAsked({ action, name });
  }, []);
  const entity = asked === null || status === null ? undefined : findEntity(status, asked.name);
  return (
    <TryContext value={ask}>
      {children}
      {asked !== null && entity !== undefined && status !== null ? (
        <TryDialog
          action={asked.action}
          entity={entity}
          status={status}
          onClose={() => setAsked(null)}
          onDone={(message) => {
            setAsked(null);
            setTold(message);
          }}
        />
      ) : null}
      <output className={classes.note}>
        {told === null ? null : (
          <Notification
            withBorder
            onClose={() => setTold(null)}
            closeButtonProps={{ 'aria-label': 'Dismiss' }}
          >
            {told}
          </Notification>
        )}
      </output>
    </TryContext>
  );
}

/** Opens the dialog that tells what will happen and asks. */
export function useAskTry(): AskTry {
  return useContext(TryContext);
}
