import { ActionIcon, Menu } from '@mantine/core';
import type { Status } from '@alwayson/protocol/status.ts';
import { useShown } from '../details/use-shown.ts';
import { findEntity } from '../map/estate.ts';
import { canTry } from './outage.ts';
import { useAskTry } from './try-provider.tsx';
import classes from './try.module.css';

/** The quiet three dots of a region, zone or stamp. */
export function TryMenu({ name, status }: { name: string; status: Status }) {
  const ask = useAskTry();
  const { show } = useShown();
  const entity = findEntity(status, name);
  if (entity === undefined) return null;
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon
          className={classes.dots ?? ''}
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Actions for ${entity.kind} ${name}`}
        >
          <svg width="14" height="14" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">
            <circle cx="3" cy="8" r="1.5" />
            <circle cx="8" cy="8" r="1.5" />
            <circle cx="13" cy="8" r="1.5" />
          </svg>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => show(name)}>Details</Menu.Item>
        <Menu.Item color="red" disabled={!canTry('kill', entity)} onClick={() => ask('kill', name)}>
          Kill {name}…
        </Menu.Item>
        <Menu.Item disabled={!canTry('revive', entity)} onClick={() => ask('revive', name)}>
          Revive {name}…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
