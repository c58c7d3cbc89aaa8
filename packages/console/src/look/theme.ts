import { createTheme } from '@mantine/core';

/** Mantine's parts follow our tokens (tokens.css), so that its dialogs and inputs sit in the same palette. */
export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 5 },
  colors: {
    // Mantine's own dark greys are neutral; ours are the bluish ones of tokens.css.
    dark: [
      '#e1e8ef',
      '#c3ced9',
      '#97a5b4',
      '#6b7a8a',
      '#3b4857',
      '#28323e',
      '#1b2430',
      '#161d26',
      '#0e1319',
      '#0a0e13',
    ],
    petrol: [
      '#eaf4f8',
      '#d3e5ed',
      '#a5cadb',
      '#75afc9',
      '#4f97b9',
      '#37879f',
      '#286f8b',
      '#1c5a75',
      '#17465f',
      '#0f3347',
    ],
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '11px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  defaultRadius: 6,
  cursorType: 'pointer',
});
