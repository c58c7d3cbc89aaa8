import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { announcement } from '../state/announcements.ts';
import { useStore } from '../state/store.ts';
import { OfflineBanner } from './offline-banner.tsx';
import { ShopFooter } from './shop-footer.tsx';
import { ShopHeader } from './shop-header.tsx';

/** What every page has around it, and what must happen when the page changes. */
export function PageFrame({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  usePageChange(main);
  return (
    <>
      <a className="skip-link" href="#content" onClick={() => main.current?.focus()}>
        Skip to content
      </a>
      <ShopHeader />
      <OfflineBanner />
      <main id="content" ref={main} tabIndex={-1}>
        {children}
      </main>
      <ShopFooter />
      <LiveRegion />
    </>
  );
}

/**
 * A browser moves to the top and the focus to the document when it loads a page; without page loads this is ours.
 * Back and forward keep the place where the visitor was: the browser restores it.
 */
function usePageChange(main: React.RefObject<HTMLElement | null>) {
  const [path] = useLocation();
  const last = useRef(path);
  const isHistoryMove = useRef(false);
  useEffect(() => {
    const onPop = () => {
      // Not every move through the history changes the page: a search does not.
      isHistoryMove.current = location.pathname !== last.current;
    };
    addEventListener('popstate', onPop);
    return () => removeEventListener('popstate', onPop);
  }, []);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    if (!isHistoryMove.current) scrollTo(0, 0);
    isHistoryMove.current = false;
    main.current?.focus({ preventScroll: true });
  }, [path, main]);
}

function LiveRegion() {
  const sentence = useStore(announcement);
  return <output className="visually-hidden">{sentence}</output>;
}
