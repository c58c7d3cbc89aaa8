import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { openShop, queryClient } from './state/shop.ts';

const place = document.getElementById('shop');
if (!place) throw new Error('index.html has no element with the id "shop".');

openShop();
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
