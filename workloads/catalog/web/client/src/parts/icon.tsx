const paths = {
  star: 'M12 2.6l2.9 6 6.6.9-4.8 4.6 1.2 6.5L12 17.5l-5.9 3.1 1.2-6.5L2.5 9.5l6.6-.9z',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3 20 20',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  back: 'M19 12H5M11 6l-6 6 6 6',
  check: 'M5 12.5 10 17.5 19 7.5',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.5l3 2',
  alert: 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2',
  offline: 'M3 3l18 18M8.5 8.7A6 6 0 0 0 6 19h11M10.5 7.2A6 6 0 0 1 17.5 12a3.6 3.6 0 0 1 3 5',
} as const;

export type IconName = keyof typeof paths;

/** A small drawing that goes with words; never the only carrier of a meaning. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
