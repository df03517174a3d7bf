import '@fontsource-variable/inter/wght.css';
import './styles.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProblem } from './api/problem.ts';
import { sessionQuery } from './api/session.ts';
import { SessionGate } from './app/session-gate.tsx';
import { router } from './app/router.tsx';
import { applyTheme, storedTheme } from './app/theme.ts';

applyTheme(storedTheme());

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // a refusal stays a refusal; only a lost connection is worth another try
      retry: (count, error) => !(error instanceof ApiProblem) && count < 2,
    },
  },
});

// the page's code and the session are fetched side by side
void router.load();
void queries.prefetchQuery(sessionQuery);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <SessionGate>
        <RouterProvider router={router} />
      </SessionGate>
    </QueryClientProvider>
  </StrictMode>,
);
