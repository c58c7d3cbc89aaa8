import { useLayoutEffect, useRef } from 'react';

interface RetryButtonProps {
  label: string;
  className: string;
  onRetry: () => void;
  isRetrying: boolean;
}

/**
 * Stays focusable while it works (a disabled button loses the focus), and hands the focus to the page's content when
 * the retry succeeds and the button goes away.
 */
export function RetryButton({ label, className, onRetry, isRetrying }: RetryButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (document.activeElement !== element) return;
      document.getElementById('content')?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <button
      ref={button}
      type="button"
      className={className}
      aria-disabled={isRetrying}
      onClick={isRetrying ? undefined : onRetry}
    >
      {isRetrying ? 'Trying…' : label}
    </button>
  );
}
