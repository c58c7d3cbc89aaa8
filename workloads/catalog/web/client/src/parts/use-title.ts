import { useEffect } from 'react';
import { announce } from '../state/announcements.ts';

const shopName = 'Hearth & Trail';

/** Sets the document's title and lets screen readers speak it. Null while the page does not know its name yet. */
export function useTitle(title: string | null): void {
  useEffect(() => {
    if (title === null) return;
    document.title = title === shopName ? shopName : `${title} · ${shopName}`;
    announce(title);
  }, [title]);
}
